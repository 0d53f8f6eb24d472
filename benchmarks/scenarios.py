"""What is measured? Every scenario on one screen; `loads` says what each sends, `aims` what it should reach."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import loads
from benchmarks.client import Client
from benchmarks.loads import Load
from benchmarks.world import World

CONTENDERS = ("maquette", "floor", "reference", "django")

# Enough to keep any of them busy. From 64 on, it is the order in which the event loop polls its sockets that
# decides who waits: the p99 of any application that computes for half a millisecond is then twenty times its p50.
LIST_CONNECTIONS = 32
CREATE_CONNECTIONS = 128


Plan = Callable[[Client, World, str], Load]


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    connections: int
    dialect: str
    send: Plan
    contenders: tuple[str, ...] = CONTENDERS

    @property
    def creates(self) -> bool:
        return self.send is loads.creates

    def plan(self, client: Client, world: World) -> Load:
        return self.send(client, world, self.dialect)


# The reference and Django's framework, like most of their kind, have no ETag to compare.
WITHOUT_REFERENCE = ("maquette", "floor")

# The Django peer speaks CraftDesk's dialect alone.
WITHOUT_DJANGO = ("maquette", "floor", "reference")


def every() -> tuple[Scenario, ...]:
    return (
        *_both("list", "list, the same", LIST_CONNECTIONS, loads.repeated),
        *_both("differing", "list, every one different", LIST_CONNECTIONS, loads.differing),
        Scenario(
            "not-modified",
            "304 to If-None-Match, CraftDesk",
            LIST_CONNECTIONS,
            "craftdesk",
            loads.unmodified,
            contenders=WITHOUT_REFERENCE,
        ),
        *_both("create", "create", CREATE_CONNECTIONS, loads.creates),
        *_both("alone", "create", 1, loads.creates),
        Scenario("mix", "mix 90/8/2, CraftDesk", LIST_CONNECTIONS, "craftdesk", loads.mix),
    )


def _both(name: str, title: str, connections: int, send: Plan) -> tuple[Scenario, Scenario]:
    return (
        Scenario(f"{name}-craftdesk", f"{title}, CraftDesk", connections, "craftdesk", send),
        Scenario(f"{name}-creatopy", f"{title}, Creatopy", connections, "creatopy", send, WITHOUT_DJANGO),
    )
