"""Generates a dialect's OpenAPI 3.1 document from its handlers: their shapes, refusals and headers.

A handler declares what is specific to it: `query` and `body` (or `form`), its input shapes; `body_optional`; `example`,
a body for where the fields' own examples name records that may not exist; `refuses`, refusals beyond those of every
operation; `sends`, response headers; `also`, other success statuses; `content_types`, if it answers with a file. What
holds for every operation is defined here.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_type_hints

import msgspec
from litestar.handlers import HTTPRouteHandler

from maquette import __version__
from maquette.model import errors
from maquette.wire.dialect import Dialect
from maquette.wire.forms import MEDIA_TYPE as MULTIPART
from maquette.wire.headers import HEADERS, MESSAGE_HEADERS, PARAMETERS, QUOTA
from maquette.wire.input import Upload

Node = dict[str, Any]

FILE: Node = {"type": "string", "format": "binary"}
Kinds = Sequence[type[errors.Refusal]]

ANY_CALL: Kinds = (
    errors.Invalid,
    errors.InsecureTransport,
    errors.ForeignOrigin,
    errors.InternalError,
    errors.Unavailable,
)
KNOWN_CALLER: Kinds = (errors.Unauthenticated, errors.Forbidden, errors.BurstSpent, errors.QuotaSpent)
CHANGE: Kinds = (errors.TooLarge, errors.NotJson)
UPLOAD: Kinds = (errors.TooLarge, errors.NotForm)
IDEMPOTENT: Kinds = (errors.IdempotencyKeyInUse, errors.IdempotencyKeyReused)
"""The refusals that every call can get; and those of authenticated calls, writes, uploads, and calls with an
`Idempotency-Key`.
"""

RETRYABLE: Kinds = (
    errors.IdempotencyKeyInUse,
    errors.BurstSpent,
    errors.QuotaSpent,
    errors.TooManyFailures,
    errors.Unavailable,
)
"""Refusals with a `Retry-After` (see `refusals`)."""

COMMON_RULES = """
## Every call

- `HEAD` answers as `GET` does, without the body. `OPTIONS` answers 204 and names the methods of a path in `Allow`;
  any other method is refused with 405 and `Allow`. A path that isn't described here is refused with 404.
- A body is JSON in UTF-8, of at most 1 MiB; a file comes in a multipart form, and has at most 10 MiB. A field that
  isn't described is refused, so that nothing sent is lost; a query parameter that isn't described is ignored.
- Every 200 to a `GET` has an `ETag`. Send it back in `If-None-Match`, and while nothing has changed the answer is 304
  without a body. A single resource's, which the answer to its change has too, can be sent in `If-Match` with a change,
  which then happens to no other version.
- With an `Idempotency-Key`, a change can be sent again after a lost connection: for 24 hours, a repeated call gets
  the first one's answer, with `Idempotency-Replayed: true`.
- The answer to a change, and every refusal, has an id in `X-Request-Id`. The audit log shows what was changed under it.
- Lists are searched and sorted by name without regard to case and to Unicode's compatibility forms (NFKC, casefold);
  accents count.
- The answer to a known caller tells what is left: `X-RateLimit-Limit`, `-Remaining` and `-Reset` of the month,
  `RateLimit` and `RateLimit-Policy` of the month and the burst. A limit that the plan doesn't have isn't told. Servers
  that share a store take calls of the month in portions, so `X-RateLimit-Remaining` may jump from one to the other;
  the total is exact.
"""

_REF = "#/components/schemas/{name}"
_GENERIC_NAME_NOISE = re.compile(r'(?<=[_\[,])maquette\.(?:[a-z_]+\.)+|_+(?=")')
"""The module names and underscores in msgspec's component names for generic shapes such as `Listed[KeyOut]`."""


