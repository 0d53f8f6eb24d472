"""A dialect's documentation: `/openapi.json` for programs and `/docs` for people, without a credential.

Rendering is slow, so it runs once, in a thread; the reader's own origin is filled in for each request.
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
from maquette.wire.scope import base_of

DOCUMENT = "/openapi.json"
REFERENCE = "/docs"
ROOT = "/"
"""Redirects to the reference."""

PATHS = frozenset((DOCUMENT, REFERENCE, ROOT))

MAX_BASES = 8
"""How many renderings are cached: one for each base path under which a dialect is reached (its prefix, its host)."""

_ORIGIN = "http://[anywhere]"
"""The placeholder for the reader's own origin in a cached page. Its `[` makes shell commands quote the URL."""

_HOST = re.compile(r"[0-9A-Za-z.:\[\]-]{1,255}")


def documentation(dialect: Dialect) -> list[HTTPRouteHandler]:
    """The routes of the documents, and the redirect to the reference."""

    @lru_cache(MAX_BASES)
    def document(base: str) -> Lazy[bytes]:
        return Lazy(lambda: msgspec.json.encode(_described(dialect, base)))

    @lru_cache(MAX_BASES)
    def page(base: str) -> Lazy[bytes]:
        return Lazy(lambda: _page(dialect, base))

    @get(DOCUMENT)
    async def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
        return Response(await document(base_of(request.scope)).get(), media_type="application/json")

    @get(REFERENCE)
    async def reference(request: Request[Any, Any, Any]) -> Response[bytes]:
        content = await page(base_of(request.scope)).get()
        html = content.replace(_ORIGIN.encode(), _origin(request).encode())
        return Response(html, media_type="text/html", headers=_page_headers())  # the framework adds the charset

    @get(ROOT)
    async def root(request: Request[Any, Any, Any]) -> Redirect:
        return Redirect(base_of(request.scope) + REFERENCE)

    return [openapi, reference, root]


def _described(dialect: Dialect, base: str) -> Any:
    from maquette.wire.openapi import describe  # these three imports come with the first reader (decision 28)

    return describe(dialect, base or "/")


def _page(dialect: Dialect, base: str) -> bytes:
    from maquette.wire.reference import render_reference

    described = _described(dialect, base)
    return render_reference(described, base_url=_ORIGIN + base, document_url=base + DOCUMENT).encode()


def _page_headers() -> dict[str, str]:
    from maquette.wire.reference import REFERENCE_CSP

    return {
        "content-security-policy": REFERENCE_CSP,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }


def _origin(request: Request[Any, Any, Any]) -> str:
    """The scheme and host of this request, for commands to paste; empty if `Host` has unexpected characters."""
    host = request.headers.get("host", "")
    return f"{request.scope['scheme']}://{host}" if _HOST.fullmatch(host) else ""
