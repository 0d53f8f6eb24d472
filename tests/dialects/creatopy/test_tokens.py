"""Whose token is it, and is it one? Exchanged for a client pair, or signed by the client itself."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from maquette.app import open_runtime
from maquette.domain import credentials
from maquette.domain.services import Services
from maquette.model.actor import Role
from maquette.settings import Settings
from maquette.store import workspaces
from maquette.store.database import Database, Transaction
from tests.dialects.creatopy.calls import make_kit, refusal, success
from tests.dialects.creatopy.signing import part, signed, unpart
from tests.office import Office, StillClock, Team

DAY_S = 86_400
UNCHECKED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]  # a busy machine is no failure
quickly = settings(max_examples=40, deadline=None, suppress_health_check=UNCHECKED)


async def exchange(caller: httpx2.AsyncClient, client_id: str, secret: str) -> httpx2.Response:
    """A client pair, sent to be exchanged for a token."""
    return await caller.post("/v1/auth/token", json={"clientId": client_id, "clientSecret": secret})


async def call_with(office: Office, token: str) -> httpx2.Response:
    """A call with this token."""
    return await office.http("/creatopy/v1", token).get("/projects")


async def statuses(office: Office, tokens: Mapping[str, str]) -> dict[str, int]:
    """How a call with each of the tokens is answered, in the dialect's envelope each time."""
    found = {}
    for name, token in tokens.items():
        answer = await call_with(office, token)
        found[name] = answer.status_code
        _ = success(answer) if answer.is_success else refusal(answer, answer.status_code)
    return found


def all_of(tokens: Mapping[str, str], status: int) -> dict[str, int]:
    """The same answer to each."""
    return dict.fromkeys(tokens, status)


class TestExchange:
    async def test_a_pair_is_exchanged_for_a_token_that_is_not_wrapped(self, office: Office, team: Team) -> None:
        """The answer is 200 with `token` alone, kept by nobody on its way, and the token is let in."""
        client, secret = await team.client_pair()
        answer = await exchange(office.http("/creatopy"), client.id, secret)
        assert (200, "application/json") == (answer.status_code, answer.headers["content-type"])
        assert ["token"] == list(answer.json())
        assert "no-store" == answer.headers["cache-control"]
        success(await call_with(office, answer.json()["token"]))

    async def test_the_token_is_a_plain_jwt_of_a_day(self, office: Office, team: Team) -> None:
        """It is HS256 over clientId, `iat` and an `exp` of 24 hours later, in seconds, signed with the secret."""
        client, secret = await team.client_pair()
        token = (await exchange(office.http("/creatopy"), client.id, secret)).json()["token"]
        header, claims = (unpart(piece) for piece in token.split(".")[:2])
        now_s = office.now_ms // 1000
        assert "HS256" == header["alg"]
        assert {"clientId": client.id, "iat": now_s, "exp": now_s + DAY_S} == claims
        assert signed(claims, secret, header=header) == token

    async def test_the_token_ends_after_a_day(self, office: Office, team: Team, clock: StillClock) -> None:
        """It is let in until its last second, and 401 from then on."""
        client, secret = await team.client_pair()
        token = (await exchange(office.http("/creatopy"), client.id, secret)).json()["token"]
        clock.advance(seconds=DAY_S - 1)
        success(await call_with(office, token))
        clock.advance(seconds=1)
        refusal(await call_with(office, token), 401)

    async def test_how_long_a_token_lasts_is_a_setting(self, settings: Settings, clock: StillClock) -> None:
        """With a setting of one minute, it ends after one."""
        async with open_runtime(replace(settings, token_ttl_s=60), clock) as runtime:
            office = Office(runtime, clock)
            client, secret = await (await office.team()).client_pair()
            token = (await exchange(office.http("/creatopy"), client.id, secret)).json()["token"]
            success(await call_with(office, token))
            clock.advance(seconds=60)
            refusal(await call_with(office, token), 401)
            await office.close()

    async def test_no_credential_is_needed_and_none_is_looked_at(self, office: Office, team: Team) -> None:
        """A client that still sends an old token gets its new one."""
        client, secret = await team.client_pair()
        assert 200 == (await exchange(office.http("/creatopy", "an.old.one"), client.id, secret)).status_code

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({}, ["clientId is required", "clientSecret is required"]),
            ({"clientId": "a"}, ["clientSecret is required"]),
            ({"clientId": 1, "clientSecret": None}, ["clientId must be text", "clientSecret must be text"]),
            ({"clientId": "a", "clientSecret": "b", "scope": "all"}, ["scope is not a field"]),
            ({"clientId": "a\0", "clientSecret": "b"}, ["clientId must not hold NUL"]),
            ({"clientId": "a" * 5_000, "clientSecret": "b"}, ["clientId must have at most"]),
        ],
    )
    async def test_a_body_that_is_no_pair_is_refused(
        self, office: Office, body: dict[str, Any], told: list[str]
    ) -> None:
        """It is 400 and names every field that is missing, wrong or unknown."""
        sentence = refusal(await office.http("/creatopy").post("/v1/auth/token", json=body), 400)
        assert [] == [problem for problem in told if problem not in sentence]

    async def test_only_post_is_answered(self, office: Office) -> None:
        """Another method is 405 with `Allow`, without a credential too."""
        answer = await office.http("/creatopy").get("/v1/auth/token")
        refusal(answer, 405)
        assert "OPTIONS, POST" == answer.headers["allow"]

    async def test_it_costs_nothing(self, office: Office) -> None:
        """It is not counted in the month, shows no quota, and goes on when the month is spent."""
        team = await office.team(plan=await office.plan(month=1, burst=1))
        client, secret = await team.client_pair()
        for _ in range(3):
            answer = await exchange(office.http("/creatopy"), client.id, secret)
            assert [] == [name for name in answer.headers if "ratelimit" in name]
        token = answer.json()["token"]
        assert "0" == (await call_with(office, token)).headers["x-ratelimit-remaining"]
        refusal(await call_with(office, token), 429)
        assert 200 == (await exchange(office.http("/creatopy"), client.id, secret)).status_code


