"""A month's calls as CraftDesk shows them."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from maquette.dialects.craftdesk.shapes.fields import Count, Id, Moment
from maquette.dialects.craftdesk.shapes.page import moment
from maquette.domain.usage import Usage
from maquette.model.records import Plan

DIALECTS = ("craftdesk", "creatopy")


class Period(msgspec.Struct):
    """From the first instant to the one after the last."""

    start: Annotated[Moment, Meta(examples=["2025-03-01T00:00:00Z"])]
    end: Annotated[Moment, Meta(examples=["2025-04-01T00:00:00Z"])]


class MonthOut(msgspec.Struct):
    """The quota; null where the plan has no limit."""

    limit: Annotated[Count | None, Meta(examples=[50000])]
    used: Annotated[Count, Meta(examples=[1001])]
    remaining: Annotated[Count | None, Meta(examples=[48999])]
    reset: Annotated[int, Meta(description="When the next month begins, in Unix seconds.", examples=[1743465600])]


class BurstOut(msgspec.Struct):
    """The burst limit of this API; null where the plan has none."""

    limit: Annotated[Count | None, Meta(examples=[100])]
    window_seconds: Annotated[int, Meta(examples=[60])]


class DayOut(msgspec.Struct):
    """One day's calls."""

    date: Annotated[str, Meta(description="In UTC.", extra_json_schema={"format": "date"})]
    calls: Annotated[Count, Meta(examples=[1001])]


class KeyCallsOut(msgspec.Struct):
    """One key's or client's calls."""

    id: Id
    name: Annotated[str, Meta(examples=["Nightly report"])]
    calls: Annotated[Count, Meta(examples=[1001])]


class UsageOut(msgspec.Struct):
    """The month so far."""

    plan: Annotated[str, Meta(examples=["professional"])]
    period: Period
    month: MonthOut
    burst: BurstOut
    by_day: Annotated[list[DayOut], Meta(description="Days with calls, in order.")]
    by_key: Annotated[
        list[KeyCallsOut],
        Meta(description="Keys and clients that called: all if the caller may see keys, else its own."),
    ]
    by_dialect: Annotated[
        dict[str, int], Meta(description="Calls through each API.", examples=[{"craftdesk": 1000, "creatopy": 1}])
    ]

    @classmethod
    def of(cls, usage: Usage, plan: Plan, window_s: int) -> "UsageOut":
        """The domain's numbers in this API's format."""
        days: Counter[int] = Counter()
        keys: Counter[tuple[str, str]] = Counter()
        dialects = Counter(dict.fromkeys(DIALECTS, 0))
        for spent in usage.spent:
            days[spent.day] += spent.calls
            if spent.credential in usage.named:
                keys[spent.credential_id, spent.credential_name] += spent.calls
            dialects[spent.dialect] += spent.calls
        remaining = None if plan.month is None else max(0, plan.month - usage.used)
        return cls(
            plan.name,
            Period(moment(usage.starts_at), moment(usage.ends_at)),
            MonthOut(plan.month, usage.used, remaining, usage.ends_at // 1000),
            BurstOut(plan.burst, window_s),
            [DayOut(f"{datetime.fromtimestamp(day / 1000, UTC):%Y-%m-%d}", calls) for day, calls in days.items()],
            [KeyCallsOut(id, name, calls) for (id, name), calls in keys.items()],
            dict(dialects),
        )
