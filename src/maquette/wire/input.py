"""Does what came in fit the shape? Bodies, forms and queries read field by field: every problem is told at once."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from msgspec.structs import FieldInfo
from msgspec.structs import fields as struct_fields

from maquette.model.errors import Invalid, NotJson
from maquette.model.text import TOO_MANY_MARKS, has_too_many_marks, is_storable
from maquette.wire.problems import NUL, sentence

S = TypeVar("S", bound=msgspec.Struct)

MAX_QUERY_BYTES = 32 * 1024
"""Room for two texts of 1,000 characters, each of twelve bytes when escaped, and a hundred ids."""

NOT_A_FIELD = "is not a field of this request"
MAX_NUMBER_DIGITS = 19
MAX_PROBLEMS = 50
MAX_ENTRIES = 200
"""So many of a list's entries are looked at one by one; no list may be longer."""

TOLD_NAME = 100
"""So much of an unknown name is told."""

_PLAIN_NUMBER = re.compile(rf"-?[0-9]{{1,{MAX_NUMBER_DIGITS}}}")
_END_OF_NAME = re.compile(rb'"\s*:')
_JSON_TYPE = re.compile(rb"\s*application/([\w.-]+\+)?json\s*(;.*)?", re.IGNORECASE)
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Upload:
    """A file among a form's fields; what it says of itself beside its bytes is not believed."""

    def __init__(self, filename: str, content: bytes) -> None:
        self.filename = filename
        self.content = content

    def take(self) -> bytes:
        """The content, which is then nobody's but the taker's: a file is large, and a call may wait long."""
        content, self.content = self.content, b""
        return content


def require_json(content_type: bytes | None) -> None:
    """Pass for JSON, and for a client that doesn't say. Raises `NotJson`."""
    if content_type and content_type != b"application/json" and not _JSON_TYPE.fullmatch(content_type):
        raise NotJson


def read_body(body: bytes, shape: type[S]) -> S:
    """The body as that shape. Raises `Invalid`, naming every field that's wrong, missing or unknown."""
    read = _decode_strict(body, shape)
    strings = body.split(b'"')[1::2]
    if len(set(strings)) < len(strings) or b"\\" in body:  # where all strings differ, so do the names
        _require_no_name_twice(body)
    return read if read is not None else fill_shape(shape, _json_object(body), strict=True, ignore_unknown=False)


def read_query(query: bytes, shape: type[S]) -> S:
    """The query string as that shape; unknown names are ignored, of a repeated one the last counts.

    Raises `Invalid`.
    """
    return fill_shape(shape, dict(_pairs(query)) if query else {}, strict=False, ignore_unknown=True)


def require_readable(path: str, query: bytes) -> None:
    """Pass for a path and a query of reasonable length that are percent-encoded UTF-8 without NUL. Raises `Invalid`."""
    if not is_storable(path):
        raise Invalid({"path": ["must be percent-encoded UTF-8 without NUL"]})
    if len(query) > MAX_QUERY_BYTES:
        raise Invalid({"query": [f"must have at most {MAX_QUERY_BYTES:,} bytes"]})
    if query:
        _pairs(query)


@lru_cache(64)
def _pairs(query: bytes) -> tuple[tuple[str, str], ...]:
    """What the gate and the handler of one call both ask for."""
    try:
        text = query.decode("ascii")
        if _BROKEN_PERCENT.search(text):
            raise ValueError
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise Invalid({"query": ["must be percent-encoded UTF-8 with at most 200 parameters"]}) from None
    if any(not is_storable(name + value) for name, value in pairs):
        raise Invalid({"query": ["must not hold NUL"]})
    return tuple(pairs)


def _decode_strict(body: bytes, shape: type[S]) -> S | None:
    """The body of a caller who got all of it right; None for one that has to be looked at field by field."""
    if not shape.__struct_config__.forbid_unknown_fields or b"\\u0000" in body:
        return None
    try:
        read: S = _decoder(shape).decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return read


def _require_no_name_twice(body: bytes) -> None:
    """Pass where no object has a name twice, of which the first would be lost. Raises `Invalid`.

    Names are counted in what came and in what is left of it, and one by one only where that differs: they look the same
    within strings, and escaped ones don't.
    """
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # what is no JSON is told elsewhere
        left = msgspec.json.encode(msgspec.json.decode(body))
        if b"\\u" in body or len(_END_OF_NAME.findall(body)) != left.count(b'":'):
            json.loads(body, object_pairs_hook=_require_distinct)


