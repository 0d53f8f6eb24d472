"""Reads what a browser sends: the fields of a query or of a URL-encoded form, and of a form with files."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from maquette.model.errors import Invalid, NotForm
from maquette.model.text import TOO_MANY_MARKS, has_too_many_marks, is_storable
from maquette.wire.forms import MEDIA_TYPE as MULTIPART
from maquette.wire.forms import read_form
from maquette.wire.input import Upload

URL_ENCODED = "application/x-www-form-urlencoded"
MAX_FIELDS = 2_000
"""A brand kit with all its colours and fonts has 900."""

Values = Mapping[str, str]
"""What a form's fields show: texts by name."""


class Form:
    """The fields that were sent, in their order; a name may occur more than once."""

    def __init__(self, pairs: Sequence[tuple[str, str | Upload]] = ()) -> None:
        self._pairs = pairs

    def text(self, name: str, default: str = "") -> str:
        """The first value of that name, with line feeds alone as line ends."""
        return next((value for value in self.all(name)), default)

    def optional(self, name: str) -> str | None:
        """The same, None where nothing but blanks was sent."""
        return self.text(name).strip() or None

    def all(self, name: str) -> list[str]:
        """All texts of that name."""
        return [_unix(value) for field, value in self._pairs if field == name and isinstance(value, str)]

    def number(self, name: str, default: int) -> int:
        """A whole number of at most nine digits; anything else is the default."""
        text = self.text(name).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else default

    def upload(self, name: str) -> Upload | None:
        """The file of that name; None where none was chosen, which browsers send as an empty one without a name."""
        found = next((value for field, value in self._pairs if field == name and isinstance(value, Upload)), None)
        return found if found is not None and (found.filename or found.content) else None

    def values(self) -> dict[str, str]:
        """The first text of each name, to be shown again."""
        return {name: _unix(value) for name, value in reversed(self._pairs) if isinstance(value, str)}


def read_urlencoded(content: bytes) -> Form:
    """The fields of a query or a URL-encoded form. Raises `Invalid`."""
    try:
        text = content.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS) if text else []
    except ValueError:
        raise Invalid({"form": [f"must be URL-encoded UTF-8 with at most {MAX_FIELDS:,} fields"]}) from None
    return _checked(pairs)


def read(content_type: str, content: bytes, *, may_upload: bool) -> Form:
    """The fields of a form of either encoding; nothing sent is a form without fields. Raises `Invalid`, `NotForm`."""
    kind = content_type.partition(";")[0].strip().lower()
    if may_upload and kind == MULTIPART:
        return _checked([*read_form(content_type, content).items()])
    if content and kind != URL_ENCODED:
        raise NotForm
    return read_urlencoded(content)


def _checked(pairs: Sequence[tuple[str, str | Upload]]) -> Form:
    """A form of these fields, whose texts are safe to fold and to store. Raises `Invalid`."""
    for name, value in pairs:
        text = value if isinstance(value, str) else value.filename
        if not is_storable(name + text):
            raise Invalid({"form": ["must not hold NUL"]})
        if not text.isascii() and has_too_many_marks(text):
            raise Invalid({name: [TOO_MANY_MARKS]})
    return Form(pairs)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
