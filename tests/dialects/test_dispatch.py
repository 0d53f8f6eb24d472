"""Which dialect answers? By path prefix, by host, at a bare `/v1` by the token's shape, else the declared default."""

import asyncio

import httpx2
import pytest
from litestar import Litestar

from maquette import app
from maquette.app import open_runtime
from maquette.dialects import DEFAULT, INSTALLED
from maquette.settings import Settings
from maquette.wire.application import application
from maquette.wire.dialect import Dialect
from tests.dialects.craftdesk import calls as craftdesk
from tests.dialects.creatopy import calls as creatopy
from tests.office import Office, StillClock, Team

KEYS = {"message": "craftdesk", "data": "craftdesk", "error": "creatopy", "response": "creatopy", "token": "creatopy"}
"""Which dialect an answer is in, by the first key of its body."""


@pytest.fixture
async def team(office: Office) -> Team:
    """A team whose calls are never too many."""
    return await office.team()


@pytest.fixture
async def key(team: Team) -> str:
    """A CraftDesk key's header."""
    return f"Bearer {(await team.key())[1]}"


@pytest.fixture
async def jwt(team: Team) -> str:
    """A Creatopy token's header."""
    return str((await team.creatopy()).headers["authorization"])


@pytest.fixture
def caller(office: Office) -> httpx2.AsyncClient:
    """Somebody without a credential."""
    return office.http()


async def ask(
    caller: httpx2.AsyncClient, path: str, *, host: str | None = None, authorization: str | None = None
) -> tuple[str, int]:
    """Who answers a GET, and with what status."""
    headers = {"Host": host, "Authorization": authorization}
    answer = await caller.get(path, headers={name: value for name, value in headers.items() if value is not None})
    return KEYS[next(iter(answer.json()))], answer.status_code


class TestPrefix:
    async def test_it_wins_over_host_and_token(self, caller: httpx2.AsyncClient, key: str, jwt: str) -> None:
        """`/craftdesk/v1` and `/creatopy/v1` are what they say, at any host, for any token."""
        for name, right in (("craftdesk", key), ("creatopy", jwt)):
            for host in (None, "api.craftdesk.app", "api.creatopy.com", "localhost"):
                for authorization in (key, jwt, "Bearer nonsense", None):
                    expected = (name, 200 if authorization == right else 401)
                    assert expected == await ask(caller, f"/{name}/v1/projects", host=host, authorization=authorization)

    async def test_every_installed_dialect_has_one(self, caller: httpx2.AsyncClient) -> None:
        """Its name."""
        assert {dialect.name for dialect in INSTALLED} == set(KEYS.values())
        for dialect in INSTALLED:
            assert (dialect.name, 401) == await ask(caller, f"/{dialect.name}/v1/projects")

    async def test_only_the_whole_first_part_is_one(self, caller: httpx2.AsyncClient, jwt: str) -> None:
        """Something longer, shorter, in another case, or further on is no dialect's."""
        for path in (
            "/creatopyx/v1/projects",
            "/creat/v1/projects",
            "/Creatopy/v1/projects",
            "/x/creatopy/v1/projects",
        ):
            assert (DEFAULT.name, 404) == await ask(caller, path, authorization=jwt)

    async def test_it_stands_before_addresses_that_are_told(self, caller: httpx2.AsyncClient, key: str) -> None:
        """`Location` leads back the way the call came in, and leads somewhere."""
        headers = {"Authorization": key}
        for base in ("/craftdesk", ""):
            made = await caller.post(f"{base}/v1/projects", json={"name": "Poster"}, headers=headers)
            place = made.headers["location"]
            assert place.startswith(f"{base}/v1/projects/")
            assert craftdesk.data(made, 201) == craftdesk.data(await caller.get(place, headers=headers))


