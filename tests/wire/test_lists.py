"""Is what's wrong in a list of shapes told entry by entry?"""

import json
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

from maquette.model.errors import Invalid
from maquette.wire.input import MAX_PROBLEMS, read_body


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One entry."""

    name: str
    size: Annotated[int, Meta(ge=1)] = 1


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """Lists, bare and with something around them."""

    bare: list[Entry] = []
    described: Annotated[list[Entry], Meta(description="x", examples=[[]])] | UnsetType = UNSET
    texts: list[str] = []
    few: Annotated[list[Entry], Meta(max_length=2)] = []


def problems(**body: Any) -> Any:
    """What is wrong with it."""
    with pytest.raises(Invalid) as refused:
        read_body(json.dumps(body).encode(), Body)
    return dict(refused.value.problems)


class TestEntries:
    @pytest.mark.parametrize("field", ["bare", "described"])
    def test_each_problem_has_its_place(self, field: str) -> None:
        """Counted from 0; every entry and every field at once."""
        entries = [{"name": "fine"}, {"name": 5, "size": 0}, {}, {"name": "x", "more": 1}, 7, None]
        assert {
            f"{field}[1].name": ["must be text"],
            f"{field}[1].size": ["must be at least 1"],
            f"{field}[2].name": ["is required"],
            f"{field}[3].more": ["is not a field of this request"],
            f"{field}[4]": ["must be an object"],
            f"{field}[5]": ["must be an object"],
        } == problems(**{field: entries})

    def test_what_is_no_list_is_told_as_that(self) -> None:
        """The field has no entries then."""
        assert {"bare": ["must be a list"]} == problems(bare={"name": "x"})

    def test_too_many_are_told_by_number(self) -> None:
        """Not as problems of each."""
        assert {"few": ["must have at most 2 entries"]} == problems(few=[{"name": "x"}] * 3)

    def test_of_very_many_problems_a_few_are_told(self) -> None:
        """A refusal is for people."""
        assert MAX_PROBLEMS == len(problems(bare=[0] * 10_000))

    def test_what_is_right_is_read(self) -> None:
        """With what the entries leave out."""
        read = read_body(b'{"bare":[{"name":"a"},{"name":"b","size":2}]}', Body)
        assert [("a", 1), ("b", 2)] == [(entry.name, entry.size) for entry in read.bare]
