"""Does a path find its handler without the framework, and does the framework get the rest?"""

from typing import Any

import pytest
from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from maquette.dialects import INSTALLED
from maquette.wire.call import Answer, Call
from maquette.wire.dialect import Dialect
from maquette.wire.routes import Routes


@get("/v1/things")
async def list_things(request: Call) -> Answer[Any]:
    """All of them."""
    return Answer(b"list")


@post("/v1/things")
async def create_thing(request: Call) -> Answer[Any]:
    """A new one."""
    return Answer(b"create")


@get("/v1/things/mine")
async def my_thing(request: Call) -> Answer[Any]:
    """One with a name of its own."""
    return Answer(b"mine")


@get("/v1/things/{ref:str}/parts/{part:str}")
async def get_part(request: Call, ref: str, part: str) -> Answer[Any]:
    """A part of one."""
    return Answer(b"part")


@get("/v1/things/{ref:str}")
async def get_thing(request: Call, ref: str) -> Answer[Any]:
    """One of them."""
    return Answer(b"get")


ROUTES = Routes([list_things, create_thing, my_thing, get_part, get_thing])


def found(method: str, path: str) -> tuple[HTTPRouteHandler, dict[str, str]] | None:
    """The handler and its parameters."""
    route = ROUTES.find(method, path)
    return (route[0].handler, route[1]) if route else None


class TestFind:
    def test_by_method_and_path(self) -> None:
        """A path has a handler for each method."""
        assert (list_things, {}) == found("GET", "/v1/things")
        assert (create_thing, {}) == found("POST", "/v1/things")

    def test_parameters_are_segments(self) -> None:
        """As they stand in the path, decoded by the server."""
        assert (get_thing, {"ref": "é b"}) == found("GET", "/v1/things/é b")
        assert (get_part, {"ref": "a", "part": "b"}) == found("GET", "/v1/things/a/parts/b")

    def test_a_fixed_path_comes_before_a_parameter(self) -> None:
        """As it does in the framework."""
        assert (my_thing, {}) == found("GET", "/v1/things/mine")

    @pytest.mark.parametrize(
        "asked",
        [
            ("DELETE", "/v1/things"),
            ("OPTIONS", "/v1/things"),
            ("GET", "/v1/nothing"),
            ("GET", "/v1/things/a/b"),
            ("GET", "/v1/things/a/others/b"),
            ("GET", ""),
        ],
        ids="-".join,
    )
    def test_the_rest_is_the_frameworks(self, asked: tuple[str, str]) -> None:
        """What isn't there, and another method."""
        assert found(*asked) is None

    def test_a_handler_takes_nothing_else(self) -> None:
        """Nobody would give it to it; that is said at the start."""

        @get("/v1/counted/{number:int}")
        async def get_counted(request: Call, number: int) -> Answer[Any]:
            return Answer(b"counted")

        with pytest.raises(TypeError, match="as text"):
            Routes([get_counted])

    @pytest.mark.parametrize("dialect", INSTALLED, ids=lambda dialect: dialect.name)
    def test_every_route_of_a_dialect_is_found(self, dialect: Dialect) -> None:
        """None of them needs the framework to be reached."""
        routes = Routes(dialect.routes)
        for handler in dialect.routes:
            (path,), method = handler.paths, min(handler.http_methods)
            route = routes.find(method, path)
            assert route is not None
            assert handler is route[0].handler
