"""What has the team used this month? The ledger's numbers, and who spent them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from maquette.domain.calls import CallCounter
from maquette.domain.months import MonthlyQuotas
from maquette.model.actor import Actor, Permission
from maquette.model.clock import month_end, month_start
from maquette.model.errors import Unavailable
from maquette.store import usage
from maquette.store.database import Database
from maquette.store.usage import Spent as Spent


@dataclass(frozen=True, slots=True)
class Usage:
    """A team's month: calls `used` in all and `spent` by each credential, and the credentials that may be `named`."""

    starts_at: int
    ends_at: int
    used: int
    spent: list[Spent]
    named: frozenset[int]


async def of_month(
    database: Database, actor: Actor, *, months: MonthlyQuotas, calls: CallCounter, now_ms: int
) -> Usage:
    """The present month, including the calls that aren't written yet."""
    actor.require(Permission.USAGE_READ)
    with suppress(Unavailable):  # a full disk mustn't prevent reading what is stored
        await calls.flush()
    start, end = month_start(now_ms), month_end(now_ms)
    spent = await database.read(lambda tx: usage.spent(tx, actor.workspace, since=start, before=end))
    ledger = await months.refreshed(actor.workspace)
    parts = [part for part in spent if part.calls]
    return Usage(start, end, ledger.used(), parts, _nameable(actor, parts))


def _nameable(actor: Actor, parts: Sequence[Spent]) -> frozenset[int]:
    """The credentials that the actor may know of: all, or only their own."""
    sees_all = actor.may(Permission.CREDENTIAL_READ)
    return frozenset(part.credential for part in parts if sees_all or part.credential == actor.credential)
