"""Does the reference page show all that an OpenAPI document says, safely and from nothing but itself?"""

import base64
import copy
import hashlib
import json
import re
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest

from maquette.wire.reference import REFERENCE_CSP, render_reference

SECRETS = {"KEY": "k1", "TOKEN": "t1"}
BASE = "https://maquette.example:8443"
HOSTILE = "<script>alert('1')</script><img src=x onerror=alert(2)>\"'`$(id)`"

PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}
QUOTA = {"X-Quota": {"schema": {"type": "integer"}, "description": "Calls left in this month."}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Folder API", "version": "4.2", "description": "Keeps **folders**:\n\n- one\n- `two`"},
    "security": [{"Key": []}],
    "tags": [{"name": "Tokens", "description": "Come second in the paths."}, {"name": "Unused"}],
    "paths": {
        "/v1/folders": {
            "parameters": [
                {"name": "q", "in": "query", "schema": {"type": "string"}, "description": "The shared one."},
                {"name": "lang", "in": "query", "schema": {"type": "string", "enum": ["en", "zh"]}},
            ],
            "get": {
                "tags": ["Folders"],
                "summary": "List folders",
                "description": "Newest first.",
                "parameters": [
                    {
                        "name": "q",
                        "in": "query",
                        "required": True,
                        "schema": {"oneOf": [{"type": "string"}, {"type": "null"}], "maxLength": 40.0},
                        "description": "The operation's own.",
                        "examples": {"one": {"value": "red & blue"}},
                    },
                    {"$ref": "#/components/parameters/Trace"},
                ],
                "responses": {
                    "200": {
                        "description": "A page of folders",
                        "headers": QUOTA,
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Folder"}}
                            }
                        },
                    },
                    "400": {"description": "Malformed", "content": {"application/json": PROBLEM}},
                    "401": {"description": "Unknown key", "content": {"application/json": PROBLEM}},
                    "429": {
                        "description": "Too many",
                        "headers": {"Retry-After": {"$ref": "#/components/headers/Wait"}},
                        "content": {"application/json": PROBLEM},
                    },
                },
            },
            "post": {
                "tags": ["Folders"],
                "summary": "Create a folder",
                "requestBody": {
                    "required": True,
                    "content": {
                        "text/plain": {"schema": {"type": "string"}},
                        "application/json": {"schema": {"$ref": "#/components/schemas/FolderIn"}},
                    },
                },
                "responses": {"201": {"description": "Made", "headers": QUOTA}},
            },
        },
        "/v1/folders/{folder}": {
            "parameters": [
                {
                    "name": "folder",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string"},
                    "example": "a/b",
                }
            ],
            "get": {"responses": {"200": {"description": "The folder"}}},
            "delete": {
                "deprecated": True,
                "responses": {"204": {"description": "Gone"}, "404": {"description": "Never there"}},
            },
        },
        "/v1/token": {
            "post": {
                "tags": ["Tokens"],
                "summary": "Ask for a token",
                "security": [{}],
                "responses": {"200": {"description": "A token"}, "default": {"description": "No token"}},
            },
            "put": {
                "tags": ["Tokens"],
                "summary": "Renew a token",
                "security": [{"Token": []}],
                "responses": {"200": {"description": "A token"}},
            },
        },
    },
    "components": {
        "securitySchemes": {
            "Key": {"type": "http", "scheme": "bearer", "description": "Made in the *settings*."},
            "Token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "Door": {"type": "apiKey", "in": "header", "name": "X-Door"},
        },
        "parameters": {"Trace": {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}},
        "headers": {"Wait": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
        "schemas": {
            "Folder": {
                "type": "object",
                "required": ["id", "parent"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "parent": {"anyOf": [{"$ref": "#/components/schemas/Folder"}, {"type": "null"}]},
                    "inside": {"type": "array", "items": {"$ref": "#/components/schemas/Folder"}},
                },
            },
            "FolderIn": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "examples": ["It's a folder"]},
                    "owner": {
                        "$ref": "#/components/schemas/Owner",
                        "description": "Said beside the reference.",
                    },
                    "mood": {"enum": ["calm", "wild"], "type": "string"},
                },
            },
            "Owner": {
                "type": "object",
                "description": "Said in the schema.",
                "properties": {"email": {"type": "string", "format": "email"}},
            },
            "Problem": {"type": "object", "properties": {"message": {"type": "string"}}},
        },
    },
}
OPERATIONS = [
    ("GET", "/v1/folders", "List folders"),
    ("POST", "/v1/folders", "Create a folder"),
    ("GET", "/v1/folders/{folder}", "/v1/folders/{folder}"),
    ("DELETE", "/v1/folders/{folder}", "/v1/folders/{folder}"),
    ("POST", "/v1/token", "Ask for a token"),
    ("PUT", "/v1/token", "Renew a token"),
]


