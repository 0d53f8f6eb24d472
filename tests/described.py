"""The operations as the OpenAPI documents describe them, and whether an answer is what its description promises."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
import jsonschema_rs

from maquette.dialects import INSTALLED
from maquette.wire.openapi import describe

Node = dict[str, Any]

UNTOLD = {"content-type", "content-length"}
"""Headers that every answer may have without its description saying so."""


@cache
def document(dialect: str) -> Node:
    """The dialect's document as it is served below `/<name>`."""
    return next(describe(each, f"/{each.name}") for each in INSTALLED if each.name == dialect)


@dataclass(frozen=True)
class Operation:
    """One method of one path of one dialect."""

    dialect: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.dialect} {self.method} {self.path}"

    @property
    def described(self) -> Node:
        """What the document says of it."""
        return dict(document(self.dialect)["paths"][self.path][self.method.lower()])

    @property
    def parameters(self) -> list[Node]:
        """Its parameters, those behind a reference too."""
        return [_followed(self.dialect, parameter) for parameter in self.described["parameters"]]

    @property
    def body(self) -> Node:
        """The schema of its JSON body; empty where it takes none."""
        return self._taken("application/json")

    @property
    def form(self) -> Node:
        """The schema of its multipart form; empty where it takes none."""
        return self._taken("multipart/form-data")

    def problems_of(self, answer: httpx2.Response) -> list[str]:
        """What in this answer differs from the description."""
        told = self.described["responses"].get(str(answer.status_code))
        if told is None:
            return [f"{answer.status_code} is not described"]
        return [*self._in_headers(answer, told.get("headers", {})), *self._in_body(answer, told.get("content"))]

    def _taken(self, media_type: str) -> Node:
        content = self.described.get("requestBody", {}).get("content", {})
        return _followed(self.dialect, content.get(media_type, {}).get("schema", {}))

    def _in_headers(self, answer: httpx2.Response, told: Node) -> Iterator[str]:
        described = {name.lower(): _followed(self.dialect, header) for name, header in told.items()}
        for name in set(answer.headers) - set(described) - UNTOLD:
            yield f"the header {name} is not described"
        for name, header in described.items():
            if name in answer.headers:
                value: Any = answer.headers[name]
                value = int(value) if header["schema"]["type"] == "integer" else value
                yield from (f"{name}: {error}" for error in self._errors(header["schema"], value))
            elif header.get("required"):
                yield f"the header {name} is missing"

    def _in_body(self, answer: httpx2.Response, content: Node | None) -> Iterator[str]:
        if content is None:
            yield from ["there is a body"] if answer.content else []
        elif (media_type := answer.headers.get("content-type")) not in content:
            yield f"the media type is {media_type}"
        elif media_type == "application/json":
            yield from self._errors(content[media_type]["schema"], answer.json())
        elif not answer.content:
            yield "the file is empty"

    def _errors(self, schema: Node, value: Any) -> list[str]:
        whole = {**schema, "components": document(self.dialect)["components"]}
        validator = jsonschema_rs.validator_for(whole, validate_formats=True)
        return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(value)]


@cache
def operations() -> list[Operation]:
    """All of them, in the documents' order."""
    return [
        Operation(dialect.name, method.upper(), path)
        for dialect in INSTALLED
        for path, item in document(dialect.name)["paths"].items()
        for method in item
    ]


def problems_of_message(dialect: str, headers: Mapping[str, str], body: bytes) -> list[str]:
    """What in a message to a webhook differs from its description."""
    message = json.loads(body)
    told = document(dialect)["webhooks"].get(message["type"], {}).get("post")
    if told is None:
        return [f"{message['type']} is not described"]
    names = [_followed(dialect, each)["name"] for each in told["parameters"]]
    schema = {**told["requestBody"]["content"]["application/json"]["schema"]}
    schema["components"] = document(dialect)["components"]
    errors = jsonschema_rs.validator_for(schema, validate_formats=True).iter_errors(message)
    return [*(f"{name} is missing" for name in names if name not in headers), *(error.message for error in errors)]


def referred(dialect: str, reference: str) -> Node:
    """What a `$ref` points at. KeyError where there is nothing."""
    node: Any = document(dialect)
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return dict(node)


def _followed(dialect: str, node: Node) -> Node:
    return referred(dialect, node["$ref"]) if "$ref" in node else node
