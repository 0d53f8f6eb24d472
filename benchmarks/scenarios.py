"""What is measured, and what is aimed at? Every scenario on one screen; `loads` says what each sends."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import loads
from benchmarks.client import Client
from benchmarks.loads import Load
from benchmarks.world import World

CONTENDERS = ("maquette", "floor", "reference")

# Enough to keep any of them busy. From 64 on, it is the order in which the event loop polls its sockets that
# decides who waits: the p99 of any application that computes for half a millisecond is then twenty times its p50.
LIST_CONNECTIONS = 32
CREATE_CONNECTIONS = 128


@dataclass(frozen=True)
class Aim:
    """How many times the reference's rate Maquette is to reach, now and later."""

    now: float
    later: float


Plan = Callable[[Client, World, str], Load]


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    connections: int
    dialect: str
    send: Plan
    aim: Aim | None = None
    contenders: tuple[str, ...] = CONTENDERS

    @property
    def creates(self) -> bool:
        return self.send is loads.creates

    def plan(self, client: Client, world: World) -> Load:
        return self.send(client, world, self.dialect)


LIST_AIM = Aim(now=10, later=10)
CREATE_AIM = Aim(now=20, later=40)

# The reference, like most servers of its kind, has no ETag to compare.
WITHOUT_REFERENCE = ("maquette", "floor")


def every() -> tuple[Scenario, ...]:
    return (
        *_both("list", "list same", LIST_CONNECTIONS, loads.repeated, LIST_AIM),
        *_both("differing", "list differing", LIST_CONNECTIONS, loads.differing, LIST_AIM),
        Scenario(
            "not-modified",
            "304, CraftDesk",
            LIST_CONNECTIONS,
            "craftdesk",
            loads.unmodified,
            contenders=WITHOUT_REFERENCE,
        ),
        *_both("create", "create", CREATE_CONNECTIONS, loads.creates, CREATE_AIM),
        *_both("alone", "create", 1, loads.creates, None),
        Scenario("mix", "mix 90/8/2, CraftDesk", LIST_CONNECTIONS, "craftdesk", loads.mix),
    )


def _both(name: str, title: str, connections: int, send: Plan, aim: Aim | None) -> tuple[Scenario, Scenario]:
    return (
        Scenario(f"{name}-craftdesk", f"{title}, CraftDesk", connections, "craftdesk", send, aim),
        Scenario(f"{name}-creatopy", f"{title}, Creatopy", connections, "creatopy", send, aim),
    )