def _require_distinct(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > len(names := {name for name, _ in pairs}):
        for name, _ in pairs:
            if name not in names:
                raise Invalid({name[:TOLD_NAME]: ["must be sent once"]})
            names.remove(name)


@cache
def _decoder(shape: type[S]) -> msgspec.json.Decoder[S]:
    return msgspec.json.Decoder(shape)


def _json_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise Invalid({"body": ["must be a JSON object; nothing was sent"]})
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise Invalid({"body": ["is nested too deeply"]}) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if isinstance(error, msgspec.ValidationError):  # the grammar has no bounds, but we have
            raise Invalid({"body": ["holds a number that is out of range"]}) from None
        raise Invalid({"body": [f"is not valid JSON: {_where(body, error)}"]}) from None
    if not isinstance(value, dict):
        raise Invalid({"body": ["must be a JSON object"]})
    return value


def _where(body: bytes, error: Exception) -> str:
    if "(byte " in str(error):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 (byte {_first_broken(body)})"
    return f"it ends too early, or a string holds half a character (byte {len(body)})"


def _first_broken(body: bytes) -> int:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(body)


def fill_shape(shape: type[S], given: Mapping[str, Any], *, strict: bool, ignore_unknown: bool) -> S:
    """The shape with these fields; texts stand for numbers too unless it's strict. Raises `Invalid`."""
    known = _fields(shape)
    values: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, value in given.items():
        field = known.get(name)
        if field is None:
            if not ignore_unknown:
                problems[name[:TOLD_NAME]] = [NOT_A_FIELD]
            if len(problems) >= MAX_PROBLEMS:
                break
            continue
        try:
            values[field.name] = _converted(value, field, strict)
        except (msgspec.ValidationError, ValueError) as error:
            problems |= _problems_inside(name, value, field, strict) or {name: [_sentence_for(str(error), field)]}
    for name, field in known.items():
        if field.required and name not in given:
            problems[name] = ["is required"]
    if problems:
        raise Invalid(problems)
    return shape(**values)


def _sentence_for(error: str, field: FieldInfo) -> str:
    return (
        "must be a file" if _is_file(field.type) and error not in (NUL, TOO_MANY_MARKS) else sentence(error, field.type)
    )


def _converted(value: Any, field: FieldInfo, strict: bool) -> Any:
    _require_storable(value)
    if not strict and isinstance(value, str) and not value.isascii() and has_too_many_marks(value):
        raise ValueError(TOO_MANY_MARKS)
    if isinstance(value, Upload) and _is_file(field.type):
        return value
    if not strict and _takes_number(field.type) and isinstance(value, str):
        if not _PLAIN_NUMBER.fullmatch(value):
            raise ValueError("Expected `int`")
        value = int(value)
    return msgspec.convert(value, field.type)  # its lax mode would take the text `null` for null


def _problems_inside(name: str, value: Any, field: FieldInfo, strict: bool) -> dict[str, list[str]]:
    """What's wrong in a list of shapes, entry by entry, up to a few: `colors[3].hex` …"""
    entry = _entry_shape(field.type)
    problems: dict[str, list[str]] = {}
    for place, part in enumerate(value[:MAX_ENTRIES] if entry and isinstance(value, list) else ()):
        if len(problems) >= MAX_PROBLEMS:
            break
        if not isinstance(part, dict):
            problems[f"{name}[{place}]"] = ["must be an object"]
            continue
        try:
            fill_shape(entry, part, strict=strict, ignore_unknown=False)
        except Invalid as invalid:
            problems |= {f"{name}[{place}].{inner}": [*found] for inner, found in invalid.problems.items()}
    return problems


def _entry_shape(type_: Any) -> Any:
    """The shape that a list is of, whatever stands around the list."""
    arguments = get_args(type_)
    if get_origin(type_) is list and isinstance(arguments[0], type) and issubclass(arguments[0], msgspec.Struct):
        return arguments[0]
    return next(filter(None, map(_entry_shape, arguments)), None)


def _require_storable(value: Any) -> None:
    if isinstance(value, str) and not is_storable(value):
        raise ValueError(NUL)


def _is_file(type_: Any) -> bool:
    return Upload in (type_, *get_args(type_)[:1])


@cache
def _takes_number(type_: Any) -> bool:
    return type_ is int or any(_takes_number(inner) for inner in get_args(type_)[:1])


@cache
def _fields(shape: type[msgspec.Struct]) -> dict[str, FieldInfo]:
    return {field.encode_name: field for field in struct_fields(shape)}
