"""Do the OpenAPI documents tell the truth? Valid, whole, and every status provoked once and compared with its words."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from maquette.dialects import INSTALLED
from maquette.model.actor import Role
from maquette.model.errors import Unavailable
from maquette.model.webhooks import EVENT_TYPES
from maquette.store import workspaces
from maquette.wire import reference
from maquette.wire.application import application
from maquette.wire.bodies import MAX_BODY_BYTES, MAX_FORM_BYTES
from maquette.wire.documentation import PATHS
from maquette.wire.reference import inlined
from maquette.wire.schemas import sample_of
from tests.described import Node, Operation, document, operations, referred
from tests.office import LOGO, RECEIVER, Office, Team

DIALECTS = [dialect.name for dialect in INSTALLED]
LEAVES_ALL_AS_IT_IS = {"401", "403", "404"}
DONE_ONCE = ("/members", "/transfer_ownership", "/rotate")
"""What these do can't be done again, or is answered otherwise then."""

SERIALS = ("projectId", "brandKitId", "brandkitId", "userId", "assetId", "webhookId")
UNKNOWN = {"ref": "00000000-0000-7000-8000-000000000000", "serial": 2**40}


def nodes(node: Any) -> Iterator[Node]:
    """Every object of a document, the outer ones first."""
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(part)


