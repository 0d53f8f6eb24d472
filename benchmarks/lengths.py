"""How long is a run? Quick, to see that it works; usual, about five minutes; in full, about twenty-five."""

from dataclasses import dataclass

from benchmarks import latency, others
from benchmarks.aims import MILLION
from benchmarks.world import MIXED_WORKSPACES

PARTS = ("rates", "latency", "deliveries", "tenants", "starts", "projects")


@dataclass(frozen=True)
class Length:
    """`rounds` of `seconds` for the rates; sizes of what grows; the parts that it has unless some are named.

    `others` are the peers that join where they are installed.
    """

    rounds: int
    seconds: int
    mixed_workspaces: int
    latency: latency.Length
    deliveries: int
    waiting: tuple[int, ...]
    workspaces: tuple[int, ...]
    keys: tuple[int, ...]
    grown_seconds: int
    started_projects: tuple[int, ...]
    memory_rounds: int
    grown_projects: tuple[int, ...]
    parts: tuple[str, ...]
    others: tuple[str, ...] = ()


QUICK = Length(
    rounds=1,
    seconds=1,
    mixed_workspaces=10,
    latency=latency.Length(1, 1),
    deliveries=500,
    waiting=(0, 10_000),
    workspaces=(1, 100),
    keys=(1, 100),
    grown_seconds=1,
    started_projects=(0, 1_000),
    memory_rounds=1,
    grown_projects=(1_000, 10_000),
    parts=PARTS[:5],
)
USUAL = Length(
    rounds=3,
    seconds=1,
    mixed_workspaces=MIXED_WORKSPACES,
    latency=latency.Length(1, 3),
    deliveries=10_000,
    waiting=(0, MILLION),
    workspaces=(1, 100, 10_000),
    keys=(1, 1_000, 100_000),
    grown_seconds=1,
    started_projects=(0, 100_000),
    memory_rounds=1,
    grown_projects=(1_000, 10_000, 100_000),
    parts=PARTS[:5],
)
FULL = Length(
    rounds=5,
    seconds=2,
    mixed_workspaces=MIXED_WORKSPACES,
    latency=latency.Length(2, 10),
    deliveries=50_000,
    waiting=(0, MILLION),
    workspaces=(1, 10, 100, 1_000, 10_000),
    keys=(1, 10, 100, 1_000, 10_000, 100_000),
    grown_seconds=2,
    started_projects=(0, MILLION),
    memory_rounds=4,
    grown_projects=(1_000, 10_000, 100_000, MILLION),
    parts=PARTS,
    others=tuple(others.EVERY),
)
