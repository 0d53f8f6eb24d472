"""Where is a dialect described? `openapi.json` for programs and `docs` for people, both open to all and offline.

Writing them takes long, so it's done in a thread, and once: what differs from reader to reader is put in afterwards.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect, Response

from maquette.model.lazy import Lazy
from maquette.wire.dialect import Dialect
from maquette.wire.openapi import describe
from maquette.wire.reference import REFERENCE_CSP, render_reference
from maquette.wire.scope import base_of

DOCUMENT = "/openapi.json"
REFERENCE = "/docs"
BARE = "/"
"""Whoever follows a dialect's bare address is led to its reference."""

PATHS = frozenset((DOCUMENT, REFERENCE, BARE))

BASES = 8
"""A dialect is reached by its prefix or its host, and described once for each."""

_ANYWHERE = "http://[anywhere]"
"""Stands in a page for the reader's own origin; in quotes in each command, as `[` has to be."""

_HOST = re.compile(r"[0-9A-Za-z.:\[\]-]{1,255}")
_PAGE_HEADERS = {
    "content-security-policy": REFERENCE_CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def documentation(dialect: Dialect) -> list[HTTPRouteHandler]:
    """The routes that describe the dialect, and the one that leads there."""

    @lru_cache(BASES)
    def document(base: str) -> Lazy[bytes]:
        return Lazy(lambda: msgspec.json.encode(describe(dialect, base or "/")))

    @lru_cache(BASES)
    def page(base: str) -> Lazy[bytes]:
        return Lazy(lambda: _page(dialect, base))

    @get(DOCUMENT)
    async def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
        return Response(await document(base_of(request.scope)).get(), media_type="application/json")

    @get(REFERENCE)
    async def reference(request: Request[Any, Any, Any]) -> Response[bytes]:
        content = await page(base_of(request.scope)).get()
        html = content.replace(_ANYWHERE.encode(), _origin(request).encode())
        return Response(html, media_type="text/html", headers=_PAGE_HEADERS)  # the framework adds the charset

    @get(BARE)
    async def bare(request: Request[Any, Any, Any]) -> Redirect:
        return Redirect(base_of(request.scope) + REFERENCE)

    return [openapi, reference, bare]


def _page(dialect: Dialect, base: str) -> bytes:
    described = describe(dialect, base or "/")
    return render_reference(described, base_url=_ANYWHERE + base, document_url=base + DOCUMENT).encode()


def _origin(request: Request[Any, Any, Any]) -> str:
    """The scheme and host that the reader reached us at, for lines that can be pasted; nothing for an odd host."""
    host = request.headers.get("host", "")
    return f"{request.scope['scheme']}://{host}" if _HOST.fullmatch(host) else ""
