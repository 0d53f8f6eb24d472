"""Turns validation errors into sentences for people, without the subject, which each dialect adds."""

import re
from typing import Any, get_args, get_origin

from maquette.model.text import TOO_MANY_MARKS

NUL = "NUL"
"""The error for a text that the store can't hold."""

_BOUND = re.compile(r"Expected `(\w+)` (?:of length )?(>=|<=|>|<) (\d+)")
_PART = re.compile(r"Object (contains unknown|missing required) field `([^`]*)`")
_WORDS = {"str": "text", "int": "a whole number", "bool": "true or false", "object": "an object", "array": "a list"}


def sentence(error: str, type_: Any) -> str:
    """The sentence for an error message of msgspec's or ours; `type_` is the field's type."""
    if error == NUL:
        return "must not hold NUL"
    if error == TOO_MANY_MARKS:
        return TOO_MANY_MARKS
    message, _, inside = error.partition(" - at `$")
    inside = inside.strip("`.")
    if part := _PART.match(message):
        path = f"{inside}.{part[2]}".lstrip(".")
        return f"must not hold {path}" if part[1] == "contains unknown" else f"must hold {path}"
    if inside:
        return f"{_value_sentence(message, object)} at {inside}"
    return _value_sentence(message, type_)


def _value_sentence(error: str, type_: Any) -> str:
    if choices := _choices(type_):
        return "must be one of " + ", ".join(choices)
    if bound := _BOUND.search(error):
        return _bound_sentence(*bound.groups())
    expected = re.findall(r"\w+", error.partition("`")[2].partition("`")[0])
    words = [_WORDS.get(word, word) for word in expected if word != "null"]
    if not words:
        return "is not valid"
    return "must be " + " or ".join(words) + (" or null" if "null" in expected else "")


def _bound_sentence(kind: str, compare: str, number: str) -> str:
    limit = "at most" if compare.startswith("<") else "at least"
    what = {"str": "characters", "array": "entries"}.get(kind)
    return f"must have {limit} {number} {what}" if what else f"must be {limit} {number}"


def _choices(type_: Any) -> list[str]:
    if hasattr(type_, "__members__"):
        return [member.value for member in type_]
    if str(get_origin(type_)) == "typing.Literal":
        return [str(choice) for choice in get_args(type_)]
    return [choice for inner in get_args(type_) for choice in _choices(inner)]
