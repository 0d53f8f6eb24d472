"""Is the dialect of a call chosen once, by the first thing that tells? With two dialects that nobody speaks."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from maquette.wire.asgi import BeginResult, as_asgi
from maquette.wire.dialect import Dialect
from maquette.wire.dispatch import Dispatch
from tests.wire.asgi import Answer, ask


@dataclass
class Spoken:
    """As much of a dialect as the choice looks at."""

    name: str
    host: str
    letter: str
    open_paths: frozenset[str]

    def speaks(self, token: str) -> bool:
        """Its tokens begin with its letter."""
        return token.startswith(self.letter)


class StubGate:
    """Answers with its name and what it was handed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def begin(self, scope: Any, receive: Any, send: Any) -> BeginResult:
        """Tell who was reached, below which base, at which path."""
        told = f"{self.name}|{scope.get('maquette.base', '')}|{scope['path']}"
        return (
            {"type": "http.response.start", "status": 200, "headers": []},
            {"type": "http.response.body", "body": told.encode(), "more_body": False},
        )


ALPHA = Spoken("alpha", "api.alpha.", "a", frozenset())
BETA = Spoken("beta", "api.beta.", "b", frozenset({"/v1/tokens"}))
DISPATCH = Dispatch(
    [(cast(Dialect, each), StubGate(each.name)) for each in (ALPHA, BETA)], StubGate("front"), default="alpha"
)


async def reached(path: str, *, host: str = "127.0.0.1:8080", token: str | None = None) -> list[str]:
    """Whose gate, the base, and the path."""
    headers = [("host", host), *([("authorization", f"Bearer {token}")] if token else [])]
    answer: Answer = await ask(as_asgi(DISPATCH), path=path, headers=headers)
    return answer.body.decode().split("|")


class TestPrefix:
    @pytest.mark.parametrize("name", ["alpha", "beta"])
    async def test_it_is_taken_off_and_remembered(self, name: str) -> None:
        """The dialect sees its own paths, and can say where it was reached."""
        assert [name, f"/{name}", "/v1/things"] == await reached(f"/{name}/v1/things")

    async def test_only_short_paths_are_remembered(self) -> None:
        """Whoever asks for many long ones fills nobody's memory."""
        before = DISPATCH._cached_address.cache_info().currsize
        assert ["alpha", "/alpha", "/v1/" + "x" * 200] == await reached("/alpha/v1/" + "x" * 200)
        assert before == DISPATCH._cached_address.cache_info().currsize
        assert ["alpha", "/alpha", "/v1/short"] == await reached("/alpha/v1/short")
        assert before + 1 == DISPATCH._cached_address.cache_info().currsize

    async def test_it_wins_over_host_and_token(self) -> None:
        """Whoever writes it means it."""
        assert "alpha" == (await reached("/alpha/v1/x", host="api.beta.test", token="b1"))[0]

    @pytest.mark.parametrize("path", ["/alphabet/v1/x", "/Alpha/v1/x", "/x/alpha/v1"])
    async def test_only_the_whole_first_step_is_one(self, path: str) -> None:
        """What merely looks alike is no dialect's."""
        assert "front" == (await reached(path))[0]

    async def test_alone_it_is_the_dialects_root(self) -> None:
        """With or without a slash behind it."""
        assert ["alpha", "/alpha", "/"] == (await reached("/alpha"))[:3] == (await reached("/alpha/"))[:3]


class TestHost:
    @pytest.mark.parametrize("host", ["api.beta.test", "API.Beta.Test:8443", "api.beta.a.b"])
    async def test_it_decides_for_every_path(self, host: str) -> None:
        """Whatever stands behind the vendor's name, in any case, and without a base."""
        assert ["beta", "", "/v1/x"] == await reached("/v1/x", host=host)
        assert "beta" == (await reached("/docs", host=host))[0]

    async def test_it_wins_over_the_token(self) -> None:
        """A token of another dialect is that dialect's mistake to tell."""
        assert "beta" == (await reached("/v1/x", host="api.beta.test", token="a1"))[0]

    @pytest.mark.parametrize("host", ["api.betatest", "xapi.beta.test", "beta.test", ""])
    async def test_one_that_looks_alike_says_nothing(self, host: str) -> None:
        """Then the next thing that tells is asked, here the default."""
        assert "alpha" == (await reached("/v1/x", host=host))[0]

    async def test_health_is_told_at_every_host(self) -> None:
        """A balancer asks by address."""
        assert "front" == (await reached("/healthz", host="api.beta.test"))[0]


class TestToken:
    @pytest.mark.parametrize(("token", "expected"), [("a1", "alpha"), ("b1", "beta"), ("?", "alpha"), (None, "alpha")])
    async def test_its_shape_decides_at_a_bare_v1(self, token: str | None, expected: str) -> None:
        """Another shape, or none, is the default's."""
        assert expected == (await reached("/v1/x", token=token))[0]

    @pytest.mark.parametrize("token", [None, "a1", "b1"])
    async def test_an_open_path_is_its_dialects(self, token: str | None) -> None:
        """Where a token is only asked for, whatever token is sent beside the request says nothing."""
        assert "beta" == (await reached("/v1/tokens", token=token))[0]

    @pytest.mark.parametrize("path", ["/", "/v2/x", "/v1x", "/favicon.ico"])
    async def test_elsewhere_it_says_nothing(self, path: str) -> None:
        """What is no dialect's path is the front's."""
        assert "front" == (await reached(path, token="b1"))[0]


class TestSlashes:
    @pytest.mark.parametrize("path", ["/v1/x/", "//v1//x", "/v1/x//"])
    async def test_too_many_make_no_difference(self, path: str) -> None:
        """One resource has one name, for the routes as for the response cache."""
        assert ["alpha", "", "/v1/x"] == (await reached(path))[:3]

    async def test_alone_it_stays(self) -> None:
        """The front page is at the root."""
        assert ["front", "", "/"] == (await reached("/"))[:3] == (await reached("//"))[:3]

    @pytest.mark.parametrize("path", ["/v1/x%2Fy", "/v1/x%2fy"])
    async def test_an_escaped_one_belongs_to_its_segment(self, path: str) -> None:
        """It separates nothing, neither before the dialect nor behind it."""
        assert ["alpha", "", "/v1/x%2Fy"] == (await reached(path))[:3]
        assert ["beta", "/beta", "/v1/x%2Fy"] == (await reached("/beta" + path))[:3]
        assert "front" == (await reached("/beta%2Fv1/x"))[0]

    async def test_other_escapes_are_what_they_stand_for(self) -> None:
        """Beside an escaped slash and without one."""
        assert ["alpha", "", "/v1/\u00e9 x"] == (await reached("/v1/%C3%A9%20x"))[:3]
        assert ["alpha", "", "/v1/\u00e9%2F x"] == (await reached("/v1/%C3%A9%2F%20x"))[:3]