class Page(HTMLParser):
    """A page's elements in order, each with its attributes, the elements around it and the text in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.open: list[int] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, []))
        if tag not in {"meta", "link", "img", "br", "hr", "input", "path"}:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert tag == self.elements[self.open.pop()][0]

    def handle_data(self, data: str) -> None:
        for index in self.open:
            self.elements[index][2].append(data)

    def texts(self, tag: str, class_: str | None = None) -> list[str]:
        return [
            " ".join("".join(text).split())
            for name, attributes, text in self.elements
            if name == tag and class_ in (None, attributes.get("class"))
        ]

    def attributes(self, *names: str) -> list[str]:
        return [value for _, found, _ in self.elements for name, value in found.items() if name in names]

    def sheets(self, caption: str) -> list[str]:
        """The code under each caption that begins so."""
        code = ["".join(text) for tag, _, text in self.elements if tag == "pre"]
        captions = self.texts("figcaption")
        return [text for title, text in zip(captions, code, strict=True) if title.startswith(caption)]


def read(document: dict[str, Any] = DOCUMENT) -> Page:
    return Page(render_reference(document, base_url=BASE + "/"))


def with_schema(schema: dict[str, Any], **schemas: Any) -> Page:
    """The page of one operation whose answer has that schema as its body's one property, `it`."""
    body = {"type": "object", "required": ["it"], "properties": {"it": schema}}
    answer = {"description": "It", "content": {"application/json": {"schema": body}}}
    return read(
        {
            "info": {"title": "One", "version": "1"},
            "paths": {"/it": {"get": {"responses": {"200": answer}}}},
            "components": {"schemas": schemas},
        }
    )


def argv(command: str) -> list[str]:
    """The words of the command, as a shell makes them of it."""
    shown = command.replace("curl", "printf '%s\\0' curl", 1)
    run = subprocess.run(["/bin/sh", "-c", shown], env=SECRETS, capture_output=True, check=True, text=True)
    return run.stdout.split("\0")[:-1]


@pytest.mark.parametrize(("method", "path", "summary"), OPERATIONS)
def test_every_operation_is_shown(method: str, path: str, summary: str) -> None:
    """Each operation has an article with its summary, method and path, and a link in the contents."""
    page = read()
    assert [text for text in page.texts("article") if summary in text and f" {method} {path} " in text]
    assert f"{method} {summary}" in page.texts("a")


def test_operations_stand_under_their_first_tag() -> None:
    """Declared tags come first, in their order, then the others; a tag without operations is left out."""
    expected = ["Authentication", "Tokens", "Folders", "Operations"]
    assert expected == read().texts("h2")


def test_an_operation_out_of_use_is_marked() -> None:
    """A deprecated operation says so, and no other does."""
    expected = ["/v1/folders/{folder} deprecated"]
    assert expected == [text for text in read().texts("h3") if "deprecated" in text]


def test_title_version_and_addresses_are_shown() -> None:
    """The introduction names the API, its version, where it is reached and where the document lies."""
    page = Page(render_reference(DOCUMENT, base_url=BASE, document_url="/x/openapi.json", home_url="/home"))
    expected = ["Folder API", "4.2", BASE, "OpenAPI 3.1 document"]
    assert expected == page.texts("h1") + page.texts("dd")
    assert {"/x/openapi.json", "/home"} <= set(page.attributes("href"))


