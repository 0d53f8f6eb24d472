"""Who takes part? Maquette, the floor, the reference and Django: each started, seeded and ready to be asked.

`others` has the peers that join only where they are installed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from benchmarks import floor, seed, servers, world
from benchmarks.client import Client
from benchmarks.dialects import BOTH, Dialect
from benchmarks.scenarios import Scenario
from benchmarks.servers import Server
from benchmarks.world import Credentials, Tenant, World

SEED_SECONDS = 120


@dataclass(frozen=True)
class Contender:
    server: Server
    world: World
    keeps: bool  # what is created in it can be counted afterwards
    dialects: Mapping[str, Dialect] = field(default_factory=lambda: BOTH)
    patience: float = 0.0  # seconds for each connection that a slow one's round lasts at least

    @property
    def name(self) -> str:
        return self.server.name

    @property
    def is_slow(self) -> bool:
        return self.patience > 0

    def round_seconds(self, connections: int, usual: int) -> int:
        return max(usual, ceil(connections * self.patience))

    def client(self) -> Client:
        return Client(self.name, self.server.port)


@dataclass(frozen=True)
class Places:
    """Where a run keeps what it needs: `data` is gone afterwards, `logs` stay."""

    data: Path
    logs: Path


def start_maquette(stack: ExitStack, places: Places, executable: Path, software: str, mixed: int) -> Contender:
    data, log = places.data / "maquette", places.logs / "maquette.log"
    credentials = seed.make_workspaces(executable, data, mixed)
    server = _start(stack, servers.maquette(executable, servers.free_port(), software, data, log))
    seed.fill(server.port, *credentials)
    return _contender(server, *credentials)


def start_floor(
    stack: ExitStack, places: Places, software: str, maquette: Contender, scenarios: list[Scenario]
) -> Contender:
    """The floor answers with what `maquette` answers now to the samples of these scenarios."""
    answers, client = places.data / "floor.json", maquette.client()
    samples = [sample for each in scenarios for sample in each.plan(client, maquette).samples]
    floor.save(answers, [(each.request, client.send(each.request).expect(each.status)) for each in samples])
    server = servers.floor(servers.free_port(), software, answers, places.logs / "floor.log")
    return Contender(_start(stack, server), maquette.world, keeps=False)


def start_reference(stack: ExitStack, places: Places, mixed: int) -> Contender:
    database, log = places.data / "reference.db", places.logs / "reference.log"
    credentials = seed_apart("benchmarks.reference.seed", mixed, {"REFERENCE_DATABASE": str(database)})
    server = _start(stack, servers.reference(servers.free_port(), database, log))
    return _contender(server, *credentials)


def start_drf(stack: ExitStack, places: Places, mixed: int) -> Contender:
    database, log = places.data / "drf.db", places.logs / "drf.log"
    credentials = seed_apart("benchmarks.peers.drf.seed", mixed, {"DRF_DATABASE": str(database)})
    server = _start(stack, servers.drf(servers.free_port(), database, log))
    return _contender(server, *credentials)


def foreign(
    stack: ExitStack, server: Server, dialect: Dialect, listed: Credentials, created: Credentials, *, patience: float
) -> Contender:
    """One with an API of its own, in which it's asked where the others are in CraftDesk's; started, and looked at."""
    _start(stack, server)
    client, tenants = Client(server.name, server.port), (Tenant(listed.key), Tenant(created.key))
    for tenant, expected in zip(tenants, (world.LISTED_PROJECTS, 1), strict=True):
        if (found := dialect.count(client, tenant)) != expected:
            raise RuntimeError(f"{server.name} counts {found} seeded projects, not {expected}")
    client.close()
    return Contender(server, World(*tenants, ()), True, {"craftdesk": dialect}, patience)


def _start(stack: ExitStack, server: Server) -> Server:
    stack.callback(server.stop)
    server.wait_until_ready()
    return server


def seed_apart(
    module: str, mixed: int, settings: Mapping[str, str]
) -> tuple[Credentials, Credentials, list[Credentials]]:
    """In a process of its own, as the servers themselves: this one needs none of their libraries."""
    seeded = subprocess.run(
        [sys.executable, "-m", module, str(mixed)],
        stdout=subprocess.PIPE,
        env=os.environ | dict(settings),
        check=True,
        timeout=SEED_SECONDS,
    )
    told = json.loads(seeded.stdout)
    mixed_ones = [Credentials(**each) for each in told["mixed"]]
    return Credentials(**told["listed"]), Credentials(**told["created"]), mixed_ones


def _contender(server: Server, listed: Credentials, created: Credentials, mixed: list[Credentials]) -> Contender:
    client = Client(server.name, server.port)
    surveyed = world.survey(client, listed, created, mixed)
    client.close()
    return Contender(server, surveyed, keeps=True)
