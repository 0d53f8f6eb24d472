"""How is Directus asked? By its items' own API: with offset and limit, and the total in `meta`."""

import random

from benchmarks.client import Client
from benchmarks.dialects import DESCRIPTION, Dialect, bearer, stretch
from benchmarks.world import Tenant

_NEWEST = "/items/projects?sort=-created_at,-id&meta=filter_count"


def _anywhere(_tenant: Tenant, chance: random.Random) -> str:
    """Its cache knows a query that it has seen, whatever number the driver adds: hence stretches and not pages."""
    offset, size = stretch(chance)
    return f"{_NEWEST}&offset={offset}&limit={size}"


def _count(client: Client, tenant: Tenant) -> int:
    answer = client.get("/items/projects?limit=0&meta=filter_count", bearer(tenant)).expect(200).json()
    return int(answer["meta"]["filter_count"])


DIRECTUS = Dialect(
    first=f"{_NEWEST}&limit=20",
    anywhere=_anywhere,
    create="/items/projects",
    body=lambda _tenant: {"name": "Bench @", "description": DESCRIPTION},
    created_status=200,
    headers=bearer,
    count=_count,
)
