"""How is a long period replayed without blocking other writers? In parts, each in a transaction of its own.

The call itself runs the first part, which is usually all. The rest is a row that any worker continues. The progress is
written in each part's transaction, so that a crash loses nothing.
"""

from dataclasses import replace

from maquette.domain.webhooks import expand_types
from maquette.model.errors import Invalid
from maquette.model.webhooks import Replayed, Webhook
from maquette.store import outbox, replays
from maquette.store.database import Change, Transaction
from maquette.store.replays import Replay

PART = 500
"""How many events one part scans, whether or not the endpoint subscribes to them."""

MAX_REPLAYS = 4
"""How many replays may be under way for one endpoint."""


async def begin(
    tx: Transaction, endpoint: Webhook, *, since_ms: int, until_ms: int, missing_only: bool, now_ms: int
) -> Replayed:
    """Run the first part, and leave the rest to the workers. Raises `Invalid` where too many are under way."""
    newest, types = await replays.newest_event(tx), expand_types(endpoint.events)
    whole = Replay(0, endpoint.workspace, endpoint.serial, until_ms, newest, missing_only, types, since_ms, 0)
    await outbox.mark_ready(tx, endpoint.serial, now_ms)
    added, left = await _run_part(tx, whole, now_ms)
    if left is not None:
        if await replays.count(tx, endpoint.serial) >= MAX_REPLAYS:
            raise Invalid({"webhook": [f"already has {MAX_REPLAYS} replays under way; wait until one has ended"]})
        await replays.insert(tx, left, now_ms)
    tx.notify(Change(endpoint.workspace, due=True))
    return Replayed(added, is_complete=left is None)


async def run_next_part(tx: Transaction, *, now_ms: int) -> bool:
    """Run one part of the replay that has waited the longest; False where there is none."""
    found = await replays.first(tx)
    if found is None:
        return False
    is_enabled = await outbox.mark_ready(tx, found.webhook, now_ms)
    present = await replays.get(tx, found.serial)  # read again: only now is the endpoint locked
    if present is None:
        return True
    left = (await _run_part(tx, present, now_ms))[1] if is_enabled else None
    if left is None:
        await replays.end(tx, present.serial)
    else:
        await replays.move(tx, left, now_ms)
    tx.notify(Change(present.workspace, due=True))
    return True


async def _run_part(tx: Transaction, replay: Replay, now_ms: int) -> tuple[int, Replay | None]:
    """Queue the part's deliveries; returns how many, and what is left of the replay."""
    upto = await replays.find_part_end(tx, replay, PART)
    added = await replays.add(tx, replay, upto, now_ms)
    return added, None if upto is None else replace(replay, at=upto[0], event=upto[1])