class TestWrongPair:
    async def test_nobody_learns_what_was_wrong(self, office: Office, team: Team) -> None:
        """An unknown id, a wrong secret, a revoked pair and an API key get the same 401; only its id differs."""
        client, secret = await team.client_pair()
        ended, its_secret = await team.client_pair()
        await office.write(lambda tx: credentials.revoke(tx, team.operator, ended.id, now_ms=office.now_ms))
        key, its_text = await team.key()
        tries = [
            ("0198a1b2-0000-7000-8000-000000000000", secret),
            ("", ""),
            (client.id, secret[:-1]),
            (client.id, ""),
            (ended.id, its_secret),
            (key.id, its_text),
        ]
        answers = [await exchange(office.http("/creatopy"), *pair) for pair in tries]
        assert ["The token is missing, invalid or expired."] * len(tries) == [refusal(a, 401) for a in answers]
        assert len(tries) == len({answer.headers.pop("x-request-id") for answer in answers})
        assert 1 == len({(answer.content, str(answer.headers)) for answer in answers})

    async def test_the_same_work_is_done_whether_the_id_exists_or_not(
        self, office: Office, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Looking in the store, opening a secret, comparing: all of it each time, also for an id in memory."""
        client, secret = await team.client_pair()
        success(await call_with(office, signed({"clientId": client.id}, secret)))
        caller, work = office.http("/creatopy"), []
        for client_id in (client.id, "0198a1b2-0000-7000-8000-000000000000"):
            with observed(office.runtime.services, monkeypatch) as done:
                refusal(await exchange(caller, client_id, "wrong"), 401)
            work.append(done)
        assert [["read", "open"]] * 2 == work


@contextmanager
def observed(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Notes each look into the store and each secret that is opened."""
    done: list[str] = []
    store, sealer = type(services.database), type(services.sealer)
    read, unseal = store.read, sealer.open

    async def noted_read(self: Database, body: Any) -> Any:
        done.append("read")
        return await read(self, body)

    def noted_open(self: Any, sealed: bytes) -> str:
        done.append("open")
        return unseal(self, sealed)

    with monkeypatch.context() as patch:
        patch.setattr(store, "read", noted_read)
        patch.setattr(sealer, "open", noted_open)
        yield done


class TestGuessing:
    async def test_an_address_has_twenty_failures_in_a_minute(
        self, office: Office, team: Team, clock: StillClock
    ) -> None:
        """After 20, whichever ids they named, even a right pair is 429 there until the minute is over."""
        client, secret = await team.client_pair()
        caller = office.http("/creatopy", client=("127.0.0.7", 1))
        for number in range(20):
            refusal(await exchange(caller, f"nobody {number}", "wrong"), 401)
        clock.advance(seconds=15)
        refused = await exchange(caller, client.id, secret)
        refusal(refused, 429)
        assert "45" == refused.headers["retry-after"]
        assert 200 == (await exchange(office.http("/creatopy"), client.id, secret)).status_code
        clock.advance(seconds=45)
        assert 200 == (await exchange(caller, client.id, secret)).status_code

    async def test_a_client_id_has_twenty_failures_in_a_minute(
        self, office: Office, team: Team, clock: StillClock
    ) -> None:
        """After 20, from wherever they came, the right pair is 429 everywhere; another client's is not."""
        client, secret = await team.client_pair()
        other, its_secret = await team.client_pair()
        for number in range(20):
            refusal(await exchange(office.http("/creatopy", client=(f"127.0.1.{number}", 1)), client.id, "wrong"), 401)
        caller = office.http("/creatopy", client=("127.0.2.1", 1))
        refused = await exchange(caller, client.id, secret)
        refusal(refused, 429)
        assert 200 == (await exchange(caller, other.id, its_secret)).status_code
        clock.advance(seconds=int(refused.headers["retry-after"]))
        assert 200 == (await exchange(caller, client.id, secret)).status_code

    async def test_addresses_are_the_callers_own(self, settings: Settings, clock: StillClock) -> None:
        """Behind a trusted proxy each caller has their own 20; who isn't behind one can't pretend to be many."""
        trusting = replace(settings, trusted_proxies=(ip_network("10.0.0.0/8"),))
        async with open_runtime(trusting, clock) as runtime:
            office = Office(runtime, clock)
            proxied = office.http("/creatopy", client=("10.0.0.1", 1), headers={"X-Forwarded-Proto": "https"})
            direct = office.http("/creatopy", client=("127.0.0.1", 1))
            for caller, expected in ((proxied, 401), (direct, 429)):
                for number in range(40):
                    caller.headers["X-Forwarded-For"] = f"203.0.113.{number}"
                    answer = await exchange(caller, f"{expected} {number}", "wrong")
                refusal(answer, expected)
            for _ in range(19):
                refusal(await exchange(proxied, "", "wrong"), 401)
            refusal(await exchange(proxied, "another", "wrong"), 429)
            await office.close()

    async def test_only_wrong_pairs_are_failures(self, office: Office, team: Team) -> None:
        """Neither right pairs, nor bodies that are no pair, nor refused tokens, bring a 429 nearer."""
        client, secret = await team.client_pair()
        caller = office.http("/creatopy")
        for _ in range(25):
            assert 200 == (await exchange(caller, client.id, secret)).status_code
            refusal(await caller.post("/v1/auth/token", json={"clientId": client.id}), 400)
            refusal(await call_with(office, "a.b.c"), 401)
        for _ in range(20):
            refusal(await exchange(caller, client.id, "wrong"), 401)
        refusal(await exchange(caller, client.id, "wrong"), 429)


NOT_A_NUMBER: tuple[Any, ...] = ("9999999999", "", True, False, [], {}, [9999999999])
LONG_AGO_OR_NEVER = ("0", "0.0", "-0.0", "1", "-1", "-1e308", f"-1{'0' * 400}", "100000000001", "1e400", "NaN")
FAR_AWAY = ("1e308", f"1{'0' * 400}", "100000000000", "99999999999999", "9999999999.5")
NO_ONE_CLIENT = (
    '{"clientId":"$1","payload":{"clientId":"$2"}}',
    '{"clientId":"$2","payload":{"clientId":"$1"}}',
    '{"clientId":"$1","payload":{"clientId":null}}',
    '{"clientId":["$1"]}',
    '{"clientId":1}',
    '{"clientId":null}',
    '{"clientId":""}',
    '{"clientId":"\\u0000"}',
    '{"clientId":"\\ud800"}',
    '{"client_id":"$1"}',
    '{"payload":{"payload":{"clientId":"$1"}}}',
    '{"payload":"$1"}',
    '["$1"]',
    '"$1"',
    "{}",
    "null",
    "",
    '{"clientId":"$1"',
    '{"clientId":"$1"}}',
    '{"clientId":"$1","a":' + "[" * 5_000 + "]" * 5_000 + "}",
)


def inside(claims: dict[str, Any]) -> dict[str, Any]:
    """The claims where some clients put them."""
    return {"payload": claims}


def everywhere(client_id: str, secret: str, *times: dict[str, Any]) -> dict[str, str]:
    """A token for each set of times: with the claims at the top, under `payload`, and in both places."""
    tokens = {}
    for given_times in times:
        claims = {"clientId": client_id, **given_times}
        for place, placed in (("top", claims), ("payload", inside(claims)), ("both", claims | inside(claims))):
            tokens[f"{given_times} {place}"] = signed(placed, secret)
    return tokens


class TestClaims:
    async def test_times_that_are_let_in(self, office: Office, team: Team) -> None:
        """`iat` up to 5 minutes ahead and `exp` to come, in seconds or milliseconds; neither is needed."""
        client, secret = await team.client_pair()
        s, ms = office.now_ms // 1000, office.now_ms
        tokens = everywhere(
            client.id,
            secret,
            {},
            *({"iat": iat} for iat in (s, ms, s - 3600, ms - 3_600_000, s + 300, ms + 300_000, 0, 1.5)),
            *({"exp": exp} for exp in (s + 1, ms + 1, s + 0.5, ms + 0.5 + 1, s + 10**9)),
            {"iat": ms - 1, "exp": s + 3600},
        )
        assert all_of(tokens, 200) == await statuses(office, tokens)

    async def test_times_that_are_not(self, office: Office, team: Team) -> None:
        """`iat` further ahead, and an `exp` that has come, are 401."""
        client, secret = await team.client_pair()
        s, ms = office.now_ms // 1000, office.now_ms
        tokens = everywhere(
            client.id,
            secret,
            *({"iat": iat} for iat in (s + 301, ms + 300_001, s + 300.5)),
            *({"exp": exp} for exp in (s, ms, s - 1, ms - 1, s - 0.5)),
            {"iat": s, "exp": s},
        )
        assert all_of(tokens, 401) == await statuses(office, tokens)

    async def test_a_time_that_is_no_number_is_refused(self, office: Office, team: Team) -> None:
        """Text, a truth value, a list or an object for a time are 401."""
        client, secret = await team.client_pair()
        times = [{name: value} for name in ("exp", "iat") for value in NOT_A_NUMBER]
        tokens = everywhere(client.id, secret, *times)
        assert all_of(tokens, 401) == await statuses(office, tokens)

    async def test_an_end_of_null_is_none(self, office: Office, team: Team, clock: StillClock) -> None:
        """`exp: null` never comes."""
        client, secret = await team.client_pair()
        token = signed({"clientId": client.id, "exp": None, "iat": None}, secret)
        clock.advance(days=3650)
        success(await call_with(office, token))

    async def test_an_end_long_ago_or_out_of_range_is_refused(self, office: Office, team: Team) -> None:
        """Zero is a moment like others, and a number too small or too large for one is 401, not a breakdown."""
        client, secret = await team.client_pair()
        tokens = {
            exp: signed(f'{{"clientId":"{client.id}","exp":{exp}}}'.encode(), secret) for exp in LONG_AGO_OR_NEVER
        }
        assert all_of(tokens, 401) == await statuses(office, tokens)

    async def test_an_end_that_is_far_away_is_one(self, office: Office, team: Team) -> None:
        """A number larger than any moment is still to come; up to 10¹¹ it counts seconds, above milliseconds."""
        client, secret = await team.client_pair()
        tokens = {exp: signed(f'{{"clientId":"{client.id}","exp":{exp}}}'.encode(), secret) for exp in FAR_AWAY}
        assert all_of(tokens, 200) == await statuses(office, tokens)

    async def test_the_earlier_of_two_ends_counts(self, office: Office, team: Team, clock: StillClock) -> None:
        """With an `exp` in both places, the token ends at the first."""
        client, secret = await team.client_pair()
        now_s = office.now_ms // 1000
        for first, second in ((60, 120), (120, 60)):
            claims = {"clientId": client.id, "exp": now_s + first, **inside({"exp": (now_s + second) * 1000})}
            success(await call_with(office, signed(claims, secret)))
        clock.advance(seconds=60)
        for first, second in ((60, 120), (120, 60)):
            claims = {"clientId": client.id, "exp": now_s + first, **inside({"exp": (now_s + second) * 1000})}
            refusal(await call_with(office, signed(claims, secret)), 401)

    async def test_a_token_let_in_before_ends_in_time(self, office: Office, team: Team, clock: StillClock) -> None:
        """A token that is known already is refused from its `exp` on."""
        client, secret = await team.client_pair()
        token = signed({"clientId": client.id, "exp": office.now_ms // 1000 + 60}, secret)
        success(await call_with(office, token))
        clock.advance(seconds=59)
        success(await call_with(office, token))
        clock.advance(seconds=1)
        refusal(await call_with(office, token), 401)

    async def test_a_token_from_ahead_is_let_in_when_its_time_comes(
        self, office: Office, team: Team, clock: StillClock
    ) -> None:
        """A refusal for `iat` isn't remembered."""
        client, secret = await team.client_pair()
        token = signed({"clientId": client.id, "iat": office.now_ms // 1000 + 360}, secret)
        refusal(await call_with(office, token), 401)
        clock.advance(seconds=60)
        success(await call_with(office, token))

    async def test_claims_that_name_no_one_client_are_refused(self, engine_office: Office) -> None:
        """Two different clients, none, one that is no text, and what isn't an object are 401, on either engine."""
        team = await engine_office.team()
        (client, secret), (other, _) = await team.client_pair(), await team.client_pair()
        tokens = {
            claims[:60]: signed(claims.replace("$1", client.id).replace("$2", other.id).encode(), secret)
            for claims in NO_ONE_CLIENT
        }
        assert all_of(tokens, 401) == await statuses(engine_office, tokens)

    async def test_claims_of_the_clients_own_are_let_be(self, office: Office, team: Team) -> None:
        """What else a client writes into its token is none of our business."""
        client, secret = await team.client_pair()
        claims = {"clientId": client.id, "sub": "x", "nbf": 10**12, "aud": ["y"], "payload": {"user": {"id": 1}}}
        success(await call_with(office, signed(claims, secret)))


class TestSignature:
    async def test_a_header_may_lack_typ_and_have_more(self, office: Office, team: Team) -> None:
        """HS256 is all that the header has to say."""
        client, secret = await team.client_pair()
        headers = [
            {"alg": "HS256"},
            {"typ": "JWT", "alg": "HS256"},
            {"alg": "HS256", "typ": "anything", "kid": "1", "authorization": "Bearer x"},
        ]
        tokens = {str(header): signed({"clientId": client.id}, secret, header=header) for header in headers}
        assert all_of(tokens, 200) == await statuses(office, tokens)

    async def test_no_other_algorithm_is_accepted(self, office: Office, team: Team) -> None:
        """A header that names another one, or a signature by another one, is 401, with the right secret too."""
        client, secret = await team.client_pair()
        named = ["HS512", "HS384", "RS256", "ES256", "none", "None", "hs256", "", None, ["HS256"], {"HS256": 1}]
        tokens = {
            f"{name} {digest}": signed({"clientId": client.id}, secret, header={"alg": name}, digest=digest)
            for name in named
            for digest in ("HS256", "HS384", "HS512")
        }
        for digest in ("HS384", "HS512"):
            tokens[f"HS256 {digest}"] = signed({"clientId": client.id}, secret, digest=digest)
        assert all_of(tokens, 401) == await statuses(office, tokens)

    async def test_a_token_without_signature_is_refused(self, office: Office, team: Team) -> None:
        """Whatever its header says."""
        client, _ = await team.client_pair()
        named = ("none", "None", "NONE", "HS256")
        tokens = {name: f"{part({'alg': name})}.{part({'clientId': client.id})}." for name in named}
        assert all_of(tokens, 401) == await statuses(office, tokens)

    async def test_a_public_key_is_no_secret(self, office: Office, team: Team) -> None:
        """RS256 is refused, signed truly or with HMAC over the public key, with the header naming either one."""
        client, secret = await team.client_pair()
        public = rsa.generate_private_key(65537, 2048).public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        jwk = {"kty": "oct", "k": part(b"mine" * 8)}
        for header in ({"alg": "RS256"}, {"alg": "HS256"}, {"alg": "HS256", "jwk": jwk}, {"alg": "HS256", "x5c": []}):
            for key in (pem, b"mine" * 8, b"", secret.lower().encode()):
                refusal(await call_with(office, signed({"clientId": client.id}, key, header=header)), 401)

    async def test_another_clients_secret_signs_nothing(self, office: Office, team: Team) -> None:
        """A client can't speak for another one, not even of its own team."""
        (client, _), (_, other_secret) = await team.client_pair(), await team.client_pair()
        refusal(await call_with(office, signed({"clientId": client.id}, other_secret)), 401)

    async def test_nothing_may_be_changed_or_cut(self, office: Office, team: Team) -> None:
        """A token with any one of its characters gone, with one changed in any part, or swapped parts, is 401."""
        client, secret = await team.client_pair()
        token = signed({"clientId": client.id, "iat": 1}, secret)
        header, claims, signature = token.split(".")
        later = part({"clientId": client.id, "iat": 2})
        forged = [token[:place] + token[place + 1 :] for place in range(len(token))]
        forged += [f"{header}.{later}.{signature}", f"{claims}.{header}.{signature}", f"{header}.{claims}", header]
        forged += [f"{header}.{claims}.{signature[::-1]}", f"{token}.{signature}", f"{token}.", f".{token}", ".."]
        forged += [f"{part({'alg': 'HS256', 'typ': 'jwt'})}.{claims}.{signature}"]
        caller = office.http("/creatopy/v1")
        for text in forged:
            refusal(await caller.get("/projects", headers={"Authorization": f"Bearer {text}"}), 401)
        success(await call_with(office, token))

    async def test_a_header_that_must_be_understood_is_refused(self, office: Office, team: Team) -> None:
        """`crit` names what we don't know, and RFC 7515 has such a token refused."""
        client, secret = await team.client_pair()
        found = [["exp"], ["authorization"], [], "exp", None]
        headers = [{"alg": "HS256", "crit": crit, "exp": 1, "authorization": "x"} for crit in found]
        tokens = {str(header): signed({"clientId": client.id}, secret, header=header) for header in headers}
        assert all_of(tokens, 401) == await statuses(office, tokens)

    async def test_a_header_that_is_no_object_is_refused(self, office: Office, team: Team) -> None:
        """Whatever stands in its place, for a client that is there: 401 and no breakdown."""
        client, secret = await team.client_pair()
        headers = [b"", b"null", b"[]", b'"HS256"', b"{", b"\xff", b'{"alg":"HS256","a":' + b"[" * 5_000]
        tokens = {repr(header)[:30]: signed({"clientId": client.id}, secret, header=header) for header in headers}
        assert all_of(tokens, 401) == await statuses(office, tokens)

    async def test_only_a_bearer_token_is_one(self, office: Office, team: Team) -> None:
        """Without the header, or with another scheme in it, a right token is 401."""
        client, secret = await team.client_pair()
        caller, token = office.http("/creatopy/v1"), signed({"clientId": client.id}, secret)
        texts = ["", "Bearer", "Bearer ", "Basic $", "$", "Token $", "Bearer $ $", "Bearer é.é.é", "Bearer\u00a0$"]
        for text in texts:
            headers = [(b"authorization", text.replace("$", token).encode("latin-1"))]
            answer = await caller.get("/projects", headers=headers)
            refusal(answer, 401)
            assert "Bearer" == answer.headers["www-authenticate"]
        refusal(await caller.get("/projects"), 401)

    async def test_the_schemes_case_and_blanks_do_not_matter(self, office: Office, team: Team) -> None:
        """`bearer` will do (RFC 9110, section 11.1)."""
        client, secret = await team.client_pair()
        headers = {"authorization": f"bearer   {signed({'clientId': client.id}, secret)} "}
        success(await office.http("/creatopy/v1").get("/projects", headers=headers))


class TestTeam:
    async def test_a_client_acts_as_the_user_who_made_it(self, office: Office, team: Team) -> None:
        """What it makes is theirs, in their team."""
        admin = await team.member(Role.ADMIN)
        made = await make_kit(await team.creatopy(admin))
        assert (admin.serial, team.workspace.serial) == (made["createdBy"], made["teamId"])

    async def test_a_client_reaches_its_own_team_alone(self, office: Office, team: Team) -> None:
        """A person in two teams has the one that the pair was made in."""
        other = await office.team()
        await team.member(Role.ADMIN, other.owner.email)
        first, second = await team.creatopy(other.owner), await other.creatopy()
        assert team.workspace.serial == (await make_kit(first))["teamId"]
        assert other.workspace.serial == (await make_kit(second))["teamId"]

    async def test_neither_secret_nor_token_is_told_again(self, office: Office, team: Team) -> None:
        """Neither a success nor a refusal holds a secret or a token, but for the token answer."""
        client, secret = await team.client_pair()
        token = signed({"clientId": client.id}, secret)
        for answer in (
            await call_with(office, token),
            await call_with(office, token[:-5]),
            await exchange(office.http("/creatopy"), client.id, secret + "x"),
        ):
            assert secret not in answer.text + str(answer.headers)
            assert token[:-5] not in answer.text + str(answer.headers)


Ending = Callable[[Office, Team, Any], Awaitable[None]]


async def revoked(office: Office, team: Team, client: Any) -> None:
    """The pair is revoked."""
    await office.write(lambda tx: credentials.revoke(tx, team.operator, client.id, now_ms=office.now_ms))


async def left(office: Office, team: Team, client: Any) -> None:
    """Whoever made the pair is no member any more."""

    async def body(tx: Transaction) -> None:
        await tx.run(
            "UPDATE members SET removed_at = $1 WHERE workspace = $2 AND user_serial = $3",
            office.now_ms,
            team.workspace.serial,
            client.user,
        )
        await workspaces.bump_version(tx, team.workspace.serial, access=True)

    await office.write(body)


class TestEnd:
    @pytest.mark.parametrize("end", [revoked, left])
    async def test_tokens_end_at_once(self, engine_office: Office, end: Ending) -> None:
        """The pair revoked, or its maker gone: the next call is 401, with an issued or an own token, used or not."""
        team = await engine_office.team()
        client, secret = await team.client_pair(await team.member(Role.ADMIN))
        issued = (await exchange(engine_office.http("/creatopy"), client.id, secret)).json()["token"]
        used, unused = signed({"clientId": client.id}, secret), signed({"clientId": client.id, "iat": 1}, secret)
        for token in (issued, used):
            success(await call_with(engine_office, token))
        await end(engine_office, team, client)
        for token in (issued, used, unused):
            refusal(await call_with(engine_office, token), 401)
        refusal(await exchange(engine_office.http("/creatopy"), client.id, secret), 401)

    async def test_another_pair_of_the_same_maker_goes_on(self, office: Office, team: Team) -> None:
        """Revoking ends the one pair."""
        (client, secret), other = await team.client_pair(), await team.creatopy()
        await revoked(office, team, client)
        refusal(await call_with(office, signed({"clientId": client.id}, secret)), 401)
        success(await other.get("/projects"))

    async def test_a_demoted_makers_tokens_are_demoted(self, engine_office: Office) -> None:
        """What the maker may do now is what the token may do: as a member's it can't create, as an admin's it can."""
        team = await engine_office.team()
        admin = await team.member(Role.ADMIN)
        caller = await team.creatopy(admin)
        await make_kit(caller)
        await team.member(Role.MEMBER, admin.email)
        refusal(await caller.post("/brandkits/create", json={"name": "Another"}), 403)
        success(await caller.get("/brandkits"))
        await team.member(Role.ADMIN, admin.email)
        await make_kit(caller)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
TOKENS = st.text("abcXYZ019-_=.+/ ", max_size=80) | st.builds(
    lambda parts, end: ".".join(parts) + end,
    st.lists(st.binary(max_size=30).map(part) | JSON.map(part), min_size=1, max_size=5),
    st.sampled_from(["", ".", "="]),
)


class TestAnything:
    @quickly
    @given(token=TOKENS)
    async def test_what_nobody_signed_is_refused(self, office: Office, token: str) -> None:
        """No text in a token's place is anything but 401."""
        refusal(await call_with(office, token), 401)

    @quickly
    @given(claims=st.dictionaries(st.sampled_from(["iat", "exp", "payload", "clientId", "x"]), JSON), own=st.booleans())
    async def test_whatever_a_client_signs_is_answered(
        self, office: Office, team: Team, claims: dict[str, Any], own: bool
    ) -> None:
        """Claims of any kind, rightly signed, are let in or 401; nothing breaks."""
        client, secret = await team.client_pair()
        content = {**claims, "clientId": client.id} if own else claims
        answer = await call_with(office, signed(json.dumps(content).encode(), secret))
        if answer.status_code != 200 or not own:
            refusal(answer, 401)

    @quickly
    @given(header=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "cty", "x"]), JSON) | JSON)
    async def test_whatever_the_header_holds_is_answered(self, office: Office, team: Team, header: Any) -> None:
        """A header of any kind with the right secret is 401, where it doesn't say HS256."""
        client, secret = await team.client_pair()
        content = json.dumps(header).encode()
        assume(b'"HS256"' not in content)
        refusal(await call_with(office, signed({"clientId": client.id}, secret, header=content)), 401)
