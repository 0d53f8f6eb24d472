"""Reads multipart forms (RFC 7578): texts and files, validated against a shape with every problem reported."""

import hashlib
from collections.abc import Iterator, Mapping

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from maquette.model.errors import Invalid, NotForm, TooLarge
from maquette.wire.input import S, Upload, fill_shape

MEDIA_TYPE = "multipart/form-data"
MAX_PARTS = 20
MAX_TEXT_BYTES = 64 * 1024
"""The limit of a field that is no file."""

Form = Mapping[str, str | Upload]


def read_form(content_type: str | None, body: bytes) -> Form:
    """The form's fields. Raises `NotForm`, `TooLarge`, and `Invalid` for a malformed or truncated form."""
    kind, options = parse_options_header(content_type or "")
    if kind != MEDIA_TYPE or not options.get("boundary"):
        raise NotForm
    form: dict[str, str | Upload] = {}
    try:
        for segment, content in _parts(options["boundary"], body):
            if segment.name in form:
                raise Invalid({segment.name: ["must be sent once"]})
            form[segment.name or ""] = _value(segment, content)
    except (MultipartError, ValueError) as error:
        raise Invalid({"body": ["is not a whole multipart form in UTF-8"]}) from error
    return form


def form_as(form: Form, shape: type[S]) -> S:
    """The form as that shape. Raises `Invalid`, naming every field that's wrong, missing or unknown."""
    return fill_shape(shape, form, strict=False, ignore_unknown=False)


def fingerprint(form: Form) -> bytes:
    """A hash of the fields. Not of the bytes sent, since a client's retry has another boundary."""
    digest = hashlib.sha256()
    for name, value in sorted(form.items()):
        for part in (name, *((value,) if isinstance(value, str) else (value.filename, value.content))):
            piece = part if isinstance(part, bytes) else part.encode()
            digest.update(len(piece).to_bytes(8))
            digest.update(piece)
    return digest.digest()


def _parts(boundary: str, body: bytes) -> Iterator[tuple[MultipartSegment, bytes]]:
    segment, pieces = None, list[bytes]()
    with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
        for event in parser.parse(body):
            if isinstance(event, MultipartSegment):
                segment, pieces = event, []
            elif event:
                pieces.append(bytes(event))
            elif segment is not None:
                yield segment, b"".join(pieces)


def _value(segment: MultipartSegment, content: bytes) -> str | Upload:
    if segment.filename is not None:
        return Upload(segment.filename, content)
    if len(content) > MAX_TEXT_BYTES:
        raise TooLarge(MAX_TEXT_BYTES)
    return content.decode()