class TestHost:
    @pytest.mark.parametrize(
        ("host", "name"),
        [
            ("api.creatopy.com", "creatopy"),
            ("api.creatopy.com:443", "creatopy"),
            ("API.Creatopy.COM", "creatopy"),
            ("api.creatopy.internal:8443", "creatopy"),
            ("api.craftdesk.app", "craftdesk"),
            ("api.craftdesk.local:8080", "craftdesk"),
            ("API.CRAFTDESK.LOCAL", "craftdesk"),
        ],
    )
    async def test_it_wins_over_the_token(
        self, caller: httpx2.AsyncClient, key: str, jwt: str, host: str, name: str
    ) -> None:
        """At a vendor's host name, under any domain and port, the vendor's dialect answers every token."""
        right = {"craftdesk": key, "creatopy": jwt}[name]
        for authorization in (key, jwt, "Bearer nonsense", None):
            expected = (name, 200 if authorization == right else 401)
            assert expected == await ask(caller, "/v1/projects", host=host, authorization=authorization)

    @pytest.mark.parametrize(
        "host",
        ["creatopy.com", "xapi.creatopy.com", "api.creatopyx.com", "api-creatopy.com", "www.api.creatopy.com", ""],
    )
    async def test_one_that_only_looks_alike_says_nothing(
        self, caller: httpx2.AsyncClient, key: str, jwt: str, host: str
    ) -> None:
        """The token decides then."""
        assert ("craftdesk", 200) == await ask(caller, "/v1/projects", host=host, authorization=key)
        assert ("creatopy", 200) == await ask(caller, "/v1/projects", host=host, authorization=jwt)
        assert (DEFAULT.name, 401) == await ask(caller, "/v1/projects", host=host)

    async def test_it_says_whose_tokens_are_made(self, office: Office, team: Team) -> None:
        """`/v1/auth/token` is there at Creatopy's host, and isn't at CraftDesk's."""
        client, secret = await team.client_pair()
        pair = {"clientId": client.id, "clientSecret": secret}
        answers = {
            host: await office.http().post("/v1/auth/token", json=pair, headers={"Host": host})
            for host in ("api.creatopy.com", "api.craftdesk.app")
        }
        assert ["token"] == list(answers["api.creatopy.com"].json())
        craftdesk.refusal(answers["api.craftdesk.app"], 401)


class TestBareAddress:
    @pytest.mark.parametrize("name", [dialect.name for dialect in INSTALLED])
    async def test_it_leads_to_the_reference(self, caller: httpx2.AsyncClient, name: str) -> None:
        """For whoever types it into a browser, with a slash at its end or at the vendor's host too."""
        for path, host, place in (
            (f"/{name}", None, f"/{name}/docs"),
            (f"/{name}/", None, f"/{name}/docs"),
            ("/", f"api.{name}.com", "/docs"),
        ):
            answer = await caller.get(path, headers={"Host": host} if host else None)
            assert (302, place) == (answer.status_code, answer.headers["location"])

    async def test_the_bare_reference_leads_to_the_page_with_both(self, caller: httpx2.AsyncClient) -> None:
        """No dialect's is preferred."""
        answer = await caller.get("/docs")
        assert (302, "/") == (answer.status_code, answer.headers["location"])

    async def test_only_reading_is_led_there(self, caller: httpx2.AsyncClient) -> None:
        """Anything else is refused, and told what is answered."""
        for path in ("/craftdesk", "/creatopy", "/docs"):
            answer = await caller.post(path)
            assert (405, True) == (answer.status_code, "GET" in answer.headers["allow"])


