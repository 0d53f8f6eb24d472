"""How is Redmine asked? For issues: its projects hold them as our workspaces hold projects."""

import random
from typing import Any

from benchmarks.client import Client
from benchmarks.dialects import DESCRIPTION, Dialect, Headers, stretch
from benchmarks.world import Tenant

_NEWEST = "/issues.json?sort=created_on:desc,id:desc"


def _anywhere(_tenant: Tenant, chance: random.Random) -> str:
    offset, size = stretch(chance)
    return f"{_NEWEST}&offset={offset}&limit={size}"


def _body(_tenant: Tenant) -> dict[str, Any]:
    """`created` is the identifier that `seed.rb` gave to the tenant's project."""
    return {"issue": {"project_id": "created", "subject": "Bench @", "description": DESCRIPTION}}


def _headers(tenant: Tenant) -> Headers:
    return {"X-Redmine-API-Key": tenant.key}


def _count(client: Client, tenant: Tenant) -> int:
    return int(client.get("/issues.json?limit=1", _headers(tenant)).expect(200).json()["total_count"])


REDMINE = Dialect(
    first=f"{_NEWEST}&limit=20",
    anywhere=_anywhere,
    create="/issues.json",
    body=_body,
    created_status=201,
    headers=_headers,
    count=_count,
)
