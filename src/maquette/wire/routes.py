"""A table of a dialect's routes, so that no framework is needed to find a call's handler (decision 13).

What isn't in it (an unknown path, another method, the documentation) is left to Litestar, which never sees a handler.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from litestar.handlers import HTTPRouteHandler

from maquette.wire.call import Answer

_PARAMETER = re.compile(r"\{(\w+):str\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A handler and its path: the fixed segments (None for a parameter), and the parameters' positions and names."""

    handler: HTTPRouteHandler
    answer: Callable[..., Awaitable[Answer[Any]]]
    segments: tuple[str | None, ...]
    positions: tuple[tuple[int, str], ...]

    def parameters(self, segments: list[str]) -> dict[str, str] | None:
        """The parameters by name, or None if a fixed segment differs. Needs as many segments as the route has."""
        if any(fixed is not None and fixed != given for fixed, given in zip(self.segments, segments, strict=True)):
            return None
        return {name: segments[position] for position, name in self.positions}


class Routes:
    """Routes by method and path. Fixed paths are one look-up; templates are tried among those with as many segments."""

    def __init__(self, handlers: Iterable[HTTPRouteHandler]) -> None:
        self._fixed: dict[tuple[str, str], Route] = {}
        self._templates: dict[tuple[str, int], list[Route]] = {}
        for handler in handlers:
            for path in handler.paths:
                self._add(handler, path)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its parameters, or None."""
        route = self._fixed.get((method, path))
        if route is not None:
            return route, {}
        segments = path.split("/")
        for template in self._templates.get((method, len(segments)), ()):
            parameters = template.parameters(segments)
            if parameters is not None:
                return template, parameters
        return None

    def _add(self, handler: HTTPRouteHandler, path: str) -> None:
        segments = path.split("/")
        names = [_PARAMETER.fullmatch(segment) for segment in segments]
        positions = tuple((position, name[1]) for position, name in enumerate(names) if name)
        if set(inspect.signature(handler.fn).parameters) != {"request", *(name for _, name in positions)}:
            raise TypeError(f"{handler}: a handler takes the call as `request`, and its path's parameters as text")
        fixed = tuple(None if name else segment for name, segment in zip(names, segments, strict=True))
        route = Route(handler, handler.fn, fixed, positions)
        for method in handler.http_methods:
            if positions:
                self._templates.setdefault((method, len(segments)), []).append(route)
            else:
                self._fixed[method, path] = route