def test_descriptions_are_markdown() -> None:
    """A description's paragraphs, lists, emphasis and code become elements."""
    page = read()
    assert "folders" in page.texts("strong")
    assert "settings" in page.texts("em")
    assert {"one", "two"} <= set(page.texts("li"))
    assert "two" in page.texts("code")


def test_markdown_brings_in_nothing_dangerous() -> None:
    """Neither HTML, nor a picture, nor a script's address in a description becomes one in the page."""
    document = copy.deepcopy(DOCUMENT)
    document["info"]["description"] = f"{HOSTILE} ![x](https://evil.example/x.png) [y](javascript:alert(3))"
    page = read(document)
    assert not {"script", "img"} & {tag for tag, _, _ in page.elements}
    assert not [value for value in page.attributes("href") if value.startswith("javascript:")]
    assert "alert(3)" in "".join(page.texts("section"))


def test_headings_in_descriptions_keep_their_rank() -> None:
    """A description's own headings stand below the heading that it belongs to, so no level is skipped."""
    document = copy.deepcopy(DOCUMENT)
    document["info"]["description"] = "# Inner"
    document["paths"]["/v1/folders"]["get"]["description"] = "# Deeper"
    page = read(document)
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert not [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]
    assert "Inner" in page.texts("h2")
    assert "Deeper" in page.texts("h4")


def hostile(node: Any) -> Any:
    """The document with the hostile text in every place that holds words of the author's choosing."""
    if isinstance(node, list):
        return [hostile(part) for part in node]
    if not isinstance(node, dict):
        return node
    said = ("title", "version", "description", "summary", "example", "pattern", "format")
    return {key: HOSTILE if key in said else hostile(part) for key, part in node.items()}


def test_hostile_text_stays_text() -> None:
    """Markup in any text, name or value of the document adds no element and no attribute to the page."""
    document = hostile(DOCUMENT)
    folders = document["paths"].pop("/v1/folders")
    schema = {"enum": [HOSTILE, "x"], "pattern": HOSTILE, "default": HOSTILE, "examples": [HOSTILE]}
    folders["get"]["parameters"].append({"name": HOSTILE, "in": "query", "required": True, "schema": schema})
    folders["get"]["tags"] = [HOSTILE]
    folders["get"]["responses"]["400"]["headers"] = {HOSTILE: {"schema": {"type": HOSTILE}}}
    document["paths"]["/v1/" + HOSTILE] = folders
    document["components"]["securitySchemes"][HOSTILE] = {"type": "apiKey", "in": "header", "name": HOSTILE}
    document["components"]["schemas"]["Folder"]["properties"][HOSTILE] = schema
    page = read(document)
    assert not {"script", "img"} & {tag for tag, _, _ in page.elements}
    assert not {"onerror", "style"} & {name for _, attributes, _ in page.elements for name in attributes}
    assert HOSTILE in page.texts("h1")
    assert HOSTILE in page.texts("span", "field")
    assert HOSTILE in page.texts("code", "value")


def test_references_are_followed() -> None:
    """Fields behind a reference are shown, and what is said beside it goes before what it leads to."""
    page = read()
    assert {"X-Trace", "Retry-After", "owner", "email", "message"} <= set(page.texts("span", "field"))
    assert "Said beside the reference." in page.texts("p")
    assert "Said in the schema." not in page.texts("p")


def test_a_reference_may_hold_escapes() -> None:
    """A reference's `~1` and `~0` stand for a slash and a tilde."""
    page = with_schema({"$ref": "#/components/schemas/a~1b~0c"}, **{"a/b~c": {"type": "boolean"}})
    assert "boolean" in page.texts("p", "about")


def test_a_schema_that_holds_itself_is_told_once() -> None:
    """A recursive schema ends where it begins again, and says of which schema it is the repetition."""
    page = read()
    expected = ["parent Folder again or null", "inside optional array of Folder again"]
    assert expected == [text for text in page.texts("tr") if text.startswith(("parent", "inside"))]
    folder: Any = {"id": "550e8400-e29b-41d4-a716-446655440000", "parent": None, "inside": []}
    assert [folder] == json.loads(page.sheets("Response")[0])