def describe(dialect: Dialect, server_url: str) -> Node:
    """The OpenAPI document. Its paths are relative to `server_url`."""
    shapes, components = _schemas(dialect)
    paths: dict[str, Node] = {}
    for handler in dialect.routes:
        operation = _operation(dialect, handler, shapes, components)
        paths.setdefault(_path(handler), {})[_method(handler).lower()] = operation
    queries = {query.__name__ for query in map(_query_shape, dialect.routes) if query}
    return {
        "openapi": "3.1.0",
        "info": {"title": dialect.title, "version": __version__, "description": dialect.about + COMMON_RULES},
        "servers": [{"url": server_url}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": about} for name, about in dialect.tags.items()],
        "paths": paths,
        "webhooks": {name: {"post": _message(shapes[shape])} for name, shape in dialect.messages.items()},
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
            "headers": HEADERS,
            "parameters": PARAMETERS,
            "securitySchemes": {"token": dict(dialect.security_scheme)},
        },
    }


def refusal_kinds(dialect: Dialect, handler: HTTPRouteHandler) -> list[type[errors.Refusal]]:
    """The refusals that the operation can get."""
    kinds = [*ANY_CALL, *handler.opt.get("refuses", ())]
    if not _is_open(dialect, handler):
        kinds += KNOWN_CALLER
    if _is_change(handler):
        kinds += UPLOAD if "form" in handler.opt else CHANGE
    if _takes_idempotency_key(dialect, handler):
        kinds += IDEMPOTENT
    return kinds


def _operation(dialect: Dialect, handler: HTTPRouteHandler, shapes: dict[Any, Node], components: Node) -> Node:
    operation: Node = {
        "operationId": handler.handler_name.rpartition(".")[2],
        "summary": handler.summary,
        "description": handler.fn.__doc__,
        "tags": list(handler.tags or ()),
        "parameters": [
            *_path_parameters(handler),
            *_query_parameters(handler, components),
            *({"$ref": f"#/components/parameters/{name}"} for name in _request_headers(dialect, handler)),
        ],
        "responses": dict(_responses(dialect, handler, shapes)),
    }
    if body := handler.opt.get("body"):
        required = not handler.opt.get("body_optional", False)
        content = _json(shapes[body])
        if example := handler.opt.get("example"):
            content["application/json"]["example"] = example
        operation["requestBody"] = {"required": required, "content": content}
    if form := handler.opt.get("form"):
        operation["requestBody"] = {"required": True, "content": {MULTIPART: {"schema": shapes[form]}}}
    if _is_open(dialect, handler):
        operation["security"] = []
    return operation


def _message(schema: Node) -> Node:
    """A webhook message, as an operation of the receiver."""
    return {
        "summary": "A message to a webhook",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in MESSAGE_HEADERS],
        "requestBody": {"required": True, "content": _json(schema)},
        "responses": {"2XX": {"description": "It has arrived; anything else is tried again"}},
        "security": [],
    }


def _responses(dialect: Dialect, handler: HTTPRouteHandler, shapes: dict[Any, Node]) -> Iterator[tuple[str, Node]]:
    quota = () if _is_open(dialect, handler) else QUOTA
    headers = [*_success_headers(dialect, handler), *quota]
    success = _response(handler.response_description or "", headers)
    if (shape := _answer_shape(handler)) is bytes:
        success["content"] = {name: {"schema": FILE} for name in handler.opt["content_types"]}
    elif shape is not type(None):
        success["content"] = _json(shapes[shape])
    yield str(handler.status_code), success
    for status, description in handler.opt.get("also", {}).items():
        yield str(status), {**success, "description": description}
    if not _is_change(handler):
        yield "304", _response("Not Modified: it is still the version that If-None-Match names", headers)
    kinds = refusal_kinds(dialect, handler)
    for status in sorted({dialect.statuses[kind] for kind in kinds}):
        same_status = [kind for kind in kinds if dialect.statuses[kind] == status]
        refusal = _response(dialect.refusals[status], [*_refusal_headers(same_status, quota)])
        yield str(status), {**refusal, "content": _json(shapes[dialect.refusal_type])}


def _success_headers(dialect: Dialect, handler: HTTPRouteHandler) -> list[str]:
    tag = ["X-Request-Id"] if _is_change(handler) else ["ETag"]
    replayed = ["Idempotency-Replayed"] if _takes_idempotency_key(dialect, handler) else []
    return [*tag, *handler.opt.get("sends", ()), *replayed]


