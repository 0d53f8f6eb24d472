"""A dialect as a Litestar application: which paths and methods there are, and the pages that describe it.

Calls to its routes don't come here, `routes` finds their handlers; what isn't there is refused or described.
"""

from collections.abc import Sequence
from functools import cache

from litestar import Litestar, Response, route
from litestar.handlers import HTTPRouteHandler

from maquette.wire.dialect import Dialect
from maquette.wire.documentation import documentation
from maquette.wire.refusals import exception_handler, with_head


@cache
def application(dialect: Dialect) -> Litestar:
    """The application behind the gate; it holds nothing, so that one serves every runtime of a process."""
    pages = documentation(dialect)
    return Litestar(
        route_handlers=[*_options([*dialect.routes, *pages]), *map(_stand_in, dialect.routes), *pages],
        exception_handlers={Exception: exception_handler(dialect)},
        openapi_config=None,
        request_max_body_size=None,
        logging_config=None,
        debug=False,
    )


def _options(routes: Sequence[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """One handler for each path; the framework's own names the methods of the first handler on it alone."""
    methods: dict[str, set[str]] = {}
    for handler in routes:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)
    return [_options_of(path, ", ".join(with_head(found))) for path, found in methods.items()]


def _options_of(path: str, allowed: str) -> HTTPRouteHandler:
    @route(path, http_method="OPTIONS", status_code=204, include_in_schema=False, sync_to_thread=False)
    def options() -> Response[None]:
        return Response(None, status_code=204, headers={"allow": allowed})

    return options


def _stand_in(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """Stands for a route, so that another method on its path is refused with the right `Allow`."""

    @route([*handler.paths], http_method=[*handler.http_methods], status_code=200, sync_to_thread=False)
    def stand_in() -> None:
        raise AssertionError(f"{handler} wasn't found before the framework was asked")

    return stand_in
