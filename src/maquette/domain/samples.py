"""What is sent to try out an endpoint? A test event, or the last event of a type."""

from maquette.domain import deliveries, events
from maquette.domain.events import EventFilter
from maquette.domain.webhooks import Ref, require_sight
from maquette.model.actor import Actor, Permission
from maquette.model.errors import Invalid
from maquette.model.page import ByPage
from maquette.model.webhooks import EVENT_TYPES, TEST, Delivery
from maquette.store.database import Transaction


async def send(tx: Transaction, actor: Actor, webhook: Ref, type: str = TEST, *, now_ms: int) -> Delivery:
    """Send the endpoint a `webhook.test`, or the last event of that type, whether or not it subscribes to the type.

    Only events of the audit log are sent, never invented ones. Raises `NotFound`, `Invalid` (`type`; `webhook`
    for a disabled endpoint).
    """
    actor.require(Permission.WEBHOOK_MANAGE)
    if type == TEST:
        return await deliveries.send_test(tx, actor, webhook, now_ms=now_ms)
    if type not in EVENT_TYPES:
        raise Invalid({"type": [f"must be one of {', '.join((TEST, *EVENT_TYPES))}"]})
    require_sight(actor, (type,))
    last = (await events.list_(tx, actor, EventFilter(type=type), ByPage(1, 1))).items
    if not last:
        raise Invalid({"type": [f"{type} hasn't happened here yet; leave it out to send a {TEST}"]})
    return await deliveries.send(tx, actor, webhook, last[0].serial, now_ms=now_ms)