@pytest.mark.parametrize("start", ["Alias", "Ping"])
def test_references_in_a_circle_come_to_an_end(start: str) -> None:
    """Neither two aliases of one another nor two schemas that hold each other keep the page from ending."""
    page = with_schema(
        {"$ref": f"#/components/schemas/{start}"},
        Alias={"$ref": "#/components/schemas/Other"},
        Other={"$ref": "#/components/schemas/Alias"},
        Ping={"type": "object", "properties": {"pong": {"$ref": "#/components/schemas/Pong"}}},
        Pong={"type": "object", "properties": {"ping": {"$ref": "#/components/schemas/Ping"}}},
    )
    assert f"{start} again" == page.texts("p", "about")[-1]


def test_a_reference_to_nowhere_is_an_error() -> None:
    """A document that points at something it doesn't hold is refused, not shown with a hole."""
    with pytest.raises(KeyError, match="Missing"):
        with_schema({"$ref": "#/components/schemas/Missing"})


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, "any"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"oneOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"anyOf": [{"type": "string"}, {"type": "string"}, {"type": "number"}]}, "string or number"),
        ({"type": "array", "items": {"type": "integer"}}, "array of integer"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "map of boolean"),
        ({"allOf": [{"type": "object", "description": "Less."}], "description": "More."}, "object More."),
        ({"type": "integer", "minimum": 1.0, "maximum": 10000.0}, "integer 1 or more up to 10,000"),
        ({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}, "number above 0 a multiple of 0.5"),
        ({"type": "string", "minLength": 1, "pattern": "^a"}, "string 1 or more characters matches ^a"),
        ({"type": "string", "enum": ["a", "b"], "default": "a"}, "string one of a b default a"),
        ({"type": "string", "const": "a"}, "string always a"),
        ({"type": "string", "default": ""}, 'string default ""'),
        ({"type": "boolean", "default": False}, "boolean default false"),
        ({"type": "string", "default": None}, "string"),
        ({"type": "integer", "examples": [7]}, "integer such as 7"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "array of any each one of a b"),
        ({"type": "array", "maxItems": 9}, "array of any up to 9 items"),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "maxLength": 5},
            "string or null up to 5 characters",
        ),
    ],
)
def test_a_type_is_told_with_its_limits(schema: dict[str, Any], expected: str) -> None:
    """A field's row names its types, what limits its values, its default and an example."""
    assert f"it {expected}" == with_schema(schema).texts("tr")[-1]


def test_forms_of_a_union_are_told_apart() -> None:
    """Where a value is one of several objects, each form's fields stand under that form's name."""
    forms = [
        {"title": "Cat", "type": "object", "properties": {"purrs": {"type": "boolean"}}},
        {"title": "Dog", "type": "object", "properties": {"barks": {"type": "boolean"}}},
    ]
    expected = ["it", "as Cat", "purrs", "as Dog", "barks"]
    assert expected == with_schema({"oneOf": forms}).texts("span", "field")


def test_nested_fields_are_indented() -> None:
    """Fields stand one step deeper than what holds them, through lists, maps and merged schemas."""
    leaf = {"type": "object", "properties": {"leaf": {"type": "string"}}}
    tree = {"list": {"type": "array", "items": leaf}, "map": {"type": "object", "additionalProperties": leaf}}
    page = with_schema({"allOf": [{"type": "object", "properties": tree}, leaf]})
    depths = [attributes.get("class") for tag, attributes, _ in page.elements if tag == "tr"]
    expected = [("it", "d0"), ("list", "d1"), ("leaf", "d2"), ("map", "d1"), ("leaf", "d2"), ("leaf", "d1")]
    assert expected == list(zip(page.texts("span", "field"), depths[1:], strict=True))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "example": "a", "default": "b"}, "a"),
        ({"type": "string", "examples": ["a"], "enum": ["c"]}, "a"),
        ({"type": "string", "enum": ["b", "a"], "default": "a"}, "a"),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"const": 3}, 3),
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "2025-03-23T14:35:21Z"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5.0}, 5),
        ({"type": ["string", "null"]}, None),
        ({"oneOf": [{"type": "null"}, {"type": "string", "examples": ["a"]}]}, "a"),
        ({"type": "array", "items": {"type": "boolean"}}, [True]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"key": 1}),
        ({"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {"const": 2}}}, {"b": 2}),
        ({"type": "string", "examples": ['<b>"quoted" & \\ back'], "title": "x"}, '<b>"quoted" & \\ back'),
    ],
)
def test_an_example_is_made_from_the_schema(schema: dict[str, Any], expected: Any) -> None:
    """A stated example is used, else a value made from the type; the page's JSON can be read back."""
    assert {"it": expected} == json.loads(with_schema(schema).sheets("Response")[0])


