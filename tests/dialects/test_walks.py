"""Does a list show every row once? A machine changes projects at random while it walks them in every ordering.

Walks by cursor go through Creatopy, pages by number through CraftDesk; both by an owner and by a member, who sees less.
"""

import asyncio
import os
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from maquette.app import open_runtime
from maquette.model.text import fold
from maquette.settings import Settings
from tests.office import Office, StillClock

LONG = os.environ.get("MAQUETTE_PROVE") == "long"
VIEWERS = ("owner", "member")
SORTS = ("created_at", "-created_at", "updated_at", "-updated_at", "name", "-name")

NAMES = st.sampled_from(
    ["a", "A", "a ", "b", "ä", "a\u0308", "ss", "ß", "9", "10", "!", "ﬁ", "\uffee", "𝒜", "🜚", "漢字"]
)
"""Few, so that there are ties; some differ only until they are folded, some lie beyond the first plane."""

ANY_ROW = st.integers(0, 10**6)


@dataclass
class Row:
    """A project as the model knows it."""

    serial: int
    id: str
    name: str
    created_at: int
    updated_at: int
    archived: bool = False
    visibility: str = "private"

    def seen_by(self, viewer: str) -> bool:
        """Whether the viewer sees it at all."""
        return viewer == "owner" or self.visibility == "team"

    def key(self, order: str) -> tuple[Any, int]:
        """Where it stands in an ordering."""
        values = {"ID": 0, "NAME": fold(self.name), "CREATED_AT": self.created_at, "UPDATED_AT": self.updated_at}
        return values[order], self.serial


@dataclass
class Walk:
    """A walk by cursor under way: what it has shown, and the rows that have lived through it unchanged so far."""

    viewer: str
    order: str
    direction: str
    limit: int
    steady: dict[int, tuple[Any, int]]
    cursor: str = ""
    last: tuple[Any, int] | None = None
    shown: list[int] = field(default_factory=list)

    @property
    def descending(self) -> bool:
        """Whether it goes downwards; names go upwards where nothing says."""
        return self.order != "NAME" if not self.direction else self.direction == "DESC"

    def follows(self, key: tuple[Any, int]) -> bool:
        """Whether a place is still ahead."""
        return self.last is None or (key < self.last if self.descending else key > self.last)

    def query(self) -> dict[str, Any]:
        """What to ask for next."""
        said = {"orderDirection": self.direction, "cursor": self.cursor}
        return {"limit": self.limit, "orderBy": self.order, **{name: value for name, value in said.items() if value}}


