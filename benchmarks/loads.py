"""What does each scenario send? A plan per kind of load, made for one contender's own keys and ids."""

import json
import random
from dataclasses import dataclass

from benchmarks.client import Client, Request
from benchmarks.dialects import Dialect
from benchmarks.world import World

DIFFERING_PATHS = 2_000

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Sample:
    """A request as the load sends it, made by plain HTTP before and after each round."""

    request: Request
    status: int


@dataclass(frozen=True)
class Load:
    """What the driver is to send: a script of wrk/, its first request, and the lines of the script's file."""

    script: str
    path: str
    headers: dict[str, str]
    samples: tuple[Sample, ...]
    lines: tuple[str, ...] = ()
    is_fixed: bool = False  # every answer is then as long as the sample's


def repeated(_client: Client, world: World, dialect: Dialect) -> Load:
    headers = dialect.headers(world.listed)
    sample = Sample(Request("GET", dialect.first, headers), 200)
    return Load("same", dialect.first, headers, (sample,), is_fixed=True)


def unmodified(client: Client, world: World, dialect: Dialect) -> Load:
    path, headers = dialect.first, dialect.headers(world.listed)
    tag = client.get(path, headers).expect(200).header("etag")
    if tag is None:
        raise RuntimeError(f"{client.name} sends no ETag with {path}")
    headers = headers | {"If-None-Match": tag}
    sample = Sample(Request("GET", path, headers), 304)
    return Load("same", path, headers, (sample,), is_fixed=True)


def differing(_client: Client, world: World, dialect: Dialect) -> Load:
    """Pages and cursors from anywhere in the list; the script adds a number, so that no query comes twice."""
    chance = random.Random(DIFFERING_PATHS)  # every contender is asked the same
    lines = tuple(dialect.anywhere(world.listed, chance) for _ in range(DIFFERING_PATHS))
    headers = dialect.headers(world.listed)
    samples = tuple(Sample(Request("GET", line, headers), 200) for line in lines[:2])
    return Load("differing", lines[0], headers, samples, lines)


def creates(_client: Client, world: World, dialect: Dialect) -> Load:
    headers = dialect.headers(world.created) | JSON
    template = json.dumps(dialect.body(world.created))
    request = Request("POST", dialect.create, headers, template.replace("@", "sample").encode())
    return Load("create", dialect.create, headers, (Sample(request, dialect.created_status),), (template,))


def mix(_client: Client, world: World, dialect: Dialect) -> Load:
    path, first = dialect.create, world.mixed[0]
    headers = dialect.headers(first)
    body = json.dumps({"name": "Mix sample"}).encode()
    samples = (
        Sample(Request("GET", dialect.first, headers), 200),
        Sample(Request("GET", f"{path}/{first.ids[0]}", headers), 200),
        Sample(Request("POST", path, headers | JSON, body), dialect.created_status),
    )
    lines = tuple(" ".join((each.key, *each.ids)) for each in world.mixed)
    return Load("mix", path, {}, samples, lines)
