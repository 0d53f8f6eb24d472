"""Which projects are asked for? As SQL conditions, and as criteria that a changed project is matched against."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter

from maquette.model.actor import Sight
from maquette.model.page import SortField
from maquette.model.records import Project
from maquette.model.text import fold
from maquette.store.database import Transaction, Value
from maquette.store.query import Where

PROJECTS = "projects p"
COLUMNS = {
    SortField.SERIAL: "p.serial",
    SortField.NAME: "p.name_folded",
    SortField.CREATED_AT: "p.created_at",
    SortField.UPDATED_AT: "p.updated_at",
}

_ASSIGNED = "EXISTS (SELECT 1 FROM assignments a WHERE a.user_serial = {} AND a.project = p.serial)"


@dataclass(frozen=True, slots=True)
class ProjectFilter:
    """Which projects of a workspace; every text is folded, every time in milliseconds, None is no condition."""

    text: str | None = None
    keyword: str | None = None
    name: str | None = None
    slug: str | None = None
    archived: bool | None = None
    brand_kit: str | None = None
    created_by: str | None = None
    created_from: int | None = None
    created_before: int | None = None
    updated_from: int | None = None
    updated_before: int | None = None
    ids: tuple[str, ...] | None = None

    def words(self) -> list[tuple[str, str]]:
        """The texts to look up in the index, each with its column, "" for any. Every text contains an empty one."""
        words = (("", self.text), ("name", self.keyword))
        return [(columns, word) for columns, word in words if word]

    def is_plain(self) -> bool:
        """Whether it filters by the archived state at most, so that the kept counts give the total."""
        return self.text is None and self.keyword is None and self.is_of_text()

    def is_of_text(self) -> bool:
        """Whether it filters by texts and the archived state at most."""
        return _beside_text(self) == _NOTHING

    def matches(self, project: Project) -> bool:
        """Whether a filter that `is_of_text` lets the project through; decides as the store does."""
        if self.archived is not None and self.archived is (project.archived_at is None):
            return False
        name, description = _texts(project.name, project.description)
        holds_text = self.text is None or self.text in name or self.text in description
        return holds_text and (self.keyword is None or self.keyword in name)


_BESIDE_TEXT = [f.name for f in fields(ProjectFilter) if f.name not in ("text", "keyword", "archived")]
_NOTHING = (None,) * len(_BESIDE_TEXT)
_beside_text = attrgetter(*_BESIDE_TEXT)


@dataclass(frozen=True, slots=True)
class Criteria:
    """A filter and the sight it is applied in; totals are cached by it."""

    sight: Sight
    filter: ProjectFilter

    def is_of_text_alone(self) -> bool:
        """Whether a project's texts and its archived state alone decide whether it matches."""
        return self.sight == Sight() and self.filter.is_of_text()

    def names_projects(self) -> bool:
        """Whether it is about projects that are named by their ids."""
        return self.filter.ids is not None or self.sight.projects is not None

    def matcher(self) -> Callable[[Project], bool] | None:
        """A predicate that tells whether a project matches; None if assignments or other columns decide too."""
        return self.filter.matches if self.is_of_text_alone() else None


@lru_cache(2)  # a commit matches the same two, before and after the change, against the criteria of every cached total
def _texts(name: str, description: str | None) -> tuple[str, str]:
    return fold(name), fold(description or "")


def matching(tx: Transaction, workspace: int, sight: Sight, filter: ProjectFilter) -> Where:
    """The conditions on `projects p`."""
    where = Where()
    where.add("p.workspace = {}", workspace)
    if filter.archived is not None:
        where.add("p.archived_at IS NOT NULL" if filter.archived else "p.archived_at IS NULL")
    if sight.user is not None:
        where.add(f"(p.visibility = 'team' OR {_ASSIGNED})", sight.user)
    if sight.projects is not None:
        where.among("p.id", sight.projects)
    _narrow(tx, where, filter)
    return where


def _narrow(tx: Transaction, where: Where, filter: ProjectFilter) -> None:
    exact: tuple[tuple[str, Value], ...] = (
        ("p.name_folded = {}", filter.name),
        ("p.slug = {}", filter.slug),
        ("p.brand_kit = (SELECT serial FROM brand_kits WHERE id = {})", filter.brand_kit),
        ("p.created_by = (SELECT serial FROM users WHERE id = {})", filter.created_by),
        ("p.created_at >= {}", filter.created_from),
        ("p.created_at < {}", filter.created_before),
        ("p.updated_at >= {}", filter.updated_from),
        ("p.updated_at < {}", filter.updated_before),
    )
    for condition, value in exact:
        if value is not None:
            where.add(condition, value)
    if filter.text is not None:
        where.contains(tx, ("p.name_folded", "p.description_folded"), filter.text)
    if filter.keyword is not None:
        where.contains(tx, ("p.name_folded",), filter.keyword)
    if filter.ids is not None:
        where.among("p.id", filter.ids)