@pytest.mark.parametrize("dialect", DIALECTS)
class TestDocument:
    def test_it_is_openapi_3_1(self, dialect: str) -> None:
        """The document passes the specification's own schema."""
        assert [] == [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document(dialect))]

    def test_every_shape_is_a_json_schema(self, dialect: str) -> None:
        """Each schema passes the meta-schema of JSON Schema 2020-12."""
        for name, schema in document(dialect)["components"]["schemas"].items():
            assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), (
                name
            )

    def test_every_reference_leads_somewhere(self, dialect: str) -> None:
        """Each `$ref` resolves, and each component is referred to."""
        references = {node["$ref"] for node in nodes(document(dialect)) if "$ref" in node}
        assert all(referred(dialect, reference) for reference in references)
        kept = {
            f"#/components/{kind}/{name}" for kind in ("schemas",) for name in document(dialect)["components"][kind]
        }
        assert set() == kept - references

    def test_every_route_is_there(self, dialect: str) -> None:
        """What the application routes and what the document describes are the same."""
        spoken = next(each for each in INSTALLED if each.name == dialect)
        routed = {
            (method, route.path.replace(":str", ""))
            for route in application(spoken).routes
            for method in getattr(route, "methods", ())
            if method != "OPTIONS" and route.path not in PATHS
        }
        assert routed == {(each.method, each.path) for each in operations() if each.dialect == dialect}

    @pytest.mark.parametrize("field", ["url", "thumbnail"])
    def test_a_files_addresses_are_told_apart(self, dialect: str, field: str) -> None:
        """Each one's example leads where the field does."""
        (shape,) = [each for name, each in document(dialect)["components"]["schemas"].items() if name == "AssetOut"]
        (found,) = [each for name, each in shape["properties"].items() if name.lower().startswith(field)]
        described = referred(dialect, found) if "$ref" in found else found
        assert ({"url": "content", "thumbnail": "thumbnail"}[field] in described["examples"][0], 1) == (
            True,
            len(described["examples"]),
        )

    def test_names_are_said_once(self, dialect: str) -> None:
        """No two operations share an id, and each one's tag is declared with a description."""
        described = [each.described for each in operations() if each.dialect == dialect]
        assert len(described) == len({each["operationId"] for each in described})
        tags = {tag["name"]: tag["description"] for tag in document(dialect)["tags"]}
        assert list(tags) == list(dict.fromkeys(tag for each in described for tag in each["tags"]))
        assert all(tags.values())

    def test_every_example_fits(self, dialect: str) -> None:
        """Each example is a value that its own schema allows."""
        for node in nodes(document(dialect)):
            for example in node.get("examples", ()):
                schema = {**node, "components": document(dialect)["components"]}
                assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(example), node

    def test_every_message_is_described(self, dialect: str) -> None:
        """What a webhook there can ask for, and a test's."""
        told = document(dialect)["webhooks"]
        assert len(EVENT_TYPES) + 1 == len(told)
        assert all(item["post"]["requestBody"]["content"]["application/json"]["schema"] for item in told.values())

    async def test_it_is_served_with_the_address_it_is_read_at(self, office: Office, dialect: str) -> None:
        """`openapi.json` needs no credential and names the base path it was asked for at."""
        answer = await office.http(f"/{dialect}").get("/openapi.json")
        assert document(dialect) == answer.json()
        at_its_host = await office.http(headers={"host": f"api.{dialect}.test"}).get("/openapi.json")
        assert {**document(dialect), "servers": [{"url": "/"}]} == at_its_host.json()

    async def test_its_page_begins_as_html_does(self, office: Office, dialect: str) -> None:
        """With its document type, and one charset."""
        page = await office.http(f"/{dialect}").get("/docs")
        assert "text/html; charset=utf-8" == page.headers["content-type"]
        assert page.text.startswith("<!doctype html>\n<html")

    async def test_its_page_has_the_address_of_its_reader(self, office: Office, dialect: str) -> None:
        """In commands that can be pasted; of an odd host, which could be anything, it says nothing."""
        for host, origin in [("a.test", "http://a.test"), ("[::1]:8080", "http://[::1]:8080"), ("a_b.test", "")]:
            page = await office.http(f"/{dialect}", headers={"host": host}).get("/docs")
            commands = re.findall(r"curl -X GET \\\n  &#39;(.+?)/v1/", page.text)
            assert {f"{origin}/{dialect}"} == set(commands)
            assert "[anywhere]" not in page.text

    async def test_its_page_is_written_once(
        self, office: Office, dialect: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """For all who ask at once, by whatever name they call the server: writing it takes longer than most calls."""
        written: list[str] = []

        def slowly(document: Any, **addresses: str) -> str:
            written.append(addresses["base_url"])
            time.sleep(0.1)
            return addresses["base_url"]

        monkeypatch.setattr(reference, "render_reference", slowly)
        application.cache_clear()
        hosts = [f"{number}.test" for number in range(5)]
        readers = [office.http(f"/{dialect}", headers={"host": host}) for host in hosts]
        pages = await asyncio.gather(*(reader.get("/docs") for reader in readers))
        application.cache_clear()
        assert [f"http://{host}/{dialect}" for host in hosts] == [page.text for page in pages]
        assert 1 == len(written)


@pytest.mark.parametrize("operation", operations(), ids=str)
class TestOperation:
    def test_it_is_explained(self, operation: Operation) -> None:
        """It has a summary and a description, and so has each parameter; each field says something of its values."""
        described = operation.described
        assert described["summary"]
        assert described["description"]
        assert all(parameter["description"] for parameter in operation.parameters)
        for name, field in {**operation.body, **operation.form}.get("properties", {}).items():
            assert {"description", "examples", "$ref", "maxLength"} & set(field), name

    def test_its_parameters_are_those_of_its_path(self, operation: Operation) -> None:
        """Each part of the path in braces is a required parameter."""
        placed = [f"{{{each['name']}}}" for each in operation.parameters if each["in"] == "path" and each["required"]]
        assert placed == [step for step in operation.path.split("/") if step.startswith("{")]

    def test_it_says_whether_it_needs_a_credential(self, operation: Operation) -> None:
        """All but the call that gives out tokens need one."""
        is_open = operation.described.get("security") == []
        assert is_open == (operation.path == "/v1/auth/token")
        assert document(operation.dialect)["security"] == [{"token": []}]

    def test_a_refused_method_is_not_its_business(self, operation: Operation) -> None:
        """405 belongs to paths, and is told once for all in the document's opening."""
        assert "405" not in operation.described["responses"]
        assert "405" in document(operation.dialect)["info"]["description"]


def refusals_of(operation: Operation) -> Iterable[int]:
    """The statuses of all refusals that its dialect knows, but for those of paths."""
    refusals = next(each.refusals for each in INSTALLED if each.name == operation.dialect)
    return [status for status in refusals if status != 405]


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: Node | None
    headers: dict[str, str]
    query: str = ""
    form: Node | None = None

    async def by(self, caller: httpx2.AsyncClient) -> httpx2.Response:
        """The answer it gets."""
        files = None if self.form is None else {"file": ("logo.svg", LOGO)}
        return await caller.request(
            self.method, self.path + self.query, json=self.body, data=self.form, files=files, headers=self.headers
        )


class Scene:
    """A team with something of everything, and the ways to be refused by one operation."""

    def __init__(self, office: Office, team: Team, operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office = office
        self.team = team
        self.operation = operation
        self._monkeypatch = monkeypatch

    @classmethod
    async def of(
        cls, office: Office, operation: Operation, monkeypatch: pytest.MonkeyPatch, plan: str = "unlimited"
    ) -> "Scene":
        """A team of its own for the operation."""
        scene = cls(office, await office.team(plan=plan), operation, monkeypatch)
        await scene._furnish()
        return scene

    async def _furnish(self) -> None:
        craftdesk = await self.team.craftdesk()
        kit, spare = [(await craftdesk.post("/brand_kits", json={"name": name})).json()["data"] for name in "KL"]
        body = {"name": "Full", "description": "Δ", "color": "#abc", "brand_kit_id": kit["id"]}
        project = (await craftdesk.post("/projects", json=body)).json()["data"]
        bare = (await craftdesk.post("/projects", json={"name": "Bare"})).json()["data"]
        await craftdesk.post(f"/projects/{bare['id']}/archive")
        creatopy = await self.team.creatopy()
        kits = (await creatopy.get("/brandkits")).json()["response"]["nodes"]
        nodes = (await creatopy.get("/projects")).json()["response"]["nodes"]
        pair, secret = await self.team.client_pair()
        key, _ = await self.team.key()
        ann, bob = await self.team.member(), await self.team.member()
        await self.team.assign(ann, project["id"])
        asset, file = "", 0
        if "assets" in self.operation.path:  # a file takes longer than all the rest
            asset = (await self.team.logo(spare["id"]))["id"]
            found = await creatopy.get(f"/brandkits/assets?brandkitId={kits[0]['id']}")
            file = found.json()["response"]["nodes"][0]["id"]
        hook = await self.team.webhook()
        delivery = await self.team.trial(hook["id"])
        hooks = (await creatopy.get("/webhooks")).json()["response"]
        self.caller = craftdesk if self.operation.dialect == "craftdesk" else creatopy
        self.refs = {"projects": project["id"], "brand_kits": spare["id"], "members": ann.id, "api_keys": key.id}
        self.refs["webhooks"] = hook["id"]
        self.parts = {"{user}": ann.id, "{asset}": asset, "{delivery}": delivery["id"]}
        is_new = self.operation.method == "POST"
        self.fields: Node = {
            "name": "New",
            "projectId": nodes[0]["id"],
            "brandKitId": kits[1]["id"],
            "brandkitId": kits[0]["id"],
            "clientId": pair.id,
            "clientSecret": secret,
            "email": f"new{ann.serial}@example.com" if is_new else ann.email,
            "role": "admin",
            "scope": "full",
            "user_id": bob.id,
            "userId": bob.serial if is_new else ann.serial,
            "roleId": 1,
            "overlap_seconds": 60,
            "assetId": file,
            "kind": "image",
            "url": RECEIVER,
            "events": ["*"],
            "actions": [1, 2],
            "since": "2026-03-10",
            "webhookId": hooks[0]["id"],
            "deliveryId": delivery["id"],
        }

    def asked(self, **changed: Any) -> Asked:
        """A request that succeeds, but for what is changed of its fields or path."""
        noun = self.operation.path.split("/")[2]
        path = self.operation.path.removeprefix("/v1").replace("{ref}", changed.pop("ref", self.refs.get(noun)) or "")
        for part, id in self.parts.items():
            path = path.replace(part, id)
        required, known = self.operation.body.get("required", ()), self.operation.body.get("properties", {})
        names = required or [name for name in known if name in self.fields][:1]
        body = {name: {**self.fields, **changed}[name] for name in names} if self.operation.body else None
        form = {
            name: {**self.fields, **changed}[name] for name in self.operation.form.get("required", ()) if name != "file"
        }
        needed = {each["name"] for each in self.operation.parameters if each["in"] == "query" and each["required"]}
        query = "&".join(f"{name}={({**self.fields, **changed})[name]}" for name in sorted(needed))
        return Asked(self.operation.method, path, body, {}, f"?{query}", form or None)

    async def success(self) -> httpx2.Response:
        """Do as described."""
        return await self.asked().by(self.caller)

    async def status_200(self) -> httpx2.Response:
        """Do it again, where the first time makes something."""
        first = await self.success()
        return await self.success() if first.status_code == 201 else first

    async def status_201(self) -> httpx2.Response:
        """Do it, where that makes something; where it can be done only once, this is the time."""
        return await self.success()

    async def status_304(self) -> httpx2.Response:
        """Name the version that it still is."""
        tag = (await self.status_200()).headers.get("etag", "*")
        return await replace(self.asked(), headers={"If-None-Match": tag}).by(self.caller)

    async def status_400(self) -> httpx2.Response:
        """Send a broken query."""
        asked = self.asked()
        return await replace(asked, query=asked.query + "&a=%zz").by(self.caller)

    async def status_401(self) -> httpx2.Response:
        """Send no credential; where none is needed, a wrong one."""
        return await self.asked(clientSecret="wrong").by(self.office.http(f"/{self.operation.dialect}/v1"))

    async def status_403(self) -> httpx2.Response:
        """Call from a foreign web page."""
        return await replace(self.asked(), headers={"Origin": "https://elsewhere.example"}).by(self.caller)

    async def status_404(self) -> httpx2.Response:
        """Name what isn't there."""
        serials = dict.fromkeys(SERIALS, UNKNOWN["serial"])
        return await self.asked(ref=UNKNOWN["ref"], email="nobody@example.com", **serials).by(self.caller)

    async def status_409(self) -> httpx2.Response:
        """Come while the first call with the key is still running."""
        await self.status_200()  # leases what it spends of the month, which takes a lock too

        async def held(*_: Any) -> Any:
            raise Unavailable

        with self._monkeypatch.context() as patch:
            patch.setattr(workspaces, "lock", held)
            return await replace(self.asked(), headers={"Idempotency-Key": "once"}, query="?again").by(self.caller)

    async def status_410(self) -> httpx2.Response:
        """Be a member who doesn't see the project."""
        member = await self.team.member(Role.MEMBER)
        return await self.asked().by(await getattr(self.team, self.operation.dialect)(member))

    async def status_412(self) -> httpx2.Response:
        """Expect another version."""
        return await replace(self.asked(), headers={"If-Match": '"another"'}).by(self.caller)

    async def status_413(self) -> httpx2.Response:
        """Send too much."""
        limit = MAX_FORM_BYTES if self.operation.form else MAX_BODY_BYTES
        return await self.caller.request(self.operation.method, self.asked().path, content=b" " * (limit + 1))

    async def status_415(self) -> httpx2.Response:
        """Send a text."""
        headers = {"Content-Type": "text/plain"}
        return await self.caller.request(self.operation.method, self.asked().path, content=b"{}", headers=headers)

    async def status_422(self) -> httpx2.Response:
        """Use a key again with another body."""
        if self.operation.form:
            asked = replace(self.asked(), headers={"Idempotency-Key": "once"})
            await asked.by(self.caller)
            return await replace(asked, form={**(asked.form or {}), "kind": "logo"}).by(self.caller)
        asked = replace(self.asked(), headers={"Idempotency-Key": "once", "Content-Type": "application/json"})
        first = await asked.by(self.caller)
        other = (first.request.content or b"{}") + b" "
        return await self.caller.request(asked.method, asked.path, content=other, headers=asked.headers)

    async def status_429(self) -> httpx2.Response:
        """Have nothing left."""
        await self.team.on_plan(await self.office.plan(month=0, burst=0))
        for _ in range(20 if self.operation.path == "/v1/auth/token" else 0):
            await self.status_401()
        return await self.asked().by(self.caller)

    async def status_500(self) -> httpx2.Response:
        """Meet an error of ours."""
        return await self._with_store_raising(ZeroDivisionError())

    async def status_503(self) -> httpx2.Response:
        """Meet a store that can't."""
        return await self._with_store_raising(Unavailable())

    async def _with_store_raising(self, error: Exception) -> httpx2.Response:
        """Only for this very task: the housekeeping beside it goes on."""
        await self.status_200()  # what a first call needs of the store, it has
        here, database = asyncio.current_task(), self.office.database

        def failing(work: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
            async def failed(body: Any) -> Any:
                if asyncio.current_task() is here:
                    raise error
                return await work(body)

            return failed

        with self._monkeypatch.context() as patch:
            patch.setattr(database, "read", failing(database.read))
            patch.setattr(database, "write", failing(database.write))
            asked = self.asked()
            return await replace(asked, query=asked.query + "&another=page").by(self.caller)


@pytest.mark.parametrize("operation", [each for each in operations() if each.body], ids=str)
async def test_a_body_to_paste_is_accepted(
    office: Office, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the reference page shows to send is carried out, once what it requires to be there is what is there."""
    scene = await Scene.of(office, operation, monkeypatch)
    media = operation.described["requestBody"]["content"]["application/json"]
    shown = media.get("example") or sample_of(inlined(operation.body, document(operation.dialect)))
    there = (*SERIALS, "user_id", "deliveryId", "clientId", "clientSecret", "url", "since")
    body = {name: scene.fields[name] if name in there else value for name, value in shown.items()}
    body |= {"email": scene.fields["email"]} if operation.method == "DELETE" and "email" in body else {}
    answer = await replace(scene.asked(), body=body).by(scene.caller)
    assert answer.status_code < 300, (body, answer.text)


@pytest.mark.parametrize("operation", operations(), ids=str)
class TestAnswers:
    async def test_the_statuses_that_can_be_met_are_those_described(
        self, office: Office, operation: Operation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever is tried, each answer is as its status is described, and each described status can be met."""
        tried = sorted(
            {"200", "201", "304", *map(str, refusals_of(operation))}, key=lambda status: (status == "429", status)
        )
        met, problems = set(), {}
        is_done_once = operation.method == "DELETE" or operation.path.endswith(DONE_ONCE)
        scene = await Scene.of(office, operation, monkeypatch)
        for status in tried:
            if is_done_once and status not in LEAVES_ALL_AS_IT_IS:
                scene = await Scene.of(office, operation, monkeypatch)
            answer = await getattr(scene, f"status_{status}")()
            met.add(str(answer.status_code))
            problems[status] = operation.problems_of(answer)
        assert {status: [] for status in problems} == problems
        assert set(operation.described["responses"]) == met

    async def test_a_repeated_change_is_answered_as_described(
        self, office: Office, operation: Operation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the description takes an `Idempotency-Key`, the second answer says that it is the first one's."""
        scene = await Scene.of(office, operation, monkeypatch)
        asked = replace(scene.asked(), headers={"Idempotency-Key": "once"})
        answers = [await asked.by(scene.caller) for _ in range(2)]
        assert [[], []] == [operation.problems_of(answer) for answer in answers]
        takes_one = "Idempotency-Key" in {parameter["name"] for parameter in operation.parameters}
        assert [False, takes_one] == ["idempotency-replayed" in answer.headers for answer in answers]

    async def test_with_a_quota_every_answer_tells_what_is_left(
        self, office: Office, operation: Operation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On a plan with limits, the success has all the quota headers that are described, in the described form."""
        scene = await Scene.of(office, operation, monkeypatch, plan="business")
        answer = await scene.status_200()
        assert [] == operation.problems_of(answer)
        success = operation.described["responses"][str(answer.status_code)].get("headers", {})
        missing = {name for name in success if name.lower() not in answer.headers}
        assert missing <= {"Idempotency-Replayed"}
