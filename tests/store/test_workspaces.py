"""Workspaces as rows, with the counts kept beside them."""

from functools import partial

import pytest

from maquette.store import webhooks, workspaces
from maquette.store.database import Change, Transaction, Value
from maquette.store.workspaces import Tally
from tests.store.conftest import Home, unique


class TestInsert:
    async def test_it_starts_at_version_one_with_nothing_in_it(self, home: Home) -> None:
        """All counts are zero."""
        found, tally = await home.read(lambda tx: workspaces.counts(tx, home.serial))
        assert (home.workspace, 1, Tally()) == (found, found.version, tally)


class TestGet:
    async def test_by_serial_and_by_slug(self, home: Home) -> None:
        """Both name the workspace; others name none."""
        assert home.workspace == await home.read(lambda tx: workspaces.get(tx, home.serial))
        assert home.workspace == await home.read(lambda tx: workspaces.by_slug(tx, home.workspace.slug))
        assert await home.read(lambda tx: workspaces.get(tx, 0)) is None
        assert await home.read(lambda tx: workspaces.by_slug(tx, unique("nobody"))) is None


class TestEvery:
    async def test_the_oldest_first(self, home: Home, neighbour: Home) -> None:
        """In the order in which they were created."""
        found = await home.read(workspaces.every)
        serials = [workspace.serial for workspace in found]
        assert sorted(serials) == serials
        assert {home.serial, neighbour.serial} <= set(serials)


class TestLock:
    async def test_it_answers_with_the_kept_counts(self, home: Home) -> None:
        """The counts are those after the last write."""
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial, Tally(active_team=2)))
        workspace, tally = await home.write(lambda tx: workspaces.lock(tx, home.serial))
        assert (2, Tally(active_team=2)) == (workspace.version, tally)


class TestLockCapacity:
    async def test_a_plan_has_room_for_active_projects(self, home: Home) -> None:
        """Private and team-wide ones count, archived ones don't."""
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial, Tally(1, 2, 3, 4)))
        found = await home.write(lambda tx: workspaces.lock_capacity(tx, home.serial))
        assert ("unlimited", None, 3, 2) == (found.plan, found.max_projects, found.active, found.version)
        await home.write(lambda tx: workspaces.set_plan(tx, home.serial, "starter", 9))
        found = await home.write(lambda tx: workspaces.lock_capacity(tx, home.serial))
        assert ("starter", 5, 3, 2) == (found.plan, found.max_projects, found.active, found.version)

    async def test_on_one_writer_it_knows_whether_there_are_endpoints(self, home: Home, neighbour: Home) -> None:
        """Enabled ones, of this workspace; where others may write meanwhile, there may be some."""
        others = not home.database.sees_all_writes
        capacity = partial(home.write, lambda tx: workspaces.lock_capacity(tx, home.serial))
        await neighbour.write(lambda tx: webhooks.insert(tx, _endpoint(neighbour, enabled=1)))
        assert others is (await capacity()).has_endpoints
        disabled = await home.write(lambda tx: webhooks.insert(tx, _endpoint(home, enabled=0)))
        assert others is (await capacity()).has_endpoints
        await home.write(lambda tx: webhooks.change(tx, disabled, {"enabled": 1}))
        assert (await capacity()).has_endpoints


class TestBumpVersion:
    async def test_a_tally_is_added_and_the_version_goes_up(self, home: Home, neighbour: Home) -> None:
        """Each count moves by its own part, in this workspace alone."""
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial, Tally(1, 2, 3, 4, 5)))
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial, Tally(active_private=-1, brand_kits=1)))
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial))
        found, tally = await home.read(lambda tx: workspaces.counts(tx, home.serial))
        assert (4, Tally(0, 2, 3, 4, 6)) == (found.version, tally)
        assert 4 == await home.read(lambda tx: workspaces.version(tx, home.serial))
        assert (neighbour.workspace, Tally()) == await home.read(lambda tx: workspaces.counts(tx, neighbour.serial))

    @pytest.mark.parametrize("engine", ["sqlite"])
    async def test_it_writes_only_the_counts_that_change(self, home: Home) -> None:
        """A trigger of any other column doesn't go off; without a tally none does."""

        async def watch(tx: Transaction) -> None:
            for column in Tally.__struct_fields__:
                await tx.run(
                    f"CREATE TRIGGER watched_{column} AFTER UPDATE OF {column} ON workspaces"
                    f" BEGIN INSERT INTO facts (name, value) VALUES ('watched', '{column}'); END"
                )

        await home.write(watch)
        changes: list[tuple[Tally | None, list[str]]] = [
            (Tally(active_team=1), ["active_team"]),
            (Tally(brand_kits=-1), ["brand_kits"]),
            (Tally(), []),
            (None, []),
        ]
        for tally, written in changes:
            await home.write(lambda tx, tally=tally: workspaces.bump_version(tx, home.serial, tally))  # type: ignore[misc]
            found = await home.write(lambda tx: tx.rows("DELETE FROM facts WHERE name = 'watched' RETURNING value"))
            assert written == [column for (column,) in found]

    async def test_listeners_learn_of_it(self, home: Home) -> None:
        """Those who keep copies are told the new version, and whether access may have changed."""
        heard: list[Change] = []
        home.database.listen(heard.extend)
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial))
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial, access=True))
        assert [Change(home.serial, 2), Change(home.serial, 3, access=True)] == heard

    async def test_who_holds_the_version_need_not_be_told(self, home: Home) -> None:
        """It counts and tells the same, from the version that was held."""
        heard: list[Change] = []
        home.database.listen(heard.extend)

        async def body(tx: Transaction) -> None:
            locked_version = (await workspaces.lock_capacity(tx, home.serial)).version
            await workspaces.bump_version(tx, home.serial, Tally(active_team=1), locked_version=locked_version)

        await home.write(body)
        found, tally = await home.read(lambda tx: workspaces.counts(tx, home.serial))
        assert (2, Tally(active_team=1)) == (found.version, tally)
        assert [Change(home.serial, 2)] == heard


class TestSetPlan:
    async def test_the_plan_and_its_time_change(self, home: Home) -> None:
        """Nothing else does."""
        await home.write(lambda tx: workspaces.set_plan(tx, home.serial, "starter", 9))
        found = await home.read(lambda tx: workspaces.get(tx, home.serial))
        assert found
        assert ("starter", 9, home.workspace.slug) == (found.plan, found.updated_at, found.slug)


def _endpoint(home: Home, *, enabled: int) -> dict[str, Value]:
    return {
        "id": unique("endpoint"),
        "workspace": home.serial,
        "dialect": "craftdesk",
        "name": "Receiver",
        "url": "https://example.com/",
        "secret_sealed": b"",
        "enabled": enabled,
        "created_at": 1,
        "updated_at": 1,
    }