def test_an_example_of_the_whole_body_is_preferred() -> None:
    """An example given with the body's media type is shown instead of one made from its schema."""
    document = copy.deepcopy(DOCUMENT)
    answer = document["paths"]["/v1/folders"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["examples"] = {"empty": {"value": ["stated"]}}
    expected = ["stated"]
    assert expected == json.loads(read(document).sheets("Response")[0])


def test_every_answer_is_shown() -> None:
    """Each operation's statuses stand with their meanings, the catch-all one too."""
    stated = [
        f"{status} {answer['description']}"
        for path in DOCUMENT["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
        for status, answer in operation["responses"].items()
    ]
    assert sorted(stated) == sorted(read().texts("span", "meaning"))


def test_failures_alike_are_told_once() -> None:
    """Failures with the same body and headers share an entry; other headers, or a success, have their own."""
    expected = ["200 A page of folders", "400 Malformed 401 Unknown key", "429 Too many", "404 Never there"]
    assert set(expected) <= set(read().texts("summary"))


def test_every_header_is_shown() -> None:
    """An answer's headers stand in it with type and meaning, those behind a reference too."""
    details = read().texts("details")
    expected = ["200 A page", "201 Made H", "429 Too ma"]
    heads = ("X-Quota integer Calls left in this month.", "Retry-After integer Seconds to wait.")
    assert expected == sorted(text[:10] for text in details if any(head in text for head in heads))


def test_parameters_are_shown_by_place() -> None:
    """Parameters stand under where they go, with type, limits and need; none is called null."""
    page = read()
    labels = {attributes["aria-label"] for tag, attributes, _ in page.elements if tag == "table"}
    assert {"Path parameters", "Query parameters", "Request headers"} <= labels
    row = "q required string up to 40 characters such as red & blue The operation's own."
    assert row in page.texts("tr")


def test_an_operations_parameter_replaces_the_paths() -> None:
    """Of two parameters with one name and place, only the operation's own is shown for it."""
    article = next(text for text in read().texts("article") if text.startswith("List folders"))
    assert "The operation's own." in article
    assert "The shared one." not in article
    assert "lang string one of en zh" in article


def test_need_is_marked_from_the_readers_side() -> None:
    """A request's row says what must be sent, an answer's row says what may be missing."""
    rows = read().texts("tr")
    sent = {"name required string such as It's a folder", "mood string one of calm wild"}
    assert sent | {"id string (uuid)", "message optional string"} <= set(rows)


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("List folders", ["GET", f"{BASE}/v1/folders?q=red+%26+blue", "-H", "Authorization: Bearer k1"]),
        ("/v1/folders/", ["GET", f"{BASE}/v1/folders/a%2Fb", "-H", "Authorization: Bearer k1"]),
        ("Ask for a token", ["POST", f"{BASE}/v1/token"]),
        ("Renew a token", ["PUT", f"{BASE}/v1/token", "-H", "Authorization: Bearer t1"]),
    ],
)
def test_a_command_asks_what_the_operation_takes(summary: str, expected: list[str]) -> None:
    """The curl command has the method, the address with what it requires, and the credential it needs."""
    page = read()
    articles = zip(page.texts("article"), page.sheets("Request"), strict=True)
    command = next(command for text, command in articles if text.startswith(summary))
    assert ["curl", "-X", *expected] == argv(command)


def test_a_command_sends_the_body() -> None:
    """The curl command of an operation with a body says its type and sends an example of it."""
    command = argv(next(text for text in read().sheets("Request") if "-d" in text))
    assert "Content-Type: application/json" in command
    body = {"name": "It's a folder", "owner": {"email": "ada@example.com"}, "mood": "calm"}
    assert body == json.loads(command[command.index("-d") + 1])


