"""What does each scenario send? A plan per kind of load, made for one contender's own keys and ids."""

import base64
import json
import random
from dataclasses import dataclass

from benchmarks.client import Client, Request
from benchmarks.world import Tenant, World

LISTS = {"craftdesk": "/craftdesk/v1/projects?per_page=20", "creatopy": "/creatopy/v1/projects?limit=20"}
CREATES = {"craftdesk": "/craftdesk/v1/projects", "creatopy": "/creatopy/v1/projects"}
CREATED_STATUS = {"craftdesk": 201, "creatopy": 200}

DIFFERING_PATHS = 2_000
PAGE_SIZES = range(16, 25)  # 20 on average

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


def repeated(_client: Client, world: World, dialect: str) -> Load:
    path, headers = LISTS[dialect], world.listed.headers(dialect)
    sample = Sample(Request("GET", path, headers), 200)
    return Load("same", path, headers, (sample,), is_fixed=True)


def unmodified(client: Client, world: World, dialect: str) -> Load:
    path, headers = LISTS[dialect], world.listed.headers(dialect)
    tag = client.get(path, headers).expect(200).header("etag")
    if tag is None:
        raise RuntimeError(f"{client.name} sends no ETag with {path}")
    headers = headers | {"If-None-Match": tag}
    sample = Sample(Request("GET", path, headers), 304)
    return Load("same", path, headers, (sample,), is_fixed=True)


def differing(_client: Client, world: World, dialect: str) -> Load:
    """Pages and cursors from anywhere in the list; the script adds a number, so that no query comes twice."""
    chance = random.Random(dialect)  # every contender is asked the same
    path = _page if dialect == "craftdesk" else _cursor
    lines = tuple(path(world.listed, chance) for _ in range(DIFFERING_PATHS))
    headers = world.listed.headers(dialect)
    samples = tuple(Sample(Request("GET", line, headers), 200) for line in lines[:2])
    return Load("differing", lines[0], headers, samples, lines)


def creates(_client: Client, world: World, dialect: str) -> Load:
    body = {
        "craftdesk": {"name": "Bench @", "description": "Made by the benchmark, kept for good."},
        "creatopy": {"name": "Bench @", "brandKitId": world.created.brand_kit},
    }[dialect]
    path, headers = CREATES[dialect], world.created.headers(dialect) | JSON
    template = json.dumps(body)
    request = Request("POST", path, headers, template.replace("@", "sample").encode())
    return Load("create", path, headers, (Sample(request, CREATED_STATUS[dialect]),), (template,))


def mix(_client: Client, world: World, dialect: str) -> Load:
    path, first = CREATES[dialect], world.mixed[0]
    headers = first.headers(dialect)
    body = json.dumps({"name": "Mix sample"}).encode()
    samples = (
        Sample(Request("GET", LISTS[dialect], headers), 200),
        Sample(Request("GET", f"{path}/{first.ids[0]}", headers), 200),
        Sample(Request("POST", path, headers | JSON, body), CREATED_STATUS[dialect]),
    )
    lines = tuple(" ".join((each.key, *each.ids)) for each in world.mixed)
    return Load("mix", path, {}, samples, lines)


def _page(tenant: Tenant, chance: random.Random) -> str:
    size = chance.choice(PAGE_SIZES)
    page = chance.randint(1, len(tenant.ids) // size)
    return f"/craftdesk/v1/projects?page={page}&per_page={size}"


def _cursor(tenant: Tenant, chance: random.Random) -> str:
    size = chance.choice(PAGE_SIZES)
    last = chance.choice(tenant.serials[:-size])
    packed = json.dumps({"limit": size, "lastId": last}, separators=(",", ":")).encode()
    cursor = base64.b64encode(packed).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    return f"/creatopy/v1/projects?limit={size}&cursor={cursor}"
