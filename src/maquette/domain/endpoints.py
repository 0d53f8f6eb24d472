"""Which URLs may be endpoints, and which events can they be told of? Asked before there is a webhook, so of none.

Looking a receiver up needs the network, so it happens outside of every transaction.
"""

from maquette.domain.senders import Sender
from maquette.model.actor import Actor, Permission
from maquette.model.errors import Invalid
from maquette.model.webhooks import EVENT_TYPES
from maquette.store.database import Transaction


async def vet(actor: Actor, sender: Sender, url: str) -> Invalid | None:
    """Why nothing may be sent to the URL (`url`), or None. Raises `Forbidden`, `ReadOnly`, `OutOfScope`.

    It is the caller's to raise inside its transaction, where a repeated call gets its first answer instead.
    """
    actor.require(Permission.WEBHOOK_MANAGE)
    try:
        await sender.vet(url, workspace=actor.workspace)
    except ValueError as error:
        return Invalid({"url": [str(error)]})
    return None


async def types(_: Transaction, actor: Actor) -> tuple[str, ...]:
    """All that an endpoint can ask for. Raises `Forbidden`, `OutOfScope`."""
    actor.require(Permission.WEBHOOK_READ)
    return EVENT_TYPES
