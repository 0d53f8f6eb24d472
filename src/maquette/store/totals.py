"""How many rows did a search match, counted once and kept true? What is common takes long to count."""

from collections.abc import Iterable
from threading import Lock
from typing import Any, Protocol

from msgspec import Struct

WORKSPACES = 256
QUESTIONS = 128
"""The most that are remembered for one workspace; the oldest goes first."""


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


class Totals:
    """Totals of this process, each true for one version of its workspace; its own commits take them along."""

    def __init__(self) -> None:
        self._known: dict[int, dict[Question, tuple[int, int]]] = {}
        self._changing = Lock()  # long reads count in a thread

    def get(self, workspace: int, version: int, question: Question) -> int | None:
        """The total at that version, if it is known."""
        known_version, total = self._known.get(workspace, {}).get(question, (None, 0))
        return total if known_version == version else None

    def put(self, workspace: int, version: int, question: Question, total: int) -> None:
        """Keep what was counted in a snapshot of that version."""
        with self._changing:
            questions = self._known.setdefault(workspace, {})
            questions.pop(question, None)
            questions[question] = (version, total)
            _shorten(questions, QUESTIONS)
            _shorten(self._known, WORKSPACES)

    def follow(self, workspace: int | None, version: int | None, moves: Iterable[Move] | None) -> None:
        """Take the totals of the version before along to this one; `moves` None is a change of unknown kind."""
        with self._changing:
            if workspace is None:
                self._known.clear()
            elif version is not None and workspace in self._known:
                _take_along(self._known[workspace], version, moves)


def _take_along(questions: dict[Question, tuple[int, int]], version: int, moves: Iterable[Move] | None) -> None:
    for question, (known_version, total) in list(questions.items()):
        if known_version >= version:  # counted after this commit, before it was announced
            continue
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
