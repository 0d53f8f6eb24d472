"""A dialect as a Litestar application: 404, 405 and OPTIONS for its paths, and the pages that document it.

Calls to the dialect's routes never come here: `router` finds their handlers itself (decision 13).
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
    """The dialect's application. It holds no state, so one instance serves every runtime in the process."""
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
    """An OPTIONS handler per path. Litestar's own would list only the methods of the first handler on the path."""
    methods: dict[str, set[str]] = {}
    for handler in routes:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)
    return [_options_of(path, ", ".join(with_head(allowed))) for path, allowed in methods.items()]


def _options_of(path: str, allowed: str) -> HTTPRouteHandler:
    @route(path, http_method="OPTIONS", status_code=204, include_in_schema=False, sync_to_thread=False)
    def options() -> Response[None]:
        return Response(None, status_code=204, headers={"allow": allowed})

    return options


def _stand_in(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """A placeholder for a route, so that Litestar answers other methods on its path with 405 and the right `Allow`."""

    @route([*handler.paths], http_method=[*handler.http_methods], status_code=200, sync_to_thread=False)
    def stand_in() -> None:
        raise AssertionError(f"{handler} wasn't found before the framework was asked")

    return stand_in
