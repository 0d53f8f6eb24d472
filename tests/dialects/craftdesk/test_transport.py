"""Over what may a call come in? HTTPS, or plain HTTP from the same machine; from a web page only where allowed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from maquette.app import open_runtime
from maquette.settings import Settings
from tests.dialects.craftdesk.calls import fields, listed
from tests.office import Office, StillClock, Team

ELSEWHERE = ("203.0.113.7", 50_000)
APP = "https://app.example.com"


@pytest.fixture
async def public_office(settings: Settings, clock: StillClock) -> AsyncIterator[Office]:
    """A runtime behind a proxy, that the pages of one web application may call."""
    behind = replace(settings, trusted_proxies=(ip_network("10.0.0.0/8"),), allowed_origins=frozenset({APP}))
    async with open_runtime(behind, clock) as runtime:
        made = Office(runtime, clock)
        yield made
        await made.close()


class TestHttps:
    async def test_plain_http_from_elsewhere_is_refused(self, office: Office, team: Team) -> None:
        """403 in the envelope, never a redirect that would have shown the key twice."""
        _, key = await team.key()
        for token in (key, None):
            answer = await office.http("/craftdesk/v1", token, client=ELSEWHERE).get("/projects")
            assert ["transport"] == fields(answer, 403)
            assert "location" not in answer.headers

    async def test_https_and_loopback_are_welcome(self, office: Office, team: Team) -> None:
        """A developer's own machine needs no certificate, on IPv6 neither."""
        _, key = await team.key()
        await listed(office.http("/v1", key, client=ELSEWHERE, origin="https://api.craftdesk.app"))
        for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
            await listed(office.http("/craftdesk/v1", key, client=(address, 50_000)))

    async def test_a_header_alone_makes_no_https(self, office: Office, team: Team) -> None:
        """`X-Forwarded-Proto` of a stranger isn't believed."""
        _, key = await team.key()
        caller = office.http("/craftdesk/v1", key, client=ELSEWHERE, headers={"X-Forwarded-Proto": "https"})
        assert ["transport"] == fields(await caller.get("/projects"), 403)

    async def test_a_trusted_proxy_speaks_for_its_callers(self, public_office: Office) -> None:
        """What it received over HTTPS is served, what it received in the clear is refused."""
        _, key = await (await public_office.team()).key()
        for proto, status in (("https", 200), ("http", 403)):
            headers = {"X-Forwarded-Proto": proto, "X-Forwarded-For": "203.0.113.7"}
            caller = public_office.http("/craftdesk/v1", key, client=("10.1.2.3", 1), headers=headers)
            assert status == (await caller.get("/projects")).status_code, proto


class TestOrigin:
    async def test_pages_of_other_origins_are_refused(self, office: Office, team: Team) -> None:
        """403 unless the operator lists them, with a key and without, preflights too."""
        _, key = await team.key()
        for origin in (APP, "null", "http://127.0.0.1:9", "https://127.0.0.1:8080.example.com"):
            for token in (key, None):
                caller = office.http("/craftdesk/v1", token, headers={"Origin": origin})
                assert ["origin"] == fields(await caller.get("/projects"), 403), origin
                assert ["origin"] == fields(await caller.options("/projects"), 403), origin

    async def test_a_page_of_our_own_is_welcome(self, office: Office, team: Team) -> None:
        """The origin of the server itself needs no list."""
        _, key = await team.key()
        await listed(office.http("/craftdesk/v1", key, headers={"Origin": "http://127.0.0.1:8080"}))

    async def test_a_listed_origin_may_read_the_answers(self, public_office: Office) -> None:
        """Answers and refusals carry its name, and show it the headers of this API; another's is refused."""
        _, key = await (await public_office.team()).key()
        caller = public_office.http("/craftdesk/v1", key, headers={"Origin": APP})
        for path, status in (("/projects", 200), ("/projects?page=0", 400), ("/nothing", 404)):
            answer = await caller.get(path)
            assert (status, APP) == (answer.status_code, answer.headers["access-control-allow-origin"])
            assert "X-RateLimit-Remaining" in answer.headers["access-control-expose-headers"]
        other = public_office.http("/craftdesk/v1", key, headers={"Origin": "https://evil.example"})
        assert ["origin"] == fields(await other.get("/projects"), 403)

    async def test_a_listed_origin_may_ask_first(self, public_office: Office) -> None:
        """The preflight needs no key, and allows what the API takes."""
        headers = {"Origin": APP, "Access-Control-Request-Method": "PATCH"}
        answer = await public_office.http("/craftdesk/v1", headers=headers).options("/projects/x")
        assert (204, APP) == (answer.status_code, answer.headers["access-control-allow-origin"])
        assert "PATCH" in answer.headers["access-control-allow-methods"]
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
