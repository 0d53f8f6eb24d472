"""May this call come in, and what does it cost? Burst first, then the month; a refusal costs neither."""

from msgspec import Struct

from maquette.domain.bursts import BurstCounter, BurstRule, Bursts, BurstWindow
from maquette.domain.calls import CallCounter
from maquette.domain.months import Ledger, MonthlyQuotas
from maquette.model.clock import Clock
from maquette.model.errors import BurstSpent, QuotaSpent, Refusal, Unavailable
from maquette.model.records import Plan


class Ticket(Struct):
    """An admitted call: where it was counted, so that its answer can show what is left."""

    plan: Plan
    burst: BurstWindow | None
    ledger: Ledger
    charged_at: int | None = None
    """When it was counted in the month, in milliseconds; None for a call that costs nothing of it, or was refunded."""
    replay_only: QuotaSpent | None = None
    """Where the month is spent: the refusal for a call that turns out to be no replay of an `Idempotency-Key`."""


class AdmissionRequest(Struct, frozen=True):
    """A call that asks to come in: whose it is, in which dialect, under which burst rule, and whether it is metered."""

    workspace: int
    credential: int
    dialect: str
    plan: Plan
    burst: BurstRule | None
    unmetered: bool = False
    """Whether it costs nothing of the month; it counts in the burst all the same."""
    may_be_replay: bool = False
    """Whether it is a change with an `Idempotency-Key`, whose replay costs nothing of the month."""


class Admission:
    """Who is let in: two counters, and a note of who came in."""

    def __init__(
        self,
        *,
        bursts: Bursts,
        months: MonthlyQuotas,
        calls: CallCounter,
        clock: Clock,
        shared: BurstCounter | None = None,
    ) -> None:
        self.months = months
        self._bursts = bursts
        self._shared = shared
        self._calls = calls
        self._clock = clock

    def try_admit(self, request: AdmissionRequest, now_ms: int) -> Ticket | None:
        """Let the call in if memory alone can do it; else None, and nothing is counted: `admit` has to be asked."""
        if request.unmetered or (request.burst is not None and self._shared is not None):
            return None
        ledger = self.months.try_spend(request.workspace, request.plan.month, now_ms)
        if ledger is None:
            return None
        window = None
        if request.burst is not None:
            try:
                window = self._bursts.count(request.workspace, request.dialect, request.burst, now_ms)
            except BurstSpent:
                self.months.give_back(ledger, request.plan.month)
                return None
        self._calls.count(request.workspace, request.credential, request.dialect, ledger.spent_at)
        return Ticket(request.plan, window, ledger, charged_at=ledger.spent_at)

    async def admit(self, request: AdmissionRequest) -> Ticket:
        """Let the call in where `try_admit` couldn't. Raises `BurstSpent`, `QuotaSpent`, `Unavailable`.

        With the month spent, a call that may be a replayed `Idempotency-Key` comes in as `replay_only`.
        """
        window = await self._count_burst(request) if request.burst else None
        ticket = await self._issue_ticket(request, window)
        if ticket.charged_at is not None:
            self._calls.count(request.workspace, request.credential, request.dialect, ticket.charged_at)
        return ticket

    async def peek(self, request: AdmissionRequest) -> Ticket | None:
        """What a refused call's answer shows: the counters as they stand, or nothing where the store can't tell."""
        window = await self._current(request, request.burst) if request.burst else None
        try:
            return Ticket(request.plan, window, await self.months.ledger(request.workspace, request.plan.month))
        except Unavailable:
            return None

    def refund(self, ticket: Ticket, request: AdmissionRequest) -> None:
        """A replayed answer costs nothing of the month."""
        if ticket.charged_at is not None:
            self.months.give_back(ticket.ledger, ticket.plan.month)
            self._calls.uncount(request.workspace, request.credential, request.dialect, ticket.charged_at)
            ticket.charged_at = None

    async def refund_burst(self, ticket: Ticket, request: AdmissionRequest) -> None:
        """A call that the month has no room for costs nothing of the burst either."""
        if ticket.burst is not None:
            await self._take_back(request, ticket.burst)

    async def _count_burst(self, request: AdmissionRequest) -> BurstWindow:
        assert request.burst
        if self._shared is None:
            return self._bursts.count(request.workspace, request.dialect, request.burst)
        return await self._shared.count(request.workspace, request.dialect, request.burst)

    async def _take_back(self, request: AdmissionRequest, window: BurstWindow) -> None:
        if self._shared is None:
            window.count -= 1
        else:
            await self._shared.take_back(request.workspace, request.dialect, window)

    async def _current(self, request: AdmissionRequest, rule: BurstRule) -> BurstWindow:
        if self._shared is None:
            return self._bursts.current(request.workspace, request.dialect, rule)
        return await self._shared.current(request.workspace, request.dialect, rule)

    async def _issue_ticket(self, request: AdmissionRequest, window: BurstWindow | None) -> Ticket:
        """A ticket that needs a look at the store; a call refused there costs nothing of the burst."""
        try:
            return await self._charge_month(request, window)
        except Refusal:
            if window is not None:
                await self._take_back(request, window)
            raise

    async def _charge_month(self, request: AdmissionRequest, window: BurstWindow | None) -> Ticket:
        if request.unmetered:
            return Ticket(request.plan, window, await self.months.ledger(request.workspace, request.plan.month))
        try:
            ledger = await self.months.spend(request.workspace, request.plan.month)
        except QuotaSpent as spent:
            if not request.may_be_replay:
                raise
            return Ticket(
                request.plan, window, await self.months.ledger(request.workspace, request.plan.month), replay_only=spent
            )
        return Ticket(request.plan, window, ledger, charged_at=self._clock.now_ms())
