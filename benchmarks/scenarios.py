"""What is measured? Every scenario on one screen; `loads` says what each sends, `aims` what it should reach."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from benchmarks import loads, roster
from benchmarks.client import Client
from benchmarks.dialects import Dialect
from benchmarks.loads import Load
from benchmarks.world import World

# Enough to keep any of them busy. From 64 on, it is the order in which the event loop polls its sockets that
# decides who waits: the p99 of any application that computes for half a millisecond is then twenty times its p50.
LIST_CONNECTIONS = 32
CREATE_CONNECTIONS = 128


Plan = Callable[[Client, World, Dialect], Load]


class Asked(Protocol):
    """Whom a scenario can be planned for: `contenders.Contender`."""

    @property
    def world(self) -> World: ...
    @property
    def dialects(self) -> Mapping[str, Dialect]: ...


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    connections: int
    dialect: str
    send: Plan
    contenders: tuple[str, ...]

    @property
    def creates(self) -> bool:
        return self.send is loads.creates

    def dialect_of(self, asked: Asked) -> Dialect:
        """In its own, where it has one."""
        return asked.dialects[self.dialect]

    def plan(self, client: Client, asked: Asked) -> Load:
        return self.send(client, asked.world, self.dialect_of(asked))


ALL = tuple(each.name for each in roster.EVERY)

# The Django peer speaks CraftDesk's dialect alone; Directus and Redmine have each another in its place.
OF_CREATOPY = ("maquette", "floor", "reference")

# Of single reads and a hundred workspaces those two are not asked.
OF_MIX = (*OF_CREATOPY, "django")

# The reference and Django's framework have no ETag to compare.
WITH_ETAG = ("maquette", "floor")


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
            contenders=WITH_ETAG,
        ),
        *_both("create", "create", CREATE_CONNECTIONS, loads.creates),
        *_both("alone", "create", 1, loads.creates),
        Scenario("mix", "mix 90/8/2, CraftDesk", LIST_CONNECTIONS, "craftdesk", loads.mix, OF_MIX),
    )


def _both(name: str, title: str, connections: int, send: Plan) -> tuple[Scenario, Scenario]:
    return (
        Scenario(f"{name}-craftdesk", f"{title}, CraftDesk", connections, "craftdesk", send, ALL),
        Scenario(f"{name}-creatopy", f"{title}, Creatopy", connections, "creatopy", send, OF_CREATOPY),
    )