class TestToken:
    async def test_its_shape_decides_at_a_bare_v1(self, caller: httpx2.AsyncClient, key: str, jwt: str) -> None:
        """Our key prefix is CraftDesk's, three parts with dots between them are Creatopy's, right or wrong."""
        for authorization, expected in (
            (key, ("craftdesk", 200)),
            (key[:-1], ("craftdesk", 401)),
            ("Bearer mq_live_", ("craftdesk", 401)),
            ("Bearer mq_live_a.b.c", ("craftdesk", 401)),
            (jwt, ("creatopy", 200)),
            (jwt[:-1], ("creatopy", 401)),
            ("Bearer a.b.c", ("creatopy", 401)),
            ("bearer ..", ("creatopy", 401)),
        ):
            assert expected == await ask(caller, "/v1/projects", authorization=authorization), authorization

    async def test_another_shape_or_none_is_the_defaults(self, caller: httpx2.AsyncClient) -> None:
        """CraftDesk is declared to answer what nothing tells."""
        assert "craftdesk" == DEFAULT.name
        for authorization in (None, "", "Bearer", "Bearer nonsense", "Bearer a.b", "Bearer a.b.c.d", "Basic YTpi"):
            assert ("craftdesk", 401) == await ask(caller, "/v1/projects", authorization=authorization)

    async def test_the_default_can_be_declared_otherwise(
        self, settings: Settings, clock: StillClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With Creatopy as the default, it answers what nothing tells, and what is no dialect's."""
        (other,) = [dialect for dialect in INSTALLED if dialect.name == "creatopy"]
        monkeypatch.setattr(app, "DEFAULT", other)
        async with open_runtime(settings, clock) as runtime:
            office = Office(runtime, clock)
            team = await office.team()
            caller = office.http()
            assert ("creatopy", 401) == await ask(caller, "/v1/projects")
            assert ("creatopy", 404) == await ask(caller, "/nowhere")
            key = f"Bearer {(await team.key())[1]}"
            assert ("craftdesk", 200) == await ask(caller, "/v1/projects", authorization=key)
            await office.close()

    async def test_one_base_url_serves_both_kinds_of_client(
        self, caller: httpx2.AsyncClient, key: str, jwt: str
    ) -> None:
        """What one makes at `/v1` the other finds at `/v1`, and at its own prefix."""
        body = {"name": "House style"}
        creatopy.success(await caller.post("/v1/brandkits/create", json=body, headers={"Authorization": jwt}))
        for base in ("", "/craftdesk"):
            answer = await caller.get(f"{base}/v1/brand_kits", headers={"Authorization": key})
            assert ["House style"] == [kit["name"] for kit in answer.json()["data"]]


class TestAuthToken:
    async def test_a_bare_v1_has_creatopys(self, office: Office, team: Team, key: str, jwt: str) -> None:
        """`/v1/auth/token` makes tokens, whatever credential a client happens to send along."""
        client, secret = await team.client_pair()
        pair = {"clientId": client.id, "clientSecret": secret}
        for authorization in (None, jwt, key, "Bearer nonsense"):
            headers = {} if authorization is None else {"Authorization": authorization}
            answer = await office.http().post("/v1/auth/token", json=pair, headers=headers)
            assert (200, ["token"]) == (answer.status_code, list(answer.json())), authorization
        wrong = await office.http().post("/v1/auth/token", json={**pair, "clientSecret": "wrong"})
        creatopy.refusal(wrong, 401)

    async def test_the_token_leads_to_creatopy(self, office: Office, team: Team) -> None:
        """A client that knows one base URL gets its token and its projects there."""
        client, secret = await team.client_pair()
        caller = office.http("/v1")
        answer = await caller.post("/auth/token", json={"clientId": client.id, "clientSecret": secret})
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        creatopy.success(await caller.get("/projects", headers=headers))


class TestNobodys:
    async def test_what_is_no_dialects_is_the_front_pages(self, caller: httpx2.AsyncClient, jwt: str) -> None:
        """Outside of `/v1` and the prefixes there are the first page, health, and 404 in the default's words."""
        for path in ("/v2/projects", "/v1x/projects", "/projects", "/nowhere"):
            assert (DEFAULT.name, 404) == await ask(caller, path, authorization=jwt), path
        for host in ("localhost", "api.creatopy.com", "api.craftdesk.app"):
            answer = await caller.get("/healthz", headers={"Host": host})
            assert (200, "ok") == (answer.status_code, answer.json()["status"])
        assert (await caller.get("/")).headers["content-type"].startswith("text/html")


async def test_the_framework_is_made_when_it_is_needed(
    settings: Settings, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No route needs it; a method that a path doesn't have does, and then the one of that dialect is made once."""
    made: list[str] = []

    def noted(dialect: Dialect) -> Litestar:
        made.append(dialect.name)
        return application(dialect)

    monkeypatch.setattr(app, "application", noted)
    async with open_runtime(settings, clock) as runtime:
        office = Office(runtime, clock)
        caller = await (await office.team()).craftdesk()
        assert 200 == (await caller.get("/projects")).status_code
        assert [] == made
        refused = await asyncio.gather(*(caller.put("/projects") for _ in range(5)))
        assert ([405] * 5, ["craftdesk"]) == ([answer.status_code for answer in refused], made)
        await office.close()
