"""Is everything that comes in either understood or refused in a sentence? Bodies and queries, field by field."""

import json
from typing import Annotated, Any, Literal
from urllib.parse import quote

import httpx2
import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Meta, UnsetType

from maquette.model.errors import Invalid, NotJson
from maquette.model.text import TOO_MANY_MARKS
from maquette.wire import input as input_
from maquette.wire.input import (
    MAX_ENTRIES,
    MAX_PROBLEMS,
    MAX_QUERY_BYTES,
    MAX_REPORTED_NAME,
    fill_shape,
    read_body,
    read_query,
    require_json,
    require_readable,
)
from tests.described import Operation, operations
from tests.office import Office

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([10**400, "\0", "\ud800"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(["fullName", "size", "color", "flag", "mood", "note", "unknown"])
TEXTS = st.text(st.characters(codec=None))
"""Any characters, lone surrogates too."""

HARSH = settings(deadline=None, derandomize=True, database=None)


class Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A field of every kind that a body has."""

    full_name: str
    size: Annotated[int, Meta(ge=1, le=100)] = 1
    color: str | None = None
    flag: bool = False
    mood: Literal["calm", "wild"] = "calm"
    note: Annotated[str, Meta(max_length=5)] | None | UnsetType = UNSET


class Query(msgspec.Struct, frozen=True):
    """A field of every kind that a query has."""

    page: Annotated[int, Meta(ge=1, le=999_999_999)] = 1
    limit: Annotated[int, Meta(ge=1, le=100)] | None = None
    q: Annotated[str, Meta(max_length=5)] | None = None
    mood: Literal["calm", "wild"] | None = None


def problems_of_body(body: bytes) -> Any:
    """What is wrong with it."""
    with pytest.raises(Invalid) as refused:
        read_body(body, Body)
    return dict(refused.value.problems)


def problems_of_query(query: bytes) -> Any:
    """What is wrong with it."""
    with pytest.raises(Invalid) as refused:
        read_query(query, Query)
    return dict(refused.value.problems)


class TestReadBody:
    def test_it_is_filled_by_its_names_on_the_wire(self) -> None:
        """Fields have their wire's spelling; what isn't there has its default, and null is not that."""
        assert Body("a", 2, None, True, "wild", None) == read_body(
            b'{"fullName":"a","size":2,"color":null,"flag":true,"mood":"wild","note":null}', Body
        )
        assert Body("a", 1, None, False, "calm", UNSET) == read_body(b'{"fullName":"a"}', Body)

    @pytest.mark.parametrize(
        ("field", "value", "expected"),
        [
            ("fullName", 1, "must be text"),
            ("fullName", None, "must be text"),
            ("fullName", "a\0", "must not hold NUL"),
            ("size", "1", "must be a whole number"),
            ("size", True, "must be a whole number"),
            ("size", 1.5, "must be a whole number"),
            ("size", 0, "must be at least 1"),
            ("size", 10**30, "must be at most 100"),
            ("color", [], "must be text or null"),
            ("flag", "true", "must be true or false"),
            ("mood", "odd", "must be one of calm, wild"),
            ("mood", None, "must be one of calm, wild"),
            ("note", "123456", "must have at most 5 characters"),
            ("full_name", "a", "is not a field of this request"),
        ],
    )
    def test_a_wrong_field_is_told_in_a_sentence(self, field: str, value: Any, expected: str) -> None:
        """What it must be, without a subject, so that each dialect can name the field in its own way."""
        body = json.dumps({"fullName": "a", field: value}).encode()
        assert {field: [expected]} == problems_of_body(body)

    def test_all_problems_are_told_at_once(self) -> None:
        """Wrong, unknown and missing fields in one answer."""
        expected = {
            "size": ["must be a whole number"],
            "extra": ["is not a field of this request"],
            "fullName": ["is required"],
        }
        assert expected == problems_of_body(b'{"size":"x","extra":1}')

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b"", "must be a JSON object; nothing was sent"),
            (b"\n ", "must be a JSON object; nothing was sent"),
            (b"{", "is not valid JSON: it ends too early, or a string holds half a character (byte 1)"),
            (b'{"a":"\\ud800"}', "is not valid JSON: it ends too early, or a string holds half a character (byte 14)"),
            (
                b'{"a":"\\ud83d\\u0041"}',
                "is not valid JSON: JSON is malformed: invalid utf-16 surrogate pair (byte 18)",
            ),
            (b'{"a":1}x', "is not valid JSON: JSON is malformed: trailing characters (byte 8)"),
            (b"{'a':1}", "is not valid JSON: JSON is malformed: object keys must be strings (byte 1)"),
            (b'{"a":"\xff"}', "is not valid JSON: it is not UTF-8 (byte 6)"),
            (b'{"a":1e999}', "holds a number that is out of range"),
            (b'{"a":' + b"1" * 5_000 + b"}", "holds a number that is out of range"),
            (b"[" * 100_000, "is nested too deeply"),
            (b'{"a":' * 100_000, "is nested too deeply"),
            (b"[]", "must be a JSON object"),
            (b"null", "must be a JSON object"),
        ],
    )
    def test_what_is_no_json_object_is_told_with_its_place(self, body: bytes, expected: str) -> None:
        """Truncated, malformed, not UTF-8, out of range, too deep, or another kind of value."""
        assert {"body": [expected]} == problems_of_body(body)

    @HARSH
    @given(st.binary())
    def test_no_bytes_break_it(self, body: bytes) -> None:
        """Whatever the bytes, they are read or refused."""
        with pytest.raises(Invalid):
            read_body(body, Body)

    @HARSH
    @given(st.dictionaries(FIELDS, JSON))
    def test_no_values_break_it(self, values: dict[str, Any]) -> None:
        """Whatever JSON the fields hold, it is read as what it is or refused."""
        body = json.dumps(values).encode()
        try:
            read = msgspec.to_builtins(read_body(body, Body))
        except Invalid:
            return
        assert {name: value for name, value in read.items() if name in values} == values


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One of a list."""

    name: str
    hex: str


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    """What holds a list of shapes."""

    entries: list[Entry]


class TestNamesTwice:
    @pytest.mark.parametrize(
        ("body", "name"),
        [
            (b'{"fullName":"a","fullName":"b"}', "fullName"),
            (b'{"fullName":"a","fullName":"a"}', "fullName"),
            (b'{"fullName" : "a", "size": 1, "fullName"\n:"b"}', "fullName"),
            (b'{"fullName":"a","full\\u004eame":"b"}', "fullName"),
            (b'{"fullName":"a","unknown":{"b":[{"c":1,"c":2}]}}', "c"),
            (b'{"fullName":"\\":\\u0022:\\":","size":1,"size":2}', "size"),
            (b'{"fullName":":","size":1,"size":"\\u0022:"}', "size"),
            (b'{"":1,"":2}', ""),
        ],
    )
    def test_the_first_is_not_silently_lost(self, body: bytes, name: str) -> None:
        """However it is written, wherever it stands, and whether it is known or not."""
        assert {name: ["must be sent once"]} == problems_of_body(body)

    @pytest.mark.parametrize(
        "body",
        [
            b'{"fullName":"size","size":1}',
            b'{"fullName":":","note":":"}',
            b'{"fullName":"\\"size\\":","size":1}',
            b'{"fullName":"\\u0022size\\u0022:","size":1}',
            b'{"fullName":"a", "color" : "a", "note":"a"}',
        ],
    )
    def test_what_only_looks_like_it_is_read(self, body: bytes) -> None:
        """A value may be written as a name is."""
        assert json.loads(body)["fullName"] == read_body(body, Body).full_name

    @HARSH
    @given(st.lists(st.tuples(st.sampled_from(["fullName", "note", 'a":', "\\"]), st.sampled_from(['":', "a", ":"]))))
    def test_none_is_overlooked(self, pairs: list[tuple[str, str]]) -> None:
        """Told where, and only where, one is there twice."""
        body = "{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs) + "}"
        try:
            read_body(body.encode(), Body)
        except Invalid as refused:
            told = ["must be sent once"] in refused.problems.values()
        else:
            told = False
        assert told == (len({name for name, _ in pairs}) < len(pairs))


class TestMuchThatIsWrong:
    def test_only_so_many_unknown_fields_are_told(self) -> None:
        """And of each only the beginning of its name."""
        told = problems_of_body(json.dumps({f"{number:09}" + "x" * 1_000: 1 for number in range(5_000)}).encode())
        assert (MAX_PROBLEMS + 1, MAX_REPORTED_NAME) == (len(told), max(map(len, told)))

    def test_only_so_many_entries_are_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is wrong further behind is told in one sentence."""
        looked: list[Any] = []

        def noted(*given: Any, **options: Any) -> Any:
            looked.append(given)
            return fill_shape(*given, **options)

        monkeypatch.setattr(input_, "fill_shape", noted)
        for wrong in ({}, {"name": "x"}):
            looked.clear()
            with pytest.raises(Invalid) as refused:
                read_body(json.dumps({"entries": [{"name": "x", "hex": "#123"}] * 5_000 + [wrong]}).encode(), Whole)
            assert len(looked) <= MAX_ENTRIES + 1
            assert ["entries"] == list(refused.value.problems)


class TestReadQuery:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (b"", Query()),
            (b"page=2&limit=3&q=a+b&mood=wild", Query(2, 3, "a b", "wild")),
            (b"page=2&page=3", Query(3)),
            (b"_=123&page=2&utm_source=x", Query(2)),
            (b"q=", Query(q="")),
            (b"q=null", Query(q="null")),
            (b"q=%F0%9F%8E%A8", Query(q="🎨")),
            (b"q=%25&;", Query(q="%")),
        ],
    )
    def test_it_is_read(self, query: bytes, expected: Query) -> None:
        """Unknown names are ignored, of a repeated one the last counts, and blanks are plus signs."""
        assert expected == read_query(query, Query)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (b"page=0", {"page": ["must be at least 1"]}),
            (b"page=-1", {"page": ["must be at least 1"]}),
            (b"page=", {"page": ["must be a whole number"]}),
            (b"page=1.0", {"page": ["must be a whole number"]}),
            (b"page=1e2", {"page": ["must be a whole number"]}),
            (b"page=+1", {"page": ["must be a whole number"]}),
            (b"page=%2B1", {"page": ["must be a whole number"]}),
            (b"page=0x1", {"page": ["must be a whole number"]}),
            (b"page=1_0", {"page": ["must be a whole number"]}),
            (b"page=1000000000", {"page": ["must be at most 999999999"]}),
            (b"page=" + b"9" * 20, {"page": ["must be a whole number"]}),
            (b"page=%D9%A1", {"page": ["must be a whole number"]}),
            (b"page=null", {"page": ["must be a whole number"]}),
            (b"limit=101", {"limit": ["must be at most 100"]}),
            (b"limit=null", {"limit": ["must be a whole number"]}),
            (b"mood=odd", {"mood": ["must be one of calm, wild"]}),
            (b"mood=null", {"mood": ["must be one of calm, wild"]}),
            (b"q=" + b"%CC%81" * 31, {"q": [TOO_MANY_MARKS]}),
            (b"q=123456", {"q": ["must have at most 5 characters"]}),
            (b"page=x&mood=y", {"page": ["must be a whole number"], "mood": ["must be one of calm, wild"]}),
        ],
    )
    def test_a_wrong_parameter_is_told_in_a_sentence(self, query: bytes, expected: dict[str, list[str]]) -> None:
        """Only plain ASCII digits are a number; what may be left out can't be written as `null`."""
        assert expected == problems_of_query(query)

    @HARSH
    @given(st.binary())
    @example(b"\xff")
    def test_no_bytes_break_it(self, query: bytes) -> None:
        """Whatever the bytes, they are read or refused."""
        try:
            read_query(query, Query)
        except Invalid:
            return
        require_readable("/", query)


class TestRequireReadable:
    @pytest.mark.parametrize(
        "query",
        [b"a=%", b"a=%zz", b"a=%4", b"%", b"a=%FF", b"a=%C0%80", b"a=%ED%A0%80", b"%E2%82=1", b"a=\xc3\xa9"],
    )
    def test_what_is_not_percent_encoded_utf_8_is_refused(self, query: bytes) -> None:
        """Broken escapes, overlong forms, half characters and raw bytes, in names as in values."""
        expected = {"query": ["must be percent-encoded UTF-8 with at most 200 parameters"]}
        with pytest.raises(Invalid) as refused:
            require_readable("/", query)
        assert expected == refused.value.problems

    def test_200_parameters_are_the_most(self) -> None:
        """One more is refused, known or not."""
        require_readable("/", b"&".join([b"a=1"] * 200))
        with pytest.raises(Invalid):
            require_readable("/", b"&".join([b"a=1"] * 201))

    def test_32_kibibytes_are_the_most(self) -> None:
        """Room for two texts of a thousand escaped characters and a hundred ids, but links repeat what was asked."""
        long = [quote("🎨" * 1_000), quote("🎨" * 1_000), quote(",".join(["x" * 36] * 100))]
        require_readable("/", f"q={long[0]}&name={long[1]}&ids={long[2]}".encode())
        require_readable("/", b"a" * MAX_QUERY_BYTES)
        with pytest.raises(Invalid):
            require_readable("/", b"a" * (MAX_QUERY_BYTES + 1))

    @pytest.mark.parametrize(("path", "query"), [("/", b"a=%00"), ("/", b"%00=a"), ("/\0", b""), ("/\ud800", b"")])
    def test_nul_and_half_characters_are_refused(self, path: str, query: bytes) -> None:
        """No engine could store them, so no look-up needs to try."""
        with pytest.raises(Invalid):
            require_readable(path, query)

    @HARSH
    @given(st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.text("aä🎨 &=+%")))
    def test_whatever_is_well_encoded_is_welcome(self, pairs: dict[str, str]) -> None:
        """Any script, and every character that means something in a query, once it is escaped."""
        require_readable("/", "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs.items()).encode())


class TestRequireJson:
    @pytest.mark.parametrize(
        "media_type",
        [
            None,
            "",
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/vnd.api+json",
            " application/json ",
        ],
    )
    def test_json_by_any_of_its_names_is_welcome(self, media_type: str | None) -> None:
        """And a client that doesn't say is believed."""
        require_json(None if media_type is None else media_type.encode())

    @pytest.mark.parametrize(
        "media_type",
        ["text/plain", "application/jsonp", "application/json, text/plain", "json", "text/json", "x" * 9_999],
    )
    def test_anything_else_is_refused(self, media_type: str) -> None:
        """A form, a text, or two types at once."""
        with pytest.raises(NotJson):
            require_json(media_type.encode())


def broken_bodies() -> st.SearchStrategy[bytes]:
    """Bodies that no operation takes."""
    names = st.sampled_from(["name", "brandKitId", "projectId", "brandkitId", "clientId", "unknown"])
    odd = st.sampled_from(
        [b'"\\ud800"', b"1e999", b"-" + b"9" * 5_000, b"[" * 9_999, b'"\xff"', b"NaN", b"'a'", b"tru"]
    )
    broken = st.builds(lambda name, value: b'{"' + name.encode() + b'":' + value + b"}", names, odd)
    unknown = st.builds(lambda value: json.dumps({"unknown": value}).encode(), JSON)
    no_object = st.builds(
        lambda value: json.dumps(value).encode(), JSON.filter(lambda value: not isinstance(value, dict))
    )
    return broken | unknown | no_object | st.binary(min_size=1).filter(lambda body: body.strip() != b"")


def broken_queries() -> st.SearchStrategy[bytes]:
    """Queries that no operation takes, whatever they name."""
    pieces = [b"%", b"%0", b"%zz", b"%00", b"%FF", b"%ED%A0%80", b"%C0%80", b"%F8%88%80%80%80"]
    return st.builds(
        lambda before, piece, after: b"q=" + quote(before).encode() + piece + quote(after).encode(),
        st.text(st.characters(codec="utf-8")),
        st.sampled_from(pieces),
        st.just("") | st.just("ü"),
    )


WITH_BODY = [operation for operation in operations() if operation.method != "GET"]
OVER_HTTP = settings(HARSH, max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])

