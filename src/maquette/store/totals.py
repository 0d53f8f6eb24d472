"""How many rows did a search match, counted once and kept true? What is common takes long to count."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from msgspec import Struct

from maquette.store.append_only_totals import AppendOnlyTotals

WORKSPACES = 256
"""The most that are remembered for; the oldest goes first."""

ENTRIES_PER_WORKSPACE = 64
"""The most that are remembered for one workspace, for each commit looks at all of them. One that nothing matches goes
first, since it's quickly found out again, then the one that was asked longest ago.
"""

CHANGES = 1_024
"""The most that are noted while somebody counts; what was counted before more than that is forgotten."""

LATER = sys.maxsize
"""A version that comes after every other."""


class CountKey(Protocol):
    """What identifies a count of a workspace's rows; equal keys have equal totals."""

    def __hash__(self) -> int: ...

    def matcher(self) -> Callable[[Any], bool] | None:
        """What says of one row whether it is among those counted; None where more than the row decides."""
        ...


class RowChange(Struct, frozen=True):
    """One row before and after a change; None is one that isn't there."""

    before: object
    after: object


@dataclass(slots=True)
class _Known:
    """The total at one version, and what tells how a change of a row changes it."""

    version: int
    total: int
    matches: Callable[[Any], bool] | None

    def follows(self, version: int, row_changes: tuple[RowChange, ...] | None) -> bool:
        """Go along with the commit of that version; False where nobody can tell what the total is then."""
        if self.version >= version:  # counted after this commit, before it was announced
            return True
        if row_changes is None or self.version != version - 1:
            return False
        total = self.total
        for change in row_changes:
            if self.matches is None:
                return False
            if change.after is not None and self.matches(change.after):
                total += 1
            if change.before is not None and self.matches(change.before):
                total -= 1
        self.version, self.total = version, total
        return True


@dataclass(slots=True)
class _Meanwhile:
    """What is committed to a workspace while some count in it."""

    counts: int = 0
    changes: list[tuple[int, tuple[RowChange, ...] | None]] = field(default_factory=list)

    def note(self, version: int, row_changes: tuple[RowChange, ...] | None) -> None:
        """What comes after too many changes leaves a gap, which ends what is known."""
        if len(self.changes) < CHANGES:
            self.changes.append((version, row_changes))

    def takes_along(self, known: _Known) -> bool:
        """Let it go along with each of these commits; False where one of them ends it."""
        return all(known.follows(version, row_changes) for version, row_changes in self.changes)


class Totals:
    """Totals of this process, each true for one version of its workspace; its own commits take them along."""

    def __init__(self) -> None:
        self.append_only = AppendOnlyTotals()
        """Those of what only grows need no commit to be taken along."""
        self._known: dict[int, dict[CountKey, _Known]] = {}
        self._meanwhile: dict[int, _Meanwhile] = {}
        self._lock = Lock()  # long reads count in threads

    def get(self, workspace: int, version: int, key: CountKey) -> int | None:
        """The total at that version, if it is known."""
        with self._lock:
            entries = self._known.get(workspace, {})
            known = entries.pop(key, None)
            if known is None:
                return None
            entries[key] = known  # as the last one that was asked
            return known.total if known.version == version else None

    @contextmanager
    def counting(self, workspace: int) -> Iterator[None]:
        """What is put in here is taken along by the commits that came while it was counted, too."""
        with self._lock:
            self._meanwhile.setdefault(workspace, _Meanwhile()).counts += 1
        try:
            yield
        finally:
            with self._lock:
                self._meanwhile[workspace].counts -= 1
                if not self._meanwhile[workspace].counts:
                    del self._meanwhile[workspace]

    def put(self, workspace: int, version: int, key: CountKey, total: int) -> None:
        """Keep what was counted in a snapshot of that version, unless a later one is known."""
        known = _Known(version, total, key.matcher())
        with self._lock:
            entries = self._known.setdefault(workspace, {})
            before = entries.get(key)
            if before is not None and before.version > version:
                return
            meanwhile = self._meanwhile.get(workspace)
            entries.pop(key, None)
            if meanwhile is None or meanwhile.takes_along(known):
                entries[key] = known
            if len(entries) > ENTRIES_PER_WORKSPACE:
                del entries[_first_to_go(entries)]
            if len(self._known) > WORKSPACES:
                del self._known[next(iter(self._known))]

    def has_entries(self) -> bool:
        """Whether any is known, or is being counted."""
        return bool(self._known or self._meanwhile)

    def follow(self, workspace: int | None, version: int | None, row_changes: Iterable[RowChange] | None) -> None:
        """Take the totals of the version before along to this one; `row_changes` None is a change of unknown kind."""
        with self._lock:
            if workspace is None:
                self._forget()
                return
            if version is None:
                return
            row_changes = None if row_changes is None else tuple(row_changes)
            if workspace in self._meanwhile:
                self._meanwhile[workspace].note(version, row_changes)
            entries = self._known.get(workspace, {})
            for key in [key for key, known in entries.items() if not known.follows(version, row_changes)]:
                del entries[key]

    def _forget(self) -> None:
        """Anything may have changed, also what is being counted."""
        self._known.clear()
        for meanwhile in self._meanwhile.values():
            meanwhile.changes[:] = [(LATER, None)]


def _first_to_go(entries: dict[CountKey, _Known]) -> CountKey:
    none = (key for key, known in entries.items() if not known.total)
    return next(none, next(iter(entries)))
