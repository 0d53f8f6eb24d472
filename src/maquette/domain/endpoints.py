"""Which URLs may be endpoints, and which event types are there? Both are asked before a webhook exists.

Vetting a URL needs the network, so it happens outside of every transaction.
"""

from maquette.domain.senders import Sender
from maquette.model.actor import Actor, Permission
from maquette.model.errors import Invalid
from maquette.model.webhooks import EVENT_TYPES
from maquette.store.database import Transaction


async def vet(actor: Actor, sender: Sender, url: str) -> Invalid | None:
    """The `Invalid` (`url`) for a URL that may not be an endpoint, or None.

    The caller raises it inside its transaction, so that an idempotent replay gets the stored response instead.
    Raises `Forbidden`, `ReadOnly`, `OutOfScope`.
    """
    actor.require(Permission.WEBHOOK_MANAGE)
    try:
        await sender.vet(url, workspace=actor.workspace)
    except ValueError as error:
        return Invalid({"url": [str(error)]})
    return None


async def types(_: Transaction, actor: Actor) -> tuple[str, ...]:
    """All types that an endpoint can subscribe to. Raises `Forbidden`, `OutOfScope`."""
    actor.require(Permission.WEBHOOK_READ)
    return EVENT_TYPES
