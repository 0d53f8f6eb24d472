"""Does one workspace ever see another? Every place for an id in every operation, asked with the other tenant's ids.

The places are read from the OpenAPI documents. The answer has to be, byte for byte, that for an id which isn't there.
"""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from maquette.model.actor import Role
from maquette.model.records import User
from maquette.store.database import Transaction
from tests.described import Operation, operations
from tests.office import LOGO, RECEIVER, Office, Team

REFERENCE = re.compile(r"ref|user|asset|delivery|actor|email|ids|cursor|slug|created_by|\w*_id|\w*Id")
VALUES = {("body", "slug"), ("body", "roleId")}
"""Fields that look like references and are the caller's own choice."""

NOBODYS_UUID, NOBODYS_SLUG, NOBODYS_SERIAL = "00000000-0000-7000-8000-000000000000", "nobodys", 2**40
TABLES = (
    "plans", "users", "workspaces", "members", "invitations", "brand_kits", "projects", "assignments", "events",
    "brand_colors", "brand_assets", "webhooks", "webhook_events", "deliveries",
    "(SELECT serial, name, scope, grants, expires_at, revoked_at, replaced_by FROM credentials) AS credentials",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where an operation takes an id: in its path, its query, its body or its form."""

    operation: Operation
    where: str
    name: str

    def __str__(self) -> str:
        return f"{self.operation} {self.where} {self.name}"


def places() -> list[Place]:
    """Every place of every operation."""
    found = []
    for operation in operations():
        named = [(each["in"], each["name"]) for each in operation.parameters if each["in"] != "header"]
        named += [("body", name) for name in operation.body.get("properties", {}) if not is_invitation(operation)]
        named += [("form", name) for name in operation.form.get("properties", {})]
        found += [Place(operation, *each) for each in named if REFERENCE.fullmatch(each[1]) and each not in VALUES]
    return found


def is_invitation(operation: Operation) -> bool:
    """Whom one invites is one's own choice; that nothing of others shows in the answer is shown below."""
    return operation.method == "POST" and operation.path in ("/v1/members", "/v1/users")


@dataclass
class Tenant:
    """A team with a project on a kit, a spare kit with a file, a webhook, members on the project and not, all ids."""

    team: Team
    project: dict[str, Any]
    kit: dict[str, Any]
    spare: dict[str, Any]
    client_id: str
    client_secret: str
    key_id: str
    assigned: User
    unassigned: User
    project_serial: int
    kit_serial: int
    spare_serial: int
    asset_id: str
    asset_serial: int
    webhook_id: str
    webhook_serial: int
    delivery_id: str
    delivery_serial: int

    @classmethod
    async def created(cls, office: Office, name: str) -> "Tenant":
        """A new one."""
        team = await office.team(name=f"Team {name}")
        craftdesk, creatopy = await team.craftdesk(), await team.creatopy()
        kit, spare = [(await craftdesk.post("/brand_kits", json={"name": name})).json()["data"] for _ in range(2)]
        body = {"name": f"Of {name}", "brand_kit_id": kit["id"], "visibility": "team"}
        project = (await craftdesk.post("/projects", json=body)).json()["data"]
        client, secret = await team.client_pair()
        key, _ = await team.key()
        assigned, unassigned = await team.member(), await team.member()
        await team.assign(assigned, project["id"])
        (node,) = (await creatopy.get("/projects")).json()["response"]["nodes"]
        newest = (await creatopy.get("/brandkits")).json()["response"]["nodes"][0]["id"]
        asset = await team.logo(spare["id"])
        (file,) = (await creatopy.get(f"/brandkits/assets?brandkitId={newest}")).json()["response"]["nodes"]
        webhook = await team.webhook()
        delivery = await team.trial(webhook["id"])
        (hook,) = (await creatopy.get("/webhooks")).json()["response"]
        sent = (await creatopy.get(f"/webhooks/deliveries?webhookId={hook['id']}")).json()["response"]
        return cls(
            team, project, kit, spare, client.id, secret, key.id, assigned, unassigned, node["id"],
            kit_serial=node["brandKit"]["id"], spare_serial=newest, asset_id=asset["id"], asset_serial=file["id"],
            webhook_id=webhook["id"], webhook_serial=hook["id"],
            delivery_id=delivery["id"], delivery_serial=_last(sent["pageInfo"]["endCursor"]),
        )  # fmt: skip

    def ids_for(self, place: Place) -> list[str | int]:
        """All of this tenant's ids that the place could be given."""
        if place.name == "cursor":
            nouns = {
                "/v1/brandkits": self.kit_serial,
                "/v1/brandkits/assets": self.asset_serial,
                "/v1/users": self.team.owner.serial,
                "/v1/webhooks/deliveries": self.delivery_serial,
            }
            return [cursor(nouns.get(place.operation.path, self.project_serial))]
        kits: list[str | int] = [self.kit_serial, self.spare_serial]
        users = [self.assigned, self.unassigned, self.team.owner]
        named: dict[str, list[str | int]] = {
            "projectId": [self.project_serial],
            "assetId": [self.asset_serial],
            "webhookId": [self.webhook_serial],
            "delivery": [self.delivery_id],
            "deliveryId": [self.delivery_id],
            "userId": [user.serial for user in users],
            "email": [self.assigned.email, self.team.owner.email],
            **dict.fromkeys(("brandKitId", "assignedBrandKitId", "brandkitId"), kits),
        }
        if place.name in named:
            return named[place.name]
        uuids = [self.project["id"], self.kit["id"], self.spare["id"], self.client_id, self.key_id, self.asset_id]
        uuids += [self.webhook_id, self.team.workspace.id, *(user.id for user in users)]
        slugs = [self.project["slug"]] if place.name in ("ref", "slug") else []
        return [*slugs, *uuids]

    def own_for(self, place: Place) -> str | int:
        """The one that the place is for."""
        owned: dict[str, str | int] = {
            "brandkitId": self.spare_serial,
            "assignedBrandKitId": self.spare_serial,
            "brand_kit_id": self.kit["id"],
            "created_by": self.team.owner.id,
            "clientId": self.client_id,
            "ids": self.project["id"],
            "slug": self.project["slug"],
            "ref": self._ref(place),
            "user": self.assigned.id,
            "actor": self.team.owner.id,
            "asset": self.asset_id,
            "subject_id": self.project["id"],
            "user_id": self.unassigned.id,
            "userId": self.unassigned.serial if place.operation.method == "POST" else self.assigned.serial,
            "email": self.assigned.email,
        }
        return owned[place.name] if place.name in owned else self.ids_for(place)[0]

    def _ref(self, place: Place) -> str:
        """What the operation is about."""
        nouns = {"projects": self.project["id"], "members": self.assigned.id, "api_keys": self.key_id,
                 "webhooks": self.webhook_id}  # fmt: skip
        return str(nouns.get(place.operation.path.split("/")[2], self.spare["id"]))

    async def caller(self, dialect: str, role: Role) -> httpx2.AsyncClient:
        """A caller with that role."""
        user = self.team.owner if role is Role.OWNER else self.assigned
        return await (self.team.craftdesk(user) if dialect == "craftdesk" else self.team.creatopy(user))

    async def ask(self, caller: httpx2.AsyncClient, place: Place, value: str | int) -> httpx2.Response:
        """The operation with that value at the place, and this tenant's own everywhere else."""
        filled: dict[str, Any] = {
            "ref": self._ref(place),
            "user": self.assigned.id,
            "asset": self.asset_id,
            "assetId": self.asset_serial,
            "delivery": self.delivery_id,
            "webhookId": self.webhook_serial,
            "deliveryId": self.delivery_id,
            "url": RECEIVER,
            "since": "2026-03-10",
            "kind": "image",
            "name": "New",
            "projectId": self.project_serial,
            "brandKitId": self.kit_serial,
            "brandkitId": self.spare_serial,
            "clientId": self.client_id,
            "clientSecret": self.client_secret,
            "user_id": self.unassigned.id,
            "userId": self.unassigned.serial if place.operation.method == "POST" else self.assigned.serial,
            "roleId": 1,
            place.name: value,
        }
        path = place.operation.path.removeprefix("/v1").replace("{ref}", str(filled["ref"]))
        path = path.replace("{user}", str(filled["user"])).replace("{asset}", str(filled["asset"]))
        path = path.replace("{delivery}", str(filled["delivery"]))
        asked = {each["name"] for each in place.operation.parameters if each["in"] == "query" and each["required"]}
        asked |= {place.name} if place.where == "query" else set()
        form = {*place.operation.form.get("required", ())} - {"file"}
        names = {*place.operation.body.get("required", ()), *([place.name] if place.where == "body" else [])}
        return await caller.request(
            place.operation.method,
            path,
            params={name: filled[name] for name in asked},
            data={name: filled[name] for name in form} if form else None,
            files={"file": ("logo.svg", LOGO)} if form else None,
            json={name: filled[name] for name in names} if place.operation.body else None,
        )


def cursor(serial: int) -> str:
    """Continue after the row of that serial."""
    return base64.b64encode(json.dumps({"limit": 10, "lastId": serial}, separators=(",", ":")).encode()).decode()


def _last(cursor: str) -> int:
    """The serial that a cursor continues after."""
    return int(json.loads(base64.b64decode(cursor))["lastId"])


def nobodys(place: Place, like: str | int) -> str | int:
    """An id of the same form that nobody has."""
    if place.name == "cursor":
        return cursor(NOBODYS_SERIAL)
    if isinstance(like, int):
        return NOBODYS_SERIAL
    if "@" in like:
        return "nobody@example.com"
    return NOBODYS_UUID if like.count("-") == 4 else NOBODYS_SLUG


def told(answer: httpx2.Response, value: str | int) -> tuple[int, bytes, dict[str, str]]:
    """The answer, without the call's own id and the repetition of what was asked in its `Link`."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    if "link" in headers:
        headers["link"] = headers["link"].replace(quote(str(value)), "…")
    return answer.status_code, answer.content, headers


async def everything(office: Office) -> dict[str, Any]:
    """All rows of all tenants."""

    async def body(tx: Transaction) -> dict[str, Any]:
        rows = {table: await tx.rows(f"SELECT * FROM {table}") for table in TABLES}
        return {**rows, "credentials": await tx.rows("SELECT id, revoked_at FROM credentials")}  # used they are

    return await office.read(body)


PLACES = places()


def test_every_place_is_known() -> None:
    """A field that could name another's record is either asked here or named as what it is instead."""
    expected = {
        "craftdesk": {"ref", "ids", "slug", "brand_kit_id", "created_by", "user", "user_id", "subject_id", "actor",
            "asset", "delivery",
        },
        "creatopy": {
            "cursor", "clientId", "projectId", "brandKitId", "assignedBrandKitId", "brandkitId", "userId", "email",
            "assetId", "webhookId", "deliveryId",
        },
    }  # fmt: skip
    found: dict[str, set[str]] = {}
    for place in PLACES:
        found.setdefault(place.operation.dialect, set()).add(place.name)
    assert expected == found
    with_ids = {place.operation for place in PLACES}
    without = {str(operation) for operation in operations() if operation not in with_ids}
    assert without == {
        "craftdesk GET /v1/brand_kits",
        "craftdesk POST /v1/brand_kits",
        "craftdesk GET /v1/members",
        "craftdesk POST /v1/members",
        "craftdesk GET /v1/api_keys",
        "craftdesk POST /v1/api_keys",
        "craftdesk GET /v1/webhooks",
        "craftdesk POST /v1/webhooks",
        "craftdesk GET /v1/workspace",
        "craftdesk GET /v1/usage",
        "creatopy POST /v1/brandkits/create",
        "creatopy POST /v1/users",
        "creatopy GET /v1/teamRoles",
        "creatopy GET /v1/webhooks",
        "creatopy POST /v1/webhooks",
        "creatopy GET /v1/webhookActions",
    }


@pytest.mark.parametrize("role", [Role.OWNER, Role.MEMBER])
@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_anothers_id_is_answered_as_one_that_is_not_there(office: Office, place: Place, role: Role) -> None:
    """Same status, same bytes, same headers, and no row of either tenant is any different afterwards."""
    ours, theirs = await Tenant.created(office, "ours"), await Tenant.created(office, "theirs")
    caller = await ours.caller(place.operation.dialect, role)
    before = await everything(office)
    for foreign in theirs.ids_for(place):
        unknown = nobodys(place, foreign)
        expected = told(await ours.ask(caller, place, unknown), unknown)
        assert expected == told(await ours.ask(caller, place, foreign), foreign)
    assert before == await everything(office)


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_ones_own_id_is_answered_otherwise(office: Office, place: Place) -> None:
    """Each place decides something: an owner's own id there gets another answer than one that isn't there."""
    ours = await Tenant.created(office, "ours")
    caller, own = await ours.caller(place.operation.dialect, Role.OWNER), ours.own_for(place)
    unknown = await ours.ask(caller, place, nobodys(place, own))
    assert unknown.content != (await ours.ask(caller, place, own)).content


@pytest.mark.parametrize("dialect", ["craftdesk", "creatopy"])
async def test_a_page_kept_for_one_is_not_sent_to_another(office: Office, dialect: str) -> None:
    """The same address shows each workspace its own, and the tag of one's page is not fresh for the other."""
    ours, theirs = [await Tenant.created(office, name) for name in ("ours", "theirs")]
    callers = [await each.caller(dialect, Role.OWNER) for each in (theirs, ours)]
    their_page, our_page = [await caller.get("/projects") for caller in callers]
    assert b"Of theirs" in their_page.content
    assert b"Of theirs" not in our_page.content
    asked_again = await callers[1].get("/projects", headers={"If-None-Match": their_page.headers["etag"]})
    assert (200, our_page.content) == (asked_again.status_code, asked_again.content)


@pytest.mark.parametrize("dialect", ["craftdesk", "creatopy"])
async def test_an_idempotency_key_is_ones_own(office: Office, dialect: str) -> None:
    """Two workspaces with the same key, path and body make a kit each; nobody's answer is replayed to the other."""
    path = "/brand_kits" if dialect == "craftdesk" else "/brandkits/create"
    answers = []
    for name in ("ours", "theirs"):
        caller = await (await Tenant.created(office, name)).caller(dialect, Role.OWNER)
        answers.append(await caller.post(path, json={"name": "Kit"}, headers={"Idempotency-Key": "same"}))
    assert all(answer.is_success for answer in answers)
    assert answers[0].content != answers[1].content
    assert not any("idempotency-replayed" in answer.headers for answer in answers)


async def test_anothers_slug_is_free_here(office: Office) -> None:
    """A slug is unique in its own workspace alone, whether it is made from the name or given."""
    ours, theirs = [await Tenant.created(office, name) for name in ("ours", "theirs")]
    caller = await ours.caller("craftdesk", Role.OWNER)
    slug = theirs.project["slug"]
    given = await caller.post("/projects", json={"name": "New", "slug": slug})
    assert (201, slug) == (given.status_code, given.json()["data"]["slug"])
    made = await caller.post("/projects", json={"name": theirs.project["name"]})
    assert (201, f"{slug}-2") == (made.status_code, made.json()["data"]["slug"])


async def test_an_invitation_shows_nothing_of_what_others_know(office: Office) -> None:
    """Somebody who is known elsewhere, by another name, is answered as a stranger is."""
    ours, theirs = [await Tenant.created(office, name) for name in ("ours", "theirs")]
    elsewhere = await theirs.caller("craftdesk", Role.OWNER)
    body = {"email": "ada@example.com", "role": "admin", "name": "Their Ada"}
    assert (await elsewhere.post("/members", json=body)).status_code == 201
    here = await ours.caller("craftdesk", Role.OWNER)
    answers = [await here.post("/members", json={"email": f"{name}@example.com", "role": "member"}) for name in
               ("ada", "eva")]  # fmt: skip
    shown = [{**answer.json()["data"], "id": "", "email": ""} for answer in answers]
    assert [201, 201] == [answer.status_code for answer in answers]
    assert {**shown[1], "name": "ada"} == shown[0]


async def test_a_key_is_not_narrowed_to_anothers_project(office: Office) -> None:
    """A project of another workspace in a key's grants is answered as one that is not there, and no key is made."""
    ours, theirs = [await Tenant.created(office, name) for name in ("ours", "theirs")]
    caller = await ours.caller("craftdesk", Role.OWNER)

    async def asked(id: str) -> httpx2.Response:
        grants = {"projects": {"access": "read", "ids": [ours.project["id"], id]}}
        return await caller.post("/api_keys", json={"name": "Narrow", "scope": "custom", "grants": grants})

    before = await everything(office)
    unknown, foreign = await asked(NOBODYS_UUID), await asked(theirs.project["id"])
    assert 400 == unknown.status_code
    assert told(unknown, NOBODYS_UUID) == told(foreign, NOBODYS_UUID)
    assert before == await everything(office)
