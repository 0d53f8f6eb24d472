"""A JSON schema as the reference page shows it: rows for its fields, the limits of a value, and a sample value.

Schemas must have their `$ref`s resolved (`reference.inlined`).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

Node: TypeAlias = Mapping[str, Any]
Fact: TypeAlias = tuple[str, tuple[str, ...]]  # a phrase, and the values that it is about

LIMITS = {
    "minimum": "{:,} or more", "exclusiveMinimum": "above {:,}", "minLength": "{:,} or more characters",
    "maximum": "up to {:,}", "exclusiveMaximum": "below {:,}", "maxLength": "up to {:,} characters",
    "multipleOf": "a multiple of {:,}", "minItems": "{:,} or more items", "maxItems": "up to {:,} items",
}  # fmt: skip
SAMPLES = {
    "string": "string", "integer": 1, "number": 1.5, "boolean": True, "email": "ada@example.com",
    "uuid": "550e8400-e29b-41d4-a716-446655440000", "uri": "https://example.com/", "duration": "PT1H",
    "date": "2025-03-23", "date-time": "2025-03-23T14:35:21Z", "time": "14:35:21Z",
}  # fmt: skip


class Row(NamedTuple):
    """One line of a table: a parameter, a header, or a property at its depth in a body."""

    name: str
    schema: Node
    required: bool
    depth: int = 0


def rows_below(schema: Node, depth: int = 0) -> Iterator[Row]:
    """The properties of a schema, each followed by its own; lists and maps are looked through."""
    forms = [shape for shape in shapes(schema) if shape["type"] in ("object", "array")]
    below = depth + (len(forms) > 1)
    for shape in forms:
        if len(forms) > 1:
            yield Row(f"as {shape.get('title', 'a variant')}", {"type": shape["type"]}, True, depth)
        for name, part in shape.get("properties", {}).items():
            yield Row(name, part, name in shape.get("required", ()), below)
            yield from rows_below(part, below + 1)
        for part in (shape.get("items"), shape.get("additionalProperties")):
            yield from rows_below(part, below) if isinstance(part, Mapping) else ()


def shapes(schema: Node) -> list[dict[str, Any]]:
    """The alternatives of a schema, each with one type. Keywords beside `oneOf` or `anyOf` are merged into each."""
    whole = {key: part for key, part in schema.items() if key not in ("oneOf", "anyOf")}
    if options := schema.get("oneOf") or schema.get("anyOf"):
        return [shape for option in options for shape in shapes({**whole, **option})]
    types = whole.get("type", "object" if whole.get("properties") else "any")
    return [{**whole, "type": each} for each in ([types] if isinstance(types, str) else types)]


def type_of(schema: Node) -> str:
    """The types of a value, in words."""
    return " or ".join(dict.fromkeys(map(_kind, shapes(schema))))


def _kind(shape: Node) -> str:
    if shape["type"] == "array":
        return f"array of {type_of(shape.get('items', {}))}"
    if shape["type"] == "again":
        return f"{shape['title']} again"
    if not shape.get("properties") and isinstance(shape.get("additionalProperties"), Mapping):
        return f"map of {type_of(shape['additionalProperties'])}"
    return f"{shape['type']} ({shape['format']})" if "format" in shape else str(shape["type"])


def facts_of(schema: Node) -> list[Fact]:
    """A value's constraints besides its type, its default, and an example."""
    facts = [fact for shape in shapes(schema) for fact in _limits(shape)]
    facts += [("default", (plain(schema["default"]),))] if schema.get("default") is not None else []
    flat = [value for value in examples_of(schema)[:1] if not isinstance(value, list | dict)]
    return list(dict.fromkeys([*facts, *(("such as", (plain(value),)) for value in flat)]))


def _limits(shape: Node) -> Iterator[Fact]:
    yield from ((words.format(shape[key]), ()) for key, words in LIMITS.items() if key in shape)
    if "pattern" in shape:
        yield "matches", (shape["pattern"],)
    if choices := _choices(shape):
        yield "one of" if len(choices) > 1 else "always", tuple(map(plain, choices))
    if shape["type"] == "array":
        each = [fact for item in shapes(shape.get("items", {})) for fact in _limits(item)]
        yield from ((f"each {words}", values) for words, values in each)


def sample_of(schema: Node) -> Any:
    """A sample value: an example, the default or a choice, else one made from the type; None for a nullable scalar."""
    forms = shapes(schema)
    shape = next((shape for shape in forms if shape["type"] != "null"), forms[0])
    default = [shape["default"]] if shape.get("default") is not None else []
    if stated := [*examples_of(shape), *default, *_choices(shape)]:
        return stated[0]
    if shape["type"] == "object":
        return _sample_object(shape)
    if shape["type"] == "array":
        item = sample_of(shape.get("items", {}))
        return [] if item is None else [item]
    if any(other["type"] == "null" for other in forms):
        return None
    return shape.get("minimum", SAMPLES.get(shape.get("format", ""), SAMPLES.get(shape["type"])))


def _sample_object(shape: Node) -> dict[str, Any]:
    if not shape.get("properties") and isinstance(shape.get("additionalProperties"), Mapping):
        return {"key": sample_of(shape["additionalProperties"])}
    values = {name: sample_of(part) for name, part in shape.get("properties", {}).items()}
    needed = shape.get("required", ())
    return {name: value for name, value in values.items() if value is not None or name in needed}


def examples_of(node: Node) -> list[Any]:
    """The examples of a node, whether in `example`, or in `examples` as a list or as a map."""
    stated = node.get("examples", [])
    several = [each.get("value") for each in stated.values()] if isinstance(stated, Mapping) else stated
    return [node["example"]] if "example" in node else list(several)


def _choices(shape: Node) -> list[Any]:
    return [shape["const"]] if "const" in shape else list(shape.get("enum", ()))


def plain(value: Any) -> str:
    """A value as text: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
