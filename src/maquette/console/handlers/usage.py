"""`/usage`: the month's calls, and who made them."""

from collections import Counter
from dataclasses import dataclass

from litestar import get

from maquette.console.visit import Visit
from maquette.domain import plans, usage
from maquette.domain.usage import Usage
from maquette.wire.reply import Reply


@dataclass(frozen=True, slots=True)
class Spender:
    """A credential's calls through one API; without id and name where it may not be known."""

    id: str | None
    name: str | None
    dialect: str
    calls: int


@get("/usage")
async def show_usage(request: Visit) -> Reply:
    """The month so far: in all, by credential and API, and by day; and what the plan allows."""
    workspace, services = request.signed_in.workspace, request.services
    assert workspace
    month: Usage = await usage.of_month(
        services.database,
        request.actor,
        months=services.admission.months,
        calls=services.calls,
        now_ms=request.now_ms,
    )
    plan = await request.read(lambda tx: plans.get(tx, workspace.plan))
    return request.page(
        "usage.html",
        month=month,
        plan=plan,
        spenders=_spenders(month),
        days=_days(month),
        titles={dialect.name: dialect.title for dialect in request.dialects},
        bursts=[(dialect.title, dialect.burst(plan)) for dialect in request.dialects],
    )


def _spenders(month: Usage) -> list[Spender]:
    """Who made how many calls, the most first; those that may not be named are together."""
    calls: Counter[tuple[str | None, str | None, str]] = Counter()
    for part in month.spent:
        is_named = part.credential in month.named
        who = (part.credential_id, part.credential_name) if is_named else (None, None)
        calls[(*who, part.dialect)] += part.calls
    return [Spender(*who, count) for who, count in calls.most_common()]


def _days(month: Usage) -> list[tuple[int, int, float]]:
    """Each day with calls, how many, and what part that is of the day with the most."""
    calls: Counter[int] = Counter()
    for part in month.spent:
        calls[part.day] += part.calls
    most = max(calls.values(), default=1)
    return [(day, count, count / most) for day, count in sorted(calls.items(), reverse=True)]
