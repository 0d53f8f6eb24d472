"""Refusals as responses in the dialect's envelope, whoever raised them: a verb, the gate or the framework."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, cast

from litestar import Request, Response
from litestar.exceptions import HTTPException

from maquette.model.errors import (
    BurstSpent,
    IdempotencyKeyInUse,
    InternalError,
    Invalid,
    MethodNotAllowed,
    NoRoute,
    QuotaSpent,
    Refusal,
    TooManyFailures,
    Unavailable,
)
from maquette.wire.dialect import Dialect
from maquette.wire.reply import Headers, Reply

RETRY_SOON_S = 1

log = logging.getLogger("maquette.wire")


def refusal_reply(dialect: Dialect, refusal: Refusal) -> Reply:
    """The dialect's response, with `Retry-After` (in seconds) or `Allow` where the refusal calls for it."""
    reply = dialect.envelope(refusal)
    reply.headers = [*reply.headers, *refusal_headers(refusal)]
    return reply


def refusal_headers(refusal: Refusal) -> Headers:
    """`Retry-After` (in seconds) or `Allow` where the refusal calls for it."""
    if isinstance(refusal, BurstSpent | QuotaSpent | TooManyFailures):
        return [(b"retry-after", b"%d" % refusal.retry_after_s)]
    if isinstance(refusal, IdempotencyKeyInUse | Unavailable):
        return [(b"retry-after", b"%d" % RETRY_SOON_S)]
    if isinstance(refusal, MethodNotAllowed):
        return [(b"allow", refusal.allowed.encode())]
    return []


def exception_handler(dialect: Dialect) -> Callable[[Request[Any, Any, Any], Exception], Response[bytes]]:
    """The exception handler for Litestar: every exception becomes a refusal in the envelope."""

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        return refusal_reply(dialect, _refusal(request, error)).to_response()

    return handle


def with_head(methods: Iterable[str]) -> list[str]:
    """The methods for an `Allow` header, with HEAD if there is GET."""
    allowed = set(methods)
    return sorted(allowed | {"HEAD"} if "GET" in allowed else allowed)


def log_internal_error(request_id: str, error: Exception) -> InternalError:
    """Log the error. The caller gets only the request id to report."""
    log.error("request %s broke", request_id, exc_info=error)
    return InternalError(request_id)


def _refusal(request: Request[Any, Any, Any], error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return NoRoute()
        if error.status_code == 405:
            return MethodNotAllowed(with_head((error.headers or {}).get("allow", "").split(", ")))
        if error.status_code < 500:
            return Invalid({"request": [error.detail]})
    return log_internal_error(cast(dict[str, Any], request.scope)["maquette.request_id"], error)
