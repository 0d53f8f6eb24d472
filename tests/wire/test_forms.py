"""Is every multipart form either understood or refused in a sentence?"""

from contextlib import suppress
from enum import StrEnum
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.model.errors import Invalid, NotForm
from maquette.wire.forms import MAX_PARTS, Form, fingerprint, form_as, read_form
from maquette.wire.input import Upload

PLAIN = "multipart/form-data; boundary=b"
HARSH = settings(deadline=None, derandomize=True, database=None)


class Kind(StrEnum):
    """What a file is for."""

    LOGO = "logo"


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A field of every kind that a form has."""

    file: Upload
    kind: Kind
    number: int | None = None
    name: str | None = None


def encoded(data: dict[str, Any], files: dict[str, Any]) -> tuple[str, bytes]:
    """Content type and body as a client sends them."""
    request = httpx2.Request("POST", "http://test", data=data, files=files)
    return request.headers["content-type"], request.read()


def form(data: dict[str, Any], **files: Any) -> Form:
    """The fields of that form."""
    return read_form(*encoded(data, files))


def part(disposition: str, content: bytes = b"x", more: str = "") -> bytes:
    """One part of a form whose boundary is `b`."""
    return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n".encode() + content + b"\r\n"


def problems(given: Form) -> Any:
    """What is wrong with it."""
    with pytest.raises(Invalid) as refused:
        form_as(given, Body)
    return dict(refused.value.problems)


class TestRead:
    def test_texts_and_files(self) -> None:
        """A file has its name and its bytes; what it says it is, is not asked."""
        found = form({"name": "Ünïcode ✓", "empty": ""}, file=('lo"go é.png', b"\0\r\n--b\xff", "text/html"))
        upload = found["file"]
        assert isinstance(upload, Upload)
        assert ('lo"go é.png', b"\0\r\n--b\xff") == (upload.filename, upload.content)
        assert {"name": "Ünïcode ✓", "empty": ""} == {name: found[name] for name in ("name", "empty")}

    def test_a_file_without_a_name_is_a_file(self) -> None:
        """Its bytes are not taken for text."""
        found = read_form(PLAIN, part('name="file"; filename=""', b"\xff\xfe") + b"--b--\r\n")
        upload = found["file"]
        assert isinstance(upload, Upload)
        assert ("", b"\xff\xfe") == (upload.filename, upload.content)

    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "",
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/mixed; b=b",
        ],
    )
    def test_another_media_type_is_told(self, content_type: str | None) -> None:
        """And one without a boundary."""
        with pytest.raises(NotForm):
            read_form(content_type, b"{}")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{}",
            part('name="a"')[:-4],
            part('name="a"'),
            part('name="a"', b"\xff") + b"--b--\r\n",
            part('name="\xff"').replace("\xff".encode(), b"\xff") + b"--b--\r\n",
            part('name="a"', more="Content-Type: text/plain; charset=nonsense\r\n", content=b"\xff") + b"--b--\r\n",
            b"".join(part(f'name="a{n}"') for n in range(MAX_PARTS + 1)) + b"--b--\r\n",
            b"--b\r\n" + b"x: y\r\n" * 100 + b"\r\n\r\n--b--\r\n",
        ],
        ids=["empty", "JSON", "cut in a part", "no end", "not UTF-8", "a name", "a charset", "too many", "headers"],
    )
    def test_a_broken_form_is_told(self, body: bytes) -> None:
        """Cut off, not in UTF-8, of too many parts."""
        with pytest.raises(Invalid) as refused:
            read_form(PLAIN, body)
        assert {"body": ["is not a whole multipart form in UTF-8"]} == dict(refused.value.problems)

    def test_a_field_is_sent_once(self) -> None:
        """Of two it can't be told which one counts."""
        with pytest.raises(Invalid) as refused:
            read_form(PLAIN, part('name="a"') * 2 + b"--b--\r\n")
        assert {"a": ["must be sent once"]} == dict(refused.value.problems)

    @HARSH
    @given(st.binary(), st.sampled_from([b"", b"--b\r\n", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n']))
    def test_no_bytes_break_it(self, body: bytes, before: bytes) -> None:
        """Either a form or a refusal."""
        with suppress(Invalid):
            assert isinstance(read_form(PLAIN, before + body), dict)


class TestShape:
    def test_texts_become_what_the_shape_says(self) -> None:
        """Numbers and choices; what isn't there is as the shape says."""
        filled = form_as(form({"kind": "logo", "number": "7"}, file=("a.png", b"x")), Body)
        assert (Kind.LOGO, 7, None, b"x") == (filled.kind, filled.number, filled.name, filled.file.content)

    def test_everything_is_told_at_once(self) -> None:
        """What is missing, unknown, no number and no choice."""
        found = problems(form({"kind": "poster", "number": "seven", "more": "x"}, file=("a.png", b"x")))
        assert {
            "kind": ["must be one of logo"],
            "number": ["must be a whole number"],
            "more": ["is not a field of this request"],
        } == found
        assert {"file": ["is required"], "kind": ["is required"]} == problems({})

    def test_a_text_is_no_file_and_a_file_no_text(self) -> None:
        """Each is told for what it isn't."""
        found = problems({"file": "a.png", "kind": Upload("logo", b"logo"), "name": Upload("x", b"x")})
        assert {"file": ["must be a file"], "kind": ["must be one of logo"], "name": ["must be text or null"]} == found

    def test_a_number_is_no_file(self) -> None:
        """Nor the other way round."""
        given: Form = {"file": Upload("x", b""), "kind": "logo", "number": Upload("7", b"7")}
        assert ["number"] == list(problems(given))

    def test_nul_is_told(self) -> None:
        """As in a body of JSON."""
        given: Form = {"file": Upload("x", b""), "kind": "logo", "name": "a\0b"}
        assert {"name": ["must not hold NUL"]} == problems(given)


class TestFingerprint:
    def test_the_boundary_and_the_order_dont_count(self) -> None:
        """Each try of a client has a boundary of its own."""
        first, second = [
            fingerprint(form({"kind": "logo", "name": "x"}, file=("a.png", b"x", media_type)))
            for media_type in ("image/png", "text/html")
        ]
        reordered = fingerprint(dict(reversed(list(form({"kind": "logo", "name": "x"}, file=("a.png", b"x")).items()))))
        assert first == second == reordered

    @pytest.mark.parametrize(
        "other",
        [
            {"file": Upload("a", b"y"), "kind": "logo"},
            {"file": Upload("b", b"x"), "kind": "logo"},
            {"file": Upload("a", b"x"), "kind": "image"},
            {"file": Upload("a", b"x"), "kin": "dlogo"},
            {"file": Upload("ax", b""), "kind": "logo"},
            {"file": Upload("a", b"x"), "kind": "logo", "name": ""},
            {"file": "a", "kind": "logo"},
        ],
        ids=["bytes", "file name", "text", "field name", "split", "more", "text for file"],
    )
    def test_everything_else_does(self, other: Form) -> None:
        """Names, texts, bytes, and where one ends and the next begins."""
        assert fingerprint({"file": Upload("a", b"x"), "kind": "logo"}) != fingerprint(other)