Callers = dict[str, httpx2.AsyncClient]


@pytest.fixture
async def callers(office: Office) -> Callers:
    """A caller in each dialect."""
    team = await office.team()
    return {"craftdesk": await team.craftdesk(), "creatopy": await team.creatopy()}


def path_of(operation: Operation) -> str:
    """Its path below the base."""
    return operation.path.removeprefix("/v1").replace("{ref}", "any")


class TestOverHttp:
    @OVER_HTTP
    @given(operation=st.sampled_from(WITH_BODY), body=broken_bodies())
    async def test_a_broken_body_is_always_the_dialects_400(
        self, callers: Callers, operation: Operation, body: bytes
    ) -> None:
        """On every operation, in the envelope that its document describes, and never a 500."""
        caller = callers[operation.dialect]
        headers = {"Content-Type": "multipart/form-data; boundary=b"} if operation.form else {}
        answer = await caller.request(operation.method, path_of(operation), content=body, headers=headers)
        assert (400, []) == (answer.status_code, operation.problems_of(answer))

    @OVER_HTTP
    @given(operation=st.sampled_from(operations()), query=broken_queries())
    async def test_a_broken_query_is_always_the_dialects_400(
        self, callers: Callers, operation: Operation, query: bytes
    ) -> None:
        """On every operation, those that take no query too."""
        caller = callers[operation.dialect]
        answer = await caller.request(operation.method, f"{path_of(operation)}?{query.decode()}")
        assert (400, []) == (answer.status_code, operation.problems_of(answer))
