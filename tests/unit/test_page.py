"""Windows and slices: values that compare by what they say."""

import dataclasses

import pytest

from maquette.model.page import AfterCursor, ByPage, Order, Place, Slice, SortField


class TestWindows:
    def test_windows_of_the_same_words_are_the_same(self) -> None:
        """They can be keys of what was answered before."""
        assert len({ByPage(1, 20), ByPage(1, 20), ByPage(2, 20), AfterCursor(20, None)}) == 3
        assert AfterCursor(5, Place("a", 1)) == AfterCursor(5, Place("a", 1))

    @pytest.mark.parametrize(
        "value", [ByPage(1, 20), AfterCursor(20, None), Order(SortField.NAME, False), Place(None, 3)]
    )
    def test_they_are_not_changed_once_made(self, value: object) -> None:
        """Nobody can move a window that somebody else holds."""
        name = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)

    def test_every_sort_field_is_spelled_as_in_the_records(self) -> None:
        """What a list is ordered by is a field of the records."""
        assert ["serial", "name", "created_at", "updated_at"] == [field.value for field in SortField]

    def test_a_slice_knows_more_than_its_rows(self) -> None:
        """The total counts all that match, not the window."""
        part = Slice(["a"], total=3, has_next=True)
        assert (["a"], 3, True) == (part.items, part.total, part.has_next)