class Walks(RuleBasedStateMachine):
    """Projects of one team, changed at random, and walks through them."""

    runtime: tuple[asyncio.Runner, Office]

    def __init__(self) -> None:
        super().__init__()
        self._runner, self._office = self.runtime
        self._rows: list[Row] = []
        self._walks: list[Walk] = []
        self._craftdesk: dict[str, httpx2.AsyncClient] = {}
        self._creatopy: dict[str, httpx2.AsyncClient] = {}

    @initialize(names=st.lists(NAMES, max_size=8))
    def found(self, names: list[str]) -> None:
        """A team with a few projects."""
        team = self._runner.run(self._office.team())
        for viewer, user in zip(VIEWERS, (team.owner, self._runner.run(team.member())), strict=True):
            self._craftdesk[viewer] = self._runner.run(team.craftdesk(user))
            self._creatopy[viewer] = self._runner.run(team.creatopy(user))
        for name in names:
            self.create(name, "team")

    @rule(name=NAMES, visibility=st.sampled_from(["private", "team"]))
    def create(self, name: str, visibility: str) -> None:
        """Add a project; Creatopy tells its serial."""
        made = self._call("POST", "/projects", {"name": name, "visibility": visibility})
        (node,) = self._runner.run(self._newest())
        now = self._office.now_ms
        self._rows.append(Row(node["id"], made["id"], name.strip(), now, now, visibility=visibility))

    @precondition(lambda self: self._rows)
    @rule(any_row=ANY_ROW, name=NAMES)
    def rename(self, any_row: int, name: str) -> None:
        """Give a project another name."""
        row = self._row(any_row)
        self._call("PATCH", f"/projects/{row.id}", {"name": name})
        self._change(row, name=name.strip())

    @precondition(lambda self: self._rows)
    @rule(any_row=ANY_ROW, visibility=st.sampled_from(["private", "team"]))
    def show_or_hide(self, any_row: int, visibility: str) -> None:
        """Let the whole team see a project, or not."""
        row = self._row(any_row)
        self._call("PATCH", f"/projects/{row.id}", {"visibility": visibility})
        self._change(row, visibility=visibility)

    @precondition(lambda self: self._rows)
    @rule(any_row=ANY_ROW, verb=st.sampled_from(["archive", "unarchive"]))
    def archive_or_not(self, any_row: int, verb: str) -> None:
        """Archive a project, or unarchive it."""
        row = self._row(any_row)
        self._call("POST", f"/projects/{row.id}/{verb}")
        self._change(row, archived=verb == "archive")

    @precondition(lambda self: self._rows)
    @rule(any_row=ANY_ROW)
    def remove(self, any_row: int) -> None:
        """Delete a project."""
        row = self._row(any_row)
        self._call("DELETE", f"/projects/{row.id}")
        self._rows.remove(row)
        for walk in self._walks:
            walk.steady.pop(row.serial, None)

    @rule()
    def let_time_pass(self) -> None:
        """Until then, whatever is changed ties."""
        self._office.clock.advance(seconds=1)

    @rule(
        viewer=st.sampled_from(VIEWERS),
        order=st.sampled_from(["ID", "NAME", "CREATED_AT", "UPDATED_AT"]),
        direction=st.sampled_from(["", "ASC", "DESC"]),
        limit=st.integers(1, 4),
    )
    def set_out(self, viewer: str, order: str, direction: str, limit: int) -> None:
        """Begin a walk."""
        steady = {row.serial: row.key(order) for row in self._listed(viewer)}
        self._walks.append(Walk(viewer, order, direction, limit, steady))

    @precondition(lambda self: self._walks)
    @rule(any_walk=ANY_ROW)
    def walk_on(self, any_walk: int) -> None:
        """Each step shows exactly what is ahead now; at the end, each steady row has been shown once."""
        walk = self._walks[any_walk % len(self._walks)]
        answer = self._runner.run(self._creatopy[walk.viewer].get("/projects", params=walk.query()))
        listed = answer.json()["response"]
        ahead = [row for row in self._listed(walk.viewer) if walk.follows(row.key(walk.order))]
        ahead.sort(key=lambda row: row.key(walk.order), reverse=walk.descending)
        expected = [(row.serial, row.name) for row in ahead[: walk.limit]]
        assert expected == [(node["id"], node["name"]) for node in listed["nodes"]]
        assert len(self._listed(walk.viewer)) == listed["totalCount"]
        assert (len(ahead) > walk.limit) == listed["pageInfo"]["hasNextPage"]
        walk.shown += [serial for serial, _ in expected]
        if expected:
            walk.last, walk.cursor = ahead[len(expected) - 1].key(walk.order), listed["pageInfo"]["endCursor"]
        if not listed["pageInfo"]["hasNextPage"]:
            times = Counter(walk.shown)
            assert dict.fromkeys(walk.steady, 1) == {serial: times[serial] for serial in walk.steady}
            self._walks.remove(walk)

    @rule(
        viewer=st.sampled_from(VIEWERS),
        sort=st.sampled_from(SORTS),
        per_page=st.integers(1, 5),
        archived=st.sampled_from(["false", "true", "any"]),
    )
    def leaf_through(self, viewer: str, sort: str, per_page: int, archived: str) -> None:
        """With nothing changed between, the pages put together are the whole list, ties by age, with its total."""
        chosen = {"false": [False], "true": [True], "any": [False, True]}[archived]
        rows = [row for row in self._rows if row.seen_by(viewer) and row.archived in chosen]
        rows.sort(key=lambda row: row.key(sort.removeprefix("-").upper()), reverse=sort.startswith("-"))
        last = max(1, -(-len(rows) // per_page))
        shown = []
        for page in range(1, last + 2):
            query: dict[str, Any] = {"page": page, "per_page": per_page, "sort": sort, "archived": archived}
            answer = self._runner.run(self._craftdesk[viewer].get("/projects", params=query)).json()
            expected = {"current_page": page, "total": len(rows), "per_page": per_page, "last_page": last}
            assert expected == answer["meta"]["pagination"]
            shown.append([project["id"] for project in answer["data"]])
        assert [row.id for row in rows] == [id for page in shown for id in page]
        assert [] == shown[last]

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A change by the owner."""
        answer = self._runner.run(self._craftdesk["owner"].request(method, path, json=body))
        assert answer.is_success, answer.text
        return dict(answer.json()["data"]) if answer.content else {}

    async def _newest(self) -> list[dict[str, Any]]:
        answer = await self._creatopy["owner"].get("/projects", params={"limit": 1})
        return list(answer.json()["response"]["nodes"])

    def _row(self, any_row: int) -> Row:
        return self._rows[any_row % len(self._rows)]

    def _change(self, row: Row, **changed: Any) -> None:
        """A row that moves, or goes out of a viewer's sight, has not lived through a walk unchanged."""
        if all(getattr(row, name) == value for name, value in changed.items()):
            return
        vars(row).update(changed, updated_at=self._office.now_ms)
        for walk in self._walks:
            gone = row.archived or not row.seen_by(walk.viewer)
            if gone or walk.steady.get(row.serial) != row.key(walk.order):
                walk.steady.pop(row.serial, None)

    def _listed(self, viewer: str) -> list[Row]:
        """What Creatopy lists: archived projects are left out."""
        return [row for row in self._rows if row.seen_by(viewer) and not row.archived]


@pytest.mark.fuzz
def test_every_row_that_lives_through_a_walk_is_shown_once(engine_settings: Settings, clock: StillClock) -> None:
    """Whatever is inserted, renamed, hidden, archived or deleted meanwhile, in all orderings; totals are exact."""
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        office = Office(runner.run(stack.enter_async_context(open_runtime(engine_settings, clock))), clock)
        try:
            run_state_machine_as_test(
                type("WalksHere", (Walks,), {"runtime": (runner, office)}),
                settings=settings(
                    max_examples=1_000 if LONG else 30,
                    stateful_step_count=100 if LONG else 40,
                    derandomize=not LONG,
                    database=None,
                    report_multiple_bugs=False,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(office.close())
            runner.run(stack.aclose())
