"""How is a scenario measured? In short rounds, the contenders in turn, so that drift hits all of them alike.

A round counts only if the samples around it were answered as expected, every answer had the length that it
should have, and what was said to be created is there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import load
from benchmarks.client import Client
from benchmarks.contenders import Contender
from benchmarks.load import Round
from benchmarks.loads import Load
from benchmarks.scenarios import Scenario
from benchmarks.servers import core_busy_seconds

# A slow contender has fewer rounds, and longer ones.
SLOW_ROUNDS = 3

# The driver may have been cut off in the middle of a last answer.
LENGTH_TOLERANCE = 0.05


@dataclass(frozen=True)
class Share:
    """How the servers' core was used during a round, in seconds."""

    by_server: float
    by_others: float


@dataclass(frozen=True)
class Result:
    """One contender's rounds of one scenario; the medians are what is reported."""

    scenario: Scenario
    contender: str
    rounds: tuple[Round, ...]
    shares: tuple[Share, ...]

    @property
    def per_second(self) -> float:
        return median(each.per_second for each in self.rounds)

    @property
    def p50_ms(self) -> float:
        return median(each.p50_ms for each in self.rounds)

    @property
    def p99_ms(self) -> float:
        return median(each.p99_ms for each in self.rounds)

    @property
    def cpu_us_each(self) -> float:
        """Processor time per request: what other work on the machine changes least."""
        pairs = zip(self.shares, self.rounds, strict=True)
        return median(share.by_server * 1e6 / done.requests for share, done in pairs)

    @property
    def spread(self) -> float:
        """How far the slowest and the fastest round lie apart, as a part of the median."""
        rates = [each.per_second for each in self.rounds]
        return (max(rates) - min(rates)) / self.per_second

    @property
    def disturbed(self) -> float:
        """The part of the servers' core that other work took."""
        pairs = zip(self.shares, self.rounds, strict=True)
        return median(share.by_others / done.seconds for share, done in pairs)

    @property
    def driver_busy(self) -> float:
        return median(each.driver_busy for each in self.rounds)


def measure(
    scenario: Scenario, contenders: Sequence[Contender], *, rounds: int, seconds: int, folder: Path
) -> Iterator[Result]:
    racing = [
        Lane(scenario, each, folder / f"{scenario.name}-{each.name}.txt")
        for each in contenders
        if each.name in scenario.contenders
    ]
    for number in range(rounds):
        for lane in racing:
            if number < SLOW_ROUNDS or not lane.contender.is_slow:
                lane.run(number, seconds)
    for lane in racing:
        yield lane.result()


class Lane:
    """One contender in one scenario."""

    def __init__(self, scenario: Scenario, contender: Contender, lines: Path) -> None:
        self._scenario, self.contender, self._lines = scenario, contender, lines
        client = contender.client()
        self._load = scenario.plan(client, contender)
        client.close()
        lines.write_text("".join(f"{line}\n" for line in self._load.lines))
        self._rounds: list[Round] = []
        self._shares: list[Share] = []

    def run(self, number: int, seconds: int) -> None:
        client, server = self.contender.client(), self.contender.server
        length = _sample(client, self._load)
        kept_before = self._kept(client)
        client.close()  # or the server may do so while the round lasts
        server.settle()
        own, all_of_it = server.cpu_seconds(), core_busy_seconds()
        done = load.run(
            self._load.script,
            f"http://127.0.0.1:{server.port}{self._load.path}",
            self._load.headers,
            [self._scenario.name, str(number), str(self._lines)],
            connections=self._scenario.connections,
            seconds=self.contender.round_seconds(self._scenario.connections, seconds),
        )
        own, all_of_it = server.cpu_seconds() - own, core_busy_seconds() - all_of_it
        server.settle()
        self._check(done, length, self._kept(client) - kept_before)
        _sample(client, self._load)
        client.close()
        self._rounds.append(done)
        self._shares.append(Share(own, max(0.0, all_of_it - own)))

    def result(self) -> Result:
        return Result(self._scenario, self.contender.name, tuple(self._rounds), tuple(self._shares))

    def _kept(self, client: Client) -> int:
        """How many projects there are where this scenario creates some."""
        if not (self._scenario.creates and self.contender.keeps):
            return 0
        return self._scenario.dialect_of(self.contender).count(client, self.contender.world.created)

    def _check(self, done: Round, length: int, kept: int) -> None:
        where = f"{self.contender.name}, {self._scenario.name}"
        if self._load.is_fixed and abs(done.bytes_each / length - 1) > LENGTH_TOLERANCE:
            raise RuntimeError(f"{where}: answers of {done.bytes_each:.0f} bytes, the sample had {length}")
        # Those in flight at the end may have been kept without having been counted as answered.
        maximum = done.requests + self._scenario.connections
        if self._scenario.creates and self.contender.keeps and not done.requests <= kept <= maximum:
            raise RuntimeError(f"{where}: {done.requests} creates were acknowledged, {kept} were kept")


def _sample(client: Client, planned: Load) -> int:
    """The length of the first sample's answer, once all samples have had the status expected."""
    answers = [client.send(each.request).expect(each.status) for each in planned.samples]
    return answers[0].size
