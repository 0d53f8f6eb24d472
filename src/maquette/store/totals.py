"""Cached totals of searches, kept up to date by each commit: many matches take long to count."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from msgspec import Struct

from maquette.store.append_only_totals import AppendOnlyTotals

MAX_WORKSPACES = 256
"""Workspaces with cached totals; the one added first is evicted first."""

ENTRIES_PER_WORKSPACE = 64
"""Totals cached for one workspace, all of which each of its commits updates. A total of 0, which is quickly found
again, is evicted first, then the least recently used one.
"""

MAX_RECORDED_COMMITS = 1_024
"""Commits recorded while a count runs; if more are made, its total can't be brought up to date and is dropped."""

UNKNOWN_COMMIT = sys.maxsize, None
"""A version after every other, with unknown changes: it invalidates any total to which it is applied."""


class CountKey(Protocol):
    """Identifies a count of a workspace's rows; equal keys have equal totals."""

    def __hash__(self) -> int: ...

    def matcher(self) -> Callable[[Any], bool] | None:
        """A predicate that tells whether a row is counted; None if that doesn't depend on the row alone."""
        ...


class RowChange(Struct, frozen=True):
    """One row before and after a change; None before it was created, and after it was deleted."""

    before: object
    after: object


@dataclass(slots=True)
class _CachedTotal:
    """The total at one version of the workspace, and the predicate of the rows counted."""

    version: int
    total: int
    matches: Callable[[Any], bool] | None

    def apply(self, version: int, row_changes: tuple[RowChange, ...] | None) -> bool:
        """Bring the total up to that version; returns False if these changes don't tell it."""
        if self.version >= version:  # it was counted after this commit, which is announced only now
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
class _RunningCounts:
    """How many counts run in a workspace, and the commits to it meanwhile."""

    running: int = 0
    commits: list[tuple[int, tuple[RowChange, ...] | None]] = field(default_factory=list)

    def record(self, version: int, row_changes: tuple[RowChange, ...] | None) -> None:
        """Record a commit. One that is too many leaves a gap in the versions, which invalidates the totals."""
        if len(self.commits) < MAX_RECORDED_COMMITS:
            self.commits.append((version, row_changes))

    def apply_to(self, cached: _CachedTotal) -> bool:
        """Apply the recorded commits to a total; returns False if one of them invalidates it."""
        return all(cached.apply(version, row_changes) for version, row_changes in self.commits)


class Totals:
    """This process's cached totals, each for one version of its workspace; the process's own commits update them."""

    def __init__(self) -> None:
        self.append_only = AppendOnlyTotals()
        """Totals of append-only rows, which commits need not update."""
        self._cached: dict[int, dict[CountKey, _CachedTotal]] = {}
        self._counts: dict[int, _RunningCounts] = {}
        self._lock = Lock()  # slow reads count in threads

    def get(self, workspace: int, version: int, key: CountKey) -> int | None:
        """The total at that version, if it is cached."""
        with self._lock:
            entries = self._cached.get(workspace, {})
            cached = entries.pop(key, None)
            if cached is None:
                return None
            entries[key] = cached  # now the most recently used
            return cached.total if cached.version == version else None

    @contextmanager
    def counting(self, workspace: int) -> Iterator[None]:
        """Commits during this block are recorded, and applied to the totals put within it."""
        with self._lock:
            self._counts.setdefault(workspace, _RunningCounts()).running += 1
        try:
            yield
        finally:
            with self._lock:
                self._counts[workspace].running -= 1
                if not self._counts[workspace].running:
                    del self._counts[workspace]

    def put(self, workspace: int, version: int, key: CountKey, total: int) -> None:
        """Cache a total that was counted in a snapshot of that version, unless one of a later version is cached."""
        counted = _CachedTotal(version, total, key.matcher())
        with self._lock:
            entries = self._cached.setdefault(workspace, {})
            before = entries.get(key)
            if before is not None and before.version > version:
                return
            counts = self._counts.get(workspace)
            entries.pop(key, None)
            if counts is None or counts.apply_to(counted):
                entries[key] = counted
            if len(entries) > ENTRIES_PER_WORKSPACE:
                del entries[_to_evict(entries)]
            if len(self._cached) > MAX_WORKSPACES:
                del self._cached[next(iter(self._cached))]

    def has_entries(self) -> bool:
        """Whether any total is cached or being counted."""
        return bool(self._cached or self._counts)

    def follow(self, workspace: int | None, version: int | None, row_changes: Iterable[RowChange] | None) -> None:
        """Apply a commit: the workspace's new version, and the changed rows, None if they aren't known.

        `workspace` None invalidates all totals; `version` None affects none.
        """
        with self._lock:
            if workspace is None:
                self._invalidate_all()
                return
            if version is None:
                return
            row_changes = None if row_changes is None else tuple(row_changes)
            if workspace in self._counts:
                self._counts[workspace].record(version, row_changes)
            entries = self._cached.get(workspace, {})
            for key in [key for key, cached in entries.items() if not cached.apply(version, row_changes)]:
                del entries[key]

    def _invalidate_all(self) -> None:
        """Drop all totals, those being counted too: anything may have changed."""
        self._cached.clear()
        for counts in self._counts.values():
            counts.commits[:] = [UNKNOWN_COMMIT]


def _to_evict(entries: dict[CountKey, _CachedTotal]) -> CountKey:
    without_matches = (key for key, cached in entries.items() if not cached.total)
    return next(without_matches, next(iter(entries)))
