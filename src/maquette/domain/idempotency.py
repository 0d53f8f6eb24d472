"""Was this request carried out before? One `Idempotency-Key`, one effect, and the same response for a day.

The response is stored in the write's own transaction; the workspace's lock makes a second request wait for the first.
A replay takes the same rights as the call itself: a caller who was demoted since is refused.
Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from maquette.domain.seal import Sealer
from maquette.model.clock import DAY_MS
from maquette.model.errors import (
    Forbidden,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    Invisible,
    OutOfScope,
    QuotaSpent,
    ReadOnly,
    Refusal,
    Unavailable,
)
from maquette.store import idempotency, workspaces
from maquette.store.database import Transaction
from maquette.store.dry_run import DryRun, WouldWrite
from maquette.store.idempotency import Claim as Claim
from maquette.store.idempotency import StoredResponse as StoredResponse

_RIGHTS_REFUSALS = (Forbidden, ReadOnly, OutOfScope, Invisible)
"""Refusals about the caller's rights, which a replay must respect.

All others concern the record's present state and are ignored: the change has already been made.
"""


async def run_once(
    tx: Transaction,
    claim: Claim,
    perform: Callable[[Transaction], Awaitable[StoredResponse]],
    *,
    allowed: Callable[[Transaction], Awaitable[Any]] | None = None,
    replay_only: QuotaSpent | None,
    sealer: Sealer | None = None,
    now_ms: int,
) -> tuple[StoredResponse, bool]:
    """Perform the change and store its response, or return the stored one; the second value says whether it's a replay.

    With a `sealer`, the stored body is sealed, since it holds a secret. `allowed` is the verb whose rights a replay
    takes, if not those of `perform`.

    Raises `IdempotencyKeyInUse` where the first request may still be running, `replay_only` where there is nothing to
    replay, and as `find_stored` does.
    """
    try:
        await workspaces.lock(tx, claim.workspace)
    except Unavailable as error:
        raise IdempotencyKeyInUse from error
    stored = await find_stored(tx, claim, allowed or perform, now_ms=now_ms)
    if stored is not None:
        return (replace(stored, body=sealer.open(stored.body).encode()) if sealer else stored), True
    if replay_only is not None:
        raise replay_only
    response = await perform(tx)
    to_store = replace(response, body=sealer.seal(response.body.decode())) if sealer else response
    await idempotency.put(tx, claim, to_store, now_ms)
    return response, False


async def find_stored(
    tx: Transaction, claim: Claim, allowed: Callable[[Transaction], Awaitable[Any]], *, now_ms: int
) -> StoredResponse | None:
    """The response stored for the key within the last day, with its body as stored; None where there is none.

    The verb `allowed` is run up to its first write, to check that the caller still has the rights it takes. Raises
    `IdempotencyKeyReused` for a key that came with another request, and `Forbidden`, `ReadOnly`, `OutOfScope` or
    `Invisible` as that verb does.
    """
    stored = await idempotency.get(tx, claim, since_ms=now_ms - DAY_MS)
    if stored is None:
        return None
    fingerprint, response = stored
    if fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused
    try:
        await allowed(DryRun(tx))
    except (*_RIGHTS_REFUSALS, Unavailable):
        raise
    except (Refusal, WouldWrite):
        pass  # the change was already made: that it can't be made again doesn't matter
    return response
