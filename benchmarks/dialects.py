"""How is the same asked in each API? Paths, headers and bodies; `loads` makes of them what is sent.

A peer that has its own (`peers/*/dialect.py`) is asked in that what the others are asked in CraftDesk's.
"""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.client import Client
from benchmarks.world import LISTED_PROJECTS, Tenant

PAGE_SIZES = range(16, 25)  # 20 on average

DESCRIPTION = "Made by the benchmark, kept for good."

Headers = dict[str, str]


@dataclass(frozen=True)
class Dialect:
    """`first` lists 20 of a workspace, newest first; `anywhere` is a path to a part of that list."""

    first: str
    anywhere: Callable[[Tenant, random.Random], str]
    create: str
    body: Callable[[Tenant], dict[str, Any]]
    created_status: int
    headers: Callable[[Tenant], Headers]
    count: Callable[[Client, Tenant], int]


def stretch(chance: random.Random) -> tuple[int, int]:
    """So many projects from anywhere in the list: how many come before them, and how many they are."""
    size = chance.choice(PAGE_SIZES)
    return chance.randint(0, LISTED_PROJECTS - size), size


def bearer(tenant: Tenant) -> Headers:
    return {"Authorization": f"Bearer {tenant.key}"}


def _craftdesk_page(_tenant: Tenant, chance: random.Random) -> str:
    size = chance.choice(PAGE_SIZES)
    page = chance.randint(1, LISTED_PROJECTS // size)
    return f"/craftdesk/v1/projects?page={page}&per_page={size}"


def _craftdesk_count(client: Client, tenant: Tenant) -> int:
    answer = client.get("/craftdesk/v1/projects?per_page=1", bearer(tenant)).expect(200).json()
    return int(answer["meta"]["pagination"]["total"])


CRAFTDESK = Dialect(
    first="/craftdesk/v1/projects?per_page=20",
    anywhere=_craftdesk_page,
    create="/craftdesk/v1/projects",
    body=lambda _tenant: {"name": "Bench @", "description": DESCRIPTION},
    created_status=201,
    headers=bearer,
    count=_craftdesk_count,
)


def _creatopy_cursor(tenant: Tenant, chance: random.Random) -> str:
    size = chance.choice(PAGE_SIZES)
    last = chance.choice(tenant.serials[:-size])
    packed = json.dumps({"limit": size, "lastId": last}, separators=(",", ":")).encode()
    cursor = base64.b64encode(packed).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    return f"/creatopy/v1/projects?limit={size}&cursor={cursor}"


CREATOPY = Dialect(
    first="/creatopy/v1/projects?limit=20",
    anywhere=_creatopy_cursor,
    create="/creatopy/v1/projects",
    body=lambda tenant: {"name": "Bench @", "brandKitId": tenant.brand_kit},
    created_status=200,
    headers=lambda tenant: {"Authorization": f"Bearer {tenant.token}"},
    count=_craftdesk_count,  # it tells no total itself
)


# Those of the rows; who speaks another is asked in that one instead.
BOTH = {"craftdesk": CRAFTDESK, "creatopy": CREATOPY}