def _refusal_headers(kinds: Kinds, quota: Sequence[str]) -> Iterator[str]:
    yield "X-Request-Id"
    if errors.Unauthenticated in kinds:
        yield "WWW-Authenticate"
        return
    if any(kind in RETRYABLE for kind in kinds):
        yield "Retry-After"
    yield from quota


def _response(description: str, headers: Sequence[str]) -> Node:
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    return {"description": description, "headers": named} if named else {"description": description}


def _request_headers(dialect: Dialect, handler: HTTPRouteHandler) -> Iterator[str]:
    if not _is_change(handler):
        yield "If-None-Match"
    if errors.Stale in handler.opt.get("refuses", ()):
        yield "If-Match"
    if _takes_idempotency_key(dialect, handler):
        yield "Idempotency-Key"


def _path_parameters(handler: HTTPRouteHandler) -> Iterator[Node]:
    for name in re.findall(r"{(\w+)}", _path(handler)):
        schema = msgspec.json.schema(handler.fn.__annotations__[name])
        yield {"name": name, "in": "path", "required": True, **_take_description(schema), "schema": schema}


def _query_parameters(handler: HTTPRouteHandler, components: Node) -> Iterator[Node]:
    if shape := _query_shape(handler):
        required = components[shape.__name__].get("required", ())
        for name, nullable in components[shape.__name__]["properties"].items():
            schema = _without_null(nullable)
            description = _take_description(schema)
            yield {"name": name, "in": "query", "required": name in required, **description, "schema": schema}


def _take_description(schema: Node) -> Node:
    """Move the description from a parameter's schema to the parameter. Changes the schema."""
    return {"description": schema.pop("description")} if "description" in schema else {}


def _without_null(schema: Node) -> Node:
    """The schema without null, which in a shape stands for a parameter that is absent."""
    schema = dict(schema)
    if schema.get("default", 0) is None:
        del schema["default"]
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    schema = {**(kinds[0] if kinds else {}), **schema}
    if None in schema.get("enum", ()):
        schema["enum"] = [choice for choice in schema["enum"] if choice is not None]
    return schema


def _json(schema: Node) -> Node:
    return {"application/json": {"schema": schema}}


def _schemas(dialect: Dialect) -> tuple[dict[Any, Node], Node]:
    """The schema of each shape, and the components that they refer to, with cleaned-up names."""
    types = list(dict.fromkeys(_shapes(dialect)))
    described = msgspec.json.schema_components(types, schema_hook=_file_schema, ref_template=_REF)
    text = msgspec.json.encode(described).decode()
    schemas, components = msgspec.json.decode(_GENERIC_NAME_NOISE.sub("", text))
    return dict(zip(types, schemas, strict=True)), components


def _shapes(dialect: Dialect) -> Iterator[Any]:
    yield dialect.refusal_type
    for handler in dialect.routes:
        for shape in (_query_shape(handler), handler.opt.get("body"), handler.opt.get("form"), _answer_shape(handler)):
            if shape not in (None, type(None), bytes):
                yield shape
    yield from dialect.messages.values()


def _file_schema(type_: type) -> Node:
    """The schema of an `Upload`, the one type that msgspec doesn't know."""
    assert type_ is Upload
    return FILE


def _answer_shape(handler: HTTPRouteHandler) -> Any:
    """The `T` in the handler's return type `Answer[T]`."""
    return get_args(get_type_hints(handler.fn)["return"])[0]


def _query_shape(handler: HTTPRouteHandler) -> Any:
    return handler.opt.get("query")


def _is_open(dialect: Dialect, handler: HTTPRouteHandler) -> bool:
    return _path(handler) in dialect.open_paths


def _is_change(handler: HTTPRouteHandler) -> bool:
    return _method(handler) != "GET"


def _takes_idempotency_key(dialect: Dialect, handler: HTTPRouteHandler) -> bool:
    return _is_change(handler) and not _is_open(dialect, handler)


def _method(handler: HTTPRouteHandler) -> str:
    return next(iter(handler.http_methods))


def _path(handler: HTTPRouteHandler) -> str:
    return next(iter(handler.paths)).replace(":str", "")
