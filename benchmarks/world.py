"""What does a contender hold before the first round, and with which keys is it asked? Alike for all.

`seed` and `reference.seed` each fill one in its own way; `survey` learns the ids over HTTP, in one way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .client import Client

LISTED_PROJECTS = 1_000
MIXED_WORKSPACES = 100
MIXED_PROJECTS = 40

_KINDS = ("Launch", "Redesign", "Campaign", "Newsletter", "Brochure", "Landing page", "Pitch deck", "Poster")
_CLIENTS = ("Northwind", "Café Zürich", "Blue Harbour", "Orchard & Sons", "Lumen", "東京 Studio", "Fjord")


@dataclass(frozen=True)
class Credentials:
    """What a workspace is entered with; the mixed ones speak CraftDesk alone, and have no client."""

    key: str
    client_id: str = ""
    client_secret: str = ""


@dataclass(frozen=True)
class Tenant:
    """A workspace as a client sees it: CraftDesk's `ids` and Creatopy's `serials` of the same projects."""

    key: str
    token: str = ""
    ids: tuple[str, ...] = ()
    serials: tuple[int, ...] = ()
    brand_kit: int = 0


@dataclass(frozen=True)
class World:
    """`listed` is only read and `created` only added to, so that no measurement changes another."""

    listed: Tenant
    created: Tenant
    mixed: tuple[Tenant, ...]


def projects(count: int) -> Iterator[tuple[str, str | None]]:
    """Names and descriptions to seed; a third of them has no description, as in life."""
    for number in range(count):
        kind, customer = _KINDS[number % len(_KINDS)], _CLIENTS[number % len(_CLIENTS)]
        text = f"{kind} for {customer}: first draft, two rounds of review, final files by the month's end."
        yield f"{customer} {kind.lower()} {number:04}", text if number % 3 else None


def survey(client: Client, listed: Credentials, created: Credentials, mixed: list[Credentials]) -> World:
    return World(
        listed=_tenant(client, listed, expected=LISTED_PROJECTS),
        created=_tenant(client, created, expected=1),
        mixed=tuple(_tenant(client, each, expected=MIXED_PROJECTS) for each in mixed),
    )


def _tenant(client: Client, credentials: Credentials, *, expected: int) -> Tenant:
    ids = tuple(each["id"] for each in _walk_pages(client, credentials.key))
    if len(ids) != expected:
        raise RuntimeError(f"{client.name} lists {len(ids)} seeded projects, not {expected}")
    if not credentials.client_id:
        return Tenant(credentials.key, ids=ids)
    token = _token(client, credentials)
    nodes = list(_walk_cursors(client, token))
    kits = [node["brandKit"]["id"] for node in nodes if node["brandKit"]]
    return Tenant(credentials.key, token, ids, tuple(node["id"] for node in nodes), kits[0])


def _walk_pages(client: Client, key: str) -> Iterator[Any]:
    page, last = 1, 1
    while page <= last:
        path = f"/craftdesk/v1/projects?page={page}&per_page=100"
        answer = client.get(path, {"Authorization": f"Bearer {key}"}).expect(200).json()
        yield from answer["data"]
        page, last = page + 1, answer["meta"]["pagination"]["last_page"]


def _walk_cursors(client: Client, token: str) -> Iterator[Any]:
    cursor, more = "", True
    while more:
        path = f"/creatopy/v1/projects?limit=100&cursor={cursor}"
        answer = client.get(path, {"Authorization": f"Bearer {token}"}).expect(200).json()["response"]
        yield from answer["nodes"]
        more = answer["pageInfo"]["hasNextPage"]
        cursor = answer["pageInfo"]["endCursor"].replace("=", "%3D").replace("+", "%2B")


def _token(client: Client, credentials: Credentials) -> str:
    sent = {"clientId": credentials.client_id, "clientSecret": credentials.client_secret}
    token: str = client.post("/creatopy/v1/auth/token", sent, {}).expect(200).json()["token"]
    return token
