"""How many rows did a search match, counted once and kept true? What is common takes long to count."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from msgspec import Struct

from maquette.store.grown import Grown

WORKSPACES = 256
QUESTIONS = 128
"""The most that are remembered for one workspace; the oldest goes first."""

CHANGES = 1_024
"""The most that are noted while somebody counts; what was counted before more than that is forgotten."""


class Question(Protocol):
    """What was asked of a workspace's list; equal questions have equal totals."""

    def __hash__(self) -> int: ...

    def gained(self, before: object, after: object) -> int | None:
        """By how much this change of one row changes the total; None where that can't be told."""
        ...


class Move(Struct, frozen=True):
    """One row before and after a change; None is one that isn't there."""

    before: object
    after: object


@dataclass(slots=True)
class _Meanwhile:
    """What is committed to a workspace while some count in it."""

    counts: int = 0
    changes: list[tuple[int, tuple[Move, ...] | None]] = field(default_factory=list)


class Totals:
    """Totals of this process, each true for one version of its workspace; its own commits take them along."""

    def __init__(self) -> None:
        self.grown = Grown()
        """Those of what only grows need no commit to be taken along."""
        self._known: dict[int, dict[Question, tuple[int, int]]] = {}
        self._meanwhile: dict[int, _Meanwhile] = {}
        self._changing = Lock()  # long reads count in threads

    def get(self, workspace: int, version: int, question: Question) -> int | None:
        """The total at that version, if it is known."""
        known_version, total = self._known.get(workspace, {}).get(question, (None, 0))
        return total if known_version == version else None

    @contextmanager
    def counting(self, workspace: int) -> Iterator[None]:
        """What is put in here is taken along by the commits that came while it was counted, too."""
        with self._changing:
            self._meanwhile.setdefault(workspace, _Meanwhile()).counts += 1
        try:
            yield
        finally:
            with self._changing:
                self._meanwhile[workspace].counts -= 1
                if not self._meanwhile[workspace].counts:
                    del self._meanwhile[workspace]

    def put(self, workspace: int, version: int, question: Question, total: int) -> None:
        """Keep what was counted in a snapshot of that version."""
        with self._changing:
            questions = self._known.setdefault(workspace, {})
            questions.pop(question, None)
            questions[question] = (version, total)
            if workspace in self._meanwhile:
                for later, moves in self._meanwhile[workspace].changes:
                    _take_along(questions, question, later, moves)
            _shorten(questions, QUESTIONS)
            _shorten(self._known, WORKSPACES)

    def follow(self, workspace: int | None, version: int | None, moves: Iterable[Move] | None) -> None:
        """Take the totals of the version before along to this one; `moves` None is a change of unknown kind."""
        if not self._known and not self._meanwhile:  # nothing is known, and nobody counts
            return
        with self._changing:
            if workspace is None:
                self._known.clear()
                return
            if version is None:
                return
            moves = None if moves is None else tuple(moves)
            if workspace in self._meanwhile:
                _note(self._meanwhile[workspace].changes, version, moves)
            questions = self._known.get(workspace, {})
            for question in list(questions):
                _take_along(questions, question, version, moves)


def _note(changes: list[tuple[int, tuple[Move, ...] | None]], version: int, moves: tuple[Move, ...] | None) -> None:
    if len(changes) < CHANGES:
        changes.append((version, moves))


def _take_along(
    questions: dict[Question, tuple[int, int]], question: Question, version: int, moves: tuple[Move, ...] | None
) -> None:
    known_version, total = questions.get(question, (version, 0))
    if known_version >= version:  # counted after this commit, before it was announced
        return
    gained = _gained(question, moves) if known_version == version - 1 else None
    if gained is None:
        del questions[question]
    else:
        questions[question] = (version, total + gained)


def _gained(question: Question, moves: Iterable[Move] | None) -> int | None:
    if moves is None:
        return None
    gained = 0
    for move in moves:
        by = question.gained(move.before, move.after)
        if by is None:
            return None
        gained += by
    return gained


def _shorten(remembered: dict[Any, Any], most: int) -> None:
    while len(remembered) > most:
        del remembered[next(iter(remembered))]
