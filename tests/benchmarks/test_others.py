"""Do peers join where they are installed, and is it said of the others why they don't?"""

from collections.abc import Callable

import pytest

from benchmarks import others, report, roster
from benchmarks.__main__ import main
from benchmarks.others import Chosen

MACHINE = {"processor": "P", "cores": 2, "python": "3", "file_system": "ext4", "sync_us": 50}


def lacking(monkeypatch: pytest.MonkeyPatch, answers: dict[str, str | None]) -> None:
    def answering(answer: str | None) -> Callable[[], str | None]:
        return lambda: answer

    for name, answer in answers.items():
        given = others.EVERY[name]
        asked = others.Other(given.words, answering(answer), given.versions, given.start)
        monkeypatch.setitem(others.EVERY, name, asked)


class TestChosen:
    def test_who_lacks_something_is_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """And the reason is kept; the others take part."""
        lacking(monkeypatch, {"directus": "it is not there", "redmine": None})
        assert Chosen(("redmine",), {"directus": "it is not there"}) == Chosen.of(["directus", "redmine"])

    def test_who_was_not_asked_for_is_not_left_out(self) -> None:
        """A usual run says nothing of peers."""
        assert Chosen((), {}) == Chosen.of([])

    def test_everyone_has_a_place_in_the_tables(self) -> None:
        """In the roster, and among the peers."""
        assert set(others.EVERY) < set(roster.PEERS) < set(roster.BY_NAME)


class TestNotes:
    def test_a_note_says_who_took_no_part(self) -> None:
        """By the name that the tables use."""
        run = {"machine": MACHINE, "settings": {"left_out": {"directus": "it is not there"}}}
        assert "Directus took no part: it is not there." in list(report.notes(run))


class TestMain:
    def test_a_peer_that_was_named_has_to_be_there(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing is started without it."""
        monkeypatch.setattr("benchmarks.__main__._what_lacks", lambda *_: None)
        lacking(monkeypatch, {"redmine": "it is not there"})
        assert 2 == main(["--peer", "redmine"])
        assert "Redmine can't take part: it is not there.\n" == capsys.readouterr().err
