"""May this call be admitted? It is counted in the burst window and in the month; a refused one in neither."""

from msgspec import Struct

from maquette.domain.bursts import BurstCounter, BurstRule, Bursts, BurstWindow
from maquette.domain.calls import CallCounter
from maquette.domain.months import Ledger, MonthlyQuotas
from maquette.model.clock import Clock
from maquette.model.errors import BurstSpent, QuotaSpent, Refusal, Unavailable
from maquette.model.records import Plan


class Ticket(Struct):
    """An admitted call and where it was counted, so that its response can show what is left."""

    plan: Plan
    burst: BurstWindow | None
    ledger: Ledger
    charged_at: int | None = None
    """When it was counted in the month, in milliseconds; None for a call that is unmetered or was refunded."""
    replay_only: QuotaSpent | None = None
    """Set where the month is spent: the refusal to raise if the call turns out to be no idempotent replay."""


class AdmissionRequest(Struct, frozen=True):
    """A call to be admitted: whose it is, in which dialect, under which burst rule, and whether it is metered."""

    workspace: int
    credential: int
    dialect: str
    plan: Plan
    burst: BurstRule | None
    unmetered: bool = False
    """Whether it isn't counted in the month; it counts in the burst window all the same."""
    may_be_replay: bool = False
    """Whether it is a change with an `Idempotency-Key`; a replay isn't counted in the month."""


class Admission:
    """Admits calls, and counts them in the burst window, in the month, and by credential."""

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
        """Admit the call if memory alone can do it. None: nothing was counted, and `admit` has to be called."""
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
        """Admit the call where `try_admit` couldn't. Raises `BurstSpent`, `QuotaSpent`, `Unavailable`.

        With the month spent, a call that `may_be_replay` is admitted with `Ticket.replay_only` set.
        """
        window = await self._count_burst(request) if request.burst else None
        ticket = await self._issue_ticket(request, window)
        if ticket.charged_at is not None:
            self._calls.count(request.workspace, request.credential, request.dialect, ticket.charged_at)
        return ticket

    async def peek(self, request: AdmissionRequest) -> Ticket | None:
        """The counters as they stand, for the response to a refused call; None where the store is unavailable."""
        window = await self._current(request, request.burst) if request.burst else None
        try:
            return Ticket(request.plan, window, await self.months.ledger(request.workspace, request.plan.month))
        except Unavailable:
            return None

    def refund(self, ticket: Ticket, request: AdmissionRequest) -> None:
        """Take the call back from the month's count, and its credential's: replays are free. Has an effect once."""
        if ticket.charged_at is not None:
            self.months.give_back(ticket.ledger, ticket.plan.month)
            self._calls.uncount(request.workspace, request.credential, request.dialect, ticket.charged_at)
            ticket.charged_at = None

    async def refund_burst(self, ticket: Ticket, request: AdmissionRequest) -> None:
        """Take the call back from the burst window, because the month refused it."""
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
        """Count the call in the month; if that is refused, take it back from the burst window."""
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