def test_a_command_is_safe_to_paste() -> None:
    """Whatever the document says, the shell reads each piece as one word and runs nothing of it."""
    document = copy.deepcopy(DOCUMENT)
    post = document["paths"]["/v1/folders"]["post"]
    post["requestBody"]["content"]["application/json"]["example"] = HOSTILE
    post["parameters"] = [
        {"name": "X-Bad", "in": "header", "required": True, "schema": {"const": HOSTILE}},
        {"name": "bad", "in": "query", "required": True, "schema": {"const": HOSTILE}},
        {"name": "more", "in": "query", "required": True, "schema": {"const": 1}},
    ]
    post["security"] = [{"Door": []}]
    document["components"]["securitySchemes"]["Door"]["name"] = "X-Door`id`"
    command = next(text for text in read(document).sheets("Request") if "-d" in text)
    url = f"{BASE}/v1/folders?{urlencode({'bad': HOSTILE, 'more': 1})}"
    headers = ["-H", "X-Doorid: k1", "-H", f"X-Bad: {HOSTILE}", "-H", "Content-Type: application/json"]
    assert ["curl", "-X", "POST", url, *headers, "-d", json.dumps(HOSTILE)] == argv(command)


def test_authentication_is_explained() -> None:
    """Each scheme stands with its description and the header that carries its secret."""
    page = read()
    section = next(text for text in page.texts("section") if text.startswith("Authentication"))
    assert "Key Made in the settings." in section
    expected = ["Authorization: Bearer $KEY", "Authorization: Bearer $TOKEN", "X-Door: $KEY"]
    assert expected == page.sheets("Header")


def test_a_request_says_which_credential_it_needs() -> None:
    """Beside each command stands the scheme that it needs, or that it needs none."""
    expected = ["Requestpublic", "RequestToken", *["RequestKey"] * 4]
    assert expected == [text for text in read().texts("figcaption") if text.startswith("Request")]


PAGES = {"reference": render_reference(DOCUMENT, base_url=BASE)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing(name: str) -> None:
    """No element and no rule of the style makes the browser ask another address."""
    page = Page(PAGES[name])
    fetching = {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not fetching & {tag for tag, _, _ in page.elements}
    assert not page.attributes("src", "srcset", "style")
    assert not [value for value in page.attributes("href") if re.match(r"(?!data:).*//", value)]
    assert all(attributes["href"].startswith("data:") for tag, attributes, _ in page.elements if tag == "link")
    assert not re.search(r"url\(|@import|//", "".join(page.texts("style")))


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_lets_in_the_pages_own_style_alone(name: str) -> None:
    """The policy refuses everything but pictures in the page and the one style whose hash it names."""
    (style,) = re.findall(r"<style.*?>(.*?)</style>", PAGES[name], re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    expected = dict.fromkeys(["default-src", "base-uri", "form-action", "frame-ancestors"], "'none'")
    expected |= {"style-src": f"'sha256-{digest}'", "img-src": "data:"}
    assert expected == dict(part.split(" ", 1) for part in REFERENCE_CSP.split("; "))


@pytest.mark.parametrize("name", PAGES)
def test_every_anchor_leads_somewhere(name: str) -> None:
    """No two elements share an id, and each link within the page has a target."""
    page = Page(PAGES[name])
    ids = page.attributes("id")
    anchors = {value[1:] for value in page.attributes("href") if value.startswith("#")}
    assert len(set(ids)) == len(ids)
    assert anchors <= set(ids)


def test_the_page_can_be_walked_by_keyboard_and_ear() -> None:
    """It says its language, and begins with a way past the named navigation to the one main part."""
    page = read()
    assert "en" in page.attributes("lang")
    links = [attributes["href"] for tag, attributes, _ in page.elements if tag == "a"]
    (main,) = [attributes["id"] for tag, attributes, _ in page.elements if tag == "main"]
    assert f"#{main}" == links[0]
    assert all(attributes["aria-label"] for tag, attributes, _ in page.elements if tag in ("nav", "table"))
