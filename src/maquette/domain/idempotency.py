"""Was this request carried out before? One `Idempotency-Key`, one effect, the same answer for a day.

The answer is kept in the write's own transaction; the workspace's lock makes a second request wait for the first.
It is given to whoever may still do what was done: a person who was demoted since is refused, as with any other call.
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

_NOT_YOURS = (Forbidden, ReadOnly, OutOfScope, Invisible)
"""What a caller is told who has lost a right, or the sight of a record; all other refusals speak of the record."""


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
    """Perform and keep the answer, or give the kept one and True. An answer with a secret is kept sealed.

    `allowed` asks for what the kept one takes, where it isn't what the performance takes.

    Raises `IdempotencyKeyReused` for a key that came with another body, `IdempotencyKeyInUse` where the first request
    may still be running, `replay_only` where there is nothing to replay, and as `kept` does.
    """
    try:
        await workspaces.lock(tx, claim.workspace)
    except Unavailable as error:
        raise IdempotencyKeyInUse from error
    answer = await find_stored(tx, claim, allowed or perform, now_ms=now_ms)
    if answer is not None:
        return (replace(answer, body=sealer.open(answer.body).encode()) if sealer else answer), True
    if replay_only is not None:
        raise replay_only
    answer = await perform(tx)
    kept_answer = replace(answer, body=sealer.seal(answer.body.decode())) if sealer else answer
    await idempotency.put(tx, claim, kept_answer, now_ms)
    return answer, False


async def find_stored(
    tx: Transaction, claim: Claim, allowed: Callable[[Transaction], Awaitable[Any]], *, now_ms: int
) -> StoredResponse | None:
    """The answer that the key got within a day, as it is kept, for a caller to whom the verb `allowed` is allowed now.

    Raises `IdempotencyKeyReused`, and `Forbidden`, `ReadOnly`, `OutOfScope` or `Invisible` as that verb would.
    """
    found = await idempotency.get(tx, claim, since_ms=now_ms - DAY_MS)
    if found is None:
        return None
    fingerprint, answer = found
    if fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused
    try:
        await allowed(DryRun(tx))
    except (*_NOT_YOURS, Unavailable):
        raise
    except (Refusal, WouldWrite):
        pass  # it was done: that it can't be done again is no news
    return answer
