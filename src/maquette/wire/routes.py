"""Which handler answers this path? A table of a dialect's routes, so that a call needs no framework to find one.

What isn't here (an unknown path, another method, the pages that describe the dialect) is the framework's to answer.
It never sees a handler, so that a handler need not be one of its own kind.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from litestar.handlers import HTTPRouteHandler

from maquette.wire.call import Answer

_PLACE = re.compile(r"\{(\w+):str\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A handler, and which segments of its path are parameters: their positions and names."""

    handler: HTTPRouteHandler
    answer: Callable[..., Awaitable[Answer[Any]]]
    segments: tuple[str | None, ...]
    places: tuple[tuple[int, str], ...]

    def parameters(self, segments: list[str]) -> dict[str, str] | None:
        """The path's parameters, or None where its fixed segments differ."""
        if any(fixed is not None and fixed != given for fixed, given in zip(self.segments, segments, strict=True)):
            return None
        return {name: segments[position] for position, name in self.places}


class Routes:
    """The routes by method and path; fixed paths are found at once, the others among those of their length."""

    def __init__(self, handlers: Iterable[HTTPRouteHandler]) -> None:
        self._fixed: dict[tuple[str, str], Route] = {}
        self._templates: dict[tuple[str, int], list[Route]] = {}
        for handler in handlers:
            for path in handler.paths:
                self._add(handler, path)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its parameters."""
        route = self._fixed.get((method, path))
        if route is not None:
            return route, {}
        segments = path.split("/")
        for each in self._templates.get((method, len(segments)), ()):
            parameters = each.parameters(segments)
            if parameters is not None:
                return each, parameters
        return None

    def _add(self, handler: HTTPRouteHandler, path: str) -> None:
        segments = path.split("/")
        names = [_PLACE.fullmatch(segment) for segment in segments]
        places = tuple((position, name[1]) for position, name in enumerate(names) if name)
        if set(inspect.signature(handler.fn).parameters) != {"request", *(name for _, name in places)}:
            raise TypeError(f"{handler}: a handler takes the call as `request`, and its path's parameters as text")
        fixed = tuple(None if name else segment for name, segment in zip(names, segments, strict=True))
        route = Route(handler, handler.fn, fixed, places)
        for method in handler.http_methods:
            if places:
                self._templates.setdefault((method, len(segments)), []).append(route)
            else:
                self._fixed[method, path] = route
