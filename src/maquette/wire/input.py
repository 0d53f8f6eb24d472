"""Validates bodies, forms and queries against a shape, field by field, so that all problems are reported at once."""

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
"""Room for two texts of 1,000 characters, at twelve bytes per escaped character, and a hundred ids."""

NOT_A_FIELD = "is not a field of this request"
MAX_NUMBER_DIGITS = 19
MAX_PROBLEMS = 50
MAX_ENTRIES = 200
"""How many entries of an invalid list are checked one by one; no list may be longer."""

MAX_REPORTED_NAME = 100
"""How many characters of an unknown field's name are repeated in its problem."""

_PLAIN_NUMBER = re.compile(rf"-?[0-9]{{1,{MAX_NUMBER_DIGITS}}}")
_END_OF_NAME = re.compile(rb'"\s*:')
_JSON_TYPE = re.compile(rb"\s*application/([\w.-]+\+)?json\s*(;.*)?", re.IGNORECASE)
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Upload:
    """A file in a form. Its declared media type is ignored: the content decides."""

    def __init__(self, filename: str, content: bytes) -> None:
        self.filename = filename
        self.content = content

    def take(self) -> bytes:
        """Hand over the content and drop the reference to it: files are large, and a call may wait long."""
        content, self.content = self.content, b""
        return content


def require_json(content_type: bytes | None) -> None:
    """Raise `NotJson` unless the content type is JSON or absent."""
    if content_type and content_type != b"application/json" and not _JSON_TYPE.fullmatch(content_type):
        raise NotJson


def read_body(body: bytes, shape: type[S]) -> S:
    """The body as that shape. Raises `Invalid`, naming every field that's wrong, missing or unknown."""
    decoded = _decode_strict(body, shape)
    strings = body.split(b'"')[1::2]
    if len(set(strings)) < len(strings) or b"\\" in body:  # if all strings differ, so do the names
        _require_unique_names(body)
    return decoded if decoded is not None else fill_shape(shape, _json_object(body), strict=True, ignore_unknown=False)


def read_query(query: bytes, shape: type[S]) -> S:
    """The query string as that shape. Unknown names are ignored; of a repeated name, the last one counts.

    Raises `Invalid`.
    """
    return fill_shape(shape, dict(_query_pairs(query)) if query else {}, strict=False, ignore_unknown=True)


def require_readable(path: str, query: bytes) -> None:
    """Raise `Invalid` unless path and query are percent-encoded UTF-8 without NUL, and the query isn't too long."""
    if not is_storable(path):
        raise Invalid({"path": ["must be percent-encoded UTF-8 without NUL"]})
    if len(query) > MAX_QUERY_BYTES:
        raise Invalid({"query": [f"must have at most {MAX_QUERY_BYTES:,} bytes"]})
    if query:
        _query_pairs(query)


@lru_cache(64)
def _query_pairs(query: bytes) -> tuple[tuple[str, str], ...]:
    """The query's parameters. Cached because the gate and the handler of a call both parse it. Raises `Invalid`."""
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
    """The fast path: a valid body, decoded at once; None for one that must be validated field by field."""
    if not shape.__struct_config__.forbid_unknown_fields or b"\\u0000" in body:
        return None
    try:
        decoded: S = _decoder(shape).decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return decoded


def _require_unique_names(body: bytes) -> None:
    """Raise `Invalid` if an object has a name twice, since decoding would silently drop the first value.

    Decoding and encoding again drops duplicates, so the number of names differs from the body's. Only then, or if
    Unicode escapes make the numbers incomparable, does a slower parser look for duplicates.
    """
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # invalid JSON is reported elsewhere
        reencoded = msgspec.json.encode(msgspec.json.decode(body))
        if b"\\u" in body or len(_END_OF_NAME.findall(body)) != reencoded.count(b'":'):
            json.loads(body, object_pairs_hook=_require_distinct)


def _require_distinct(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > len(names := {name for name, _ in pairs}):
        for name, _ in pairs:
            if name not in names:
                raise Invalid({name[:MAX_REPORTED_NAME]: ["must be sent once"]})
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
        if isinstance(error, msgspec.ValidationError):  # JSON's grammar allows any number, msgspec doesn't
            raise Invalid({"body": ["holds a number that is out of range"]}) from None
        raise Invalid({"body": [f"is not valid JSON: {_syntax_error(body, error)}"]}) from None
    if not isinstance(value, dict):
        raise Invalid({"body": ["must be a JSON object"]})
    return value


def _syntax_error(body: bytes, error: Exception) -> str:
    """What is wrong with the JSON, and at which byte."""
    if "(byte " in str(error):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 (byte {_first_invalid_byte(body)})"
    return f"it ends too early, or a string holds half a character (byte {len(body)})"


def _first_invalid_byte(body: bytes) -> int:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(body)


def fill_shape(shape: type[S], given: Mapping[str, Any], *, strict: bool, ignore_unknown: bool) -> S:
    """The shape filled with these fields. Unless `strict`, a text may stand for a number. Raises `Invalid`."""
    known = _fields(shape)
    values: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, value in given.items():
        field = known.get(name)
        if field is None:
            if not ignore_unknown:
                problems[name[:MAX_REPORTED_NAME]] = [NOT_A_FIELD]
            if len(problems) >= MAX_PROBLEMS:
                break
            continue
        try:
            values[field.name] = _convert(value, field, strict)
        except (msgspec.ValidationError, ValueError) as error:
            problems |= _entry_problems(name, value, field, strict) or {name: [_sentence_for(str(error), field)]}
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


def _convert(value: Any, field: FieldInfo, strict: bool) -> Any:
    """The value as the field's type. Raises `ValueError` or `msgspec.ValidationError`."""
    _require_storable(value)
    if not strict and isinstance(value, str) and not value.isascii() and has_too_many_marks(value):
        raise ValueError(TOO_MANY_MARKS)
    if isinstance(value, Upload) and _is_file(field.type):
        return value
    if not strict and _takes_number(field.type) and isinstance(value, str):
        if not _PLAIN_NUMBER.fullmatch(value):
            raise ValueError("Expected `int`")
        value = int(value)
    return msgspec.convert(value, field.type)  # not its lax mode, which takes the text `null` for null


def _entry_problems(name: str, value: Any, field: FieldInfo, strict: bool) -> dict[str, list[str]]:
    """The problems in a list of shapes, entry by entry, up to a limit: `colors[3].hex` …"""
    entry = _entry_shape(field.type)
    problems: dict[str, list[str]] = {}
    for index, part in enumerate(value[:MAX_ENTRIES] if entry and isinstance(value, list) else ()):
        if len(problems) >= MAX_PROBLEMS:
            break
        if not isinstance(part, dict):
            problems[f"{name}[{index}]"] = ["must be an object"]
            continue
        try:
            fill_shape(entry, part, strict=strict, ignore_unknown=False)
        except Invalid as invalid:
            problems |= {f"{name}[{index}].{inner}": [*inside] for inner, inside in invalid.problems.items()}
    return problems


def _entry_shape(type_: Any) -> Any:
    """The shape of a list's entries, or None. The list may be within a union or an annotation."""
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
