"""Where do bytes go? Kept before their row, removed after it, and swept up where a crash came between."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from maquette.domain import assets, brand_kits
from maquette.domain.assets import AssetDraft
from maquette.domain.files import ORPHANED_AFTER_MS, Files, ObjectKeys
from maquette.domain.picture_sandbox import PictureSandbox
from maquette.domain.pictures import Picture
from maquette.model.actor import Role
from maquette.model.errors import FileMissing, NotFound, Unavailable
from maquette.model.records import AssetKind, WholeKit
from maquette.store.folder import Folder
from tests.office import Office, Team

PICTURE = Picture("image/png", 300, 200, b"a picture", b"a thumbnail")


class Failing(Folder):
    """A folder whose disk can be made to fail."""

    failing: frozenset[str] = frozenset()

    async def put(self, key: str, content: bytes) -> None:
        """Fail for contents that are told to."""
        if content.decode() in self.failing:
            raise Unavailable("the disk is full")
        await super().put(key, content)

    async def delete(self, keys: Sequence[str]) -> None:
        """Fail if told to."""
        if "delete" in self.failing:
            raise Unavailable("the disk is away")
        await super().delete(keys)


@pytest.fixture
def folder(tmp_path: Path) -> Failing:
    """An empty one."""
    return Failing(tmp_path / "files")


@pytest.fixture
def files(office: Office, folder: Failing) -> Files:
    """Files on that folder."""
    return Files(office.database, folder, office.clock, PictureSandbox())


@pytest.fixture
async def team(office: Office) -> Team:
    """A team with an owner."""
    return await office.team()


@pytest.fixture
async def kit(team: Team) -> WholeKit:
    """A kit of theirs."""
    actor = team.actor(team.owner, Role.OWNER)
    return await team.office.write(lambda tx: brand_kits.create(tx, actor, "Kit", now_ms=team.office.now_ms))


async def add(team: Team, kit: WholeKit, keys: ObjectKeys) -> str:
    """A row that names the keys; its id."""
    draft, actor = AssetDraft(AssetKind.LOGO, "Logo", PICTURE, keys), team.actor(team.owner, Role.OWNER)
    return (await team.office.write(lambda tx: assets.add(tx, actor, kit.id, draft, now_ms=0))).id


async def kept(folder: Folder) -> list[str]:
    """The keys that are there."""
    return sorted([key async for some in folder.every() for key in some])


class TestSave:
    async def test_both_are_read_again(self, files: Files) -> None:
        """The picture and its thumbnail, under keys of their own."""
        keys = await files.save(7, PICTURE)
        assert (b"a picture", b"a thumbnail") == (await files.read(keys.content), await files.read(keys.thumbnail))
        assert keys.content.startswith("7/")

    async def test_what_is_gone_is_not_found(self, files: Files) -> None:
        """As a file that was removed meanwhile."""
        with pytest.raises(NotFound):
            await files.read("7/nothing")

    async def test_what_a_row_names_and_is_gone_is_missing(
        self, files: Files, folder: Failing, team: Team, kit: WholeKit, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The log says which, once a minute; a file whose row goes too is not found."""
        keys = await files.save(team.workspace.serial, PICTURE)
        id = await add(team, kit, keys)
        await folder.delete([keys.content])
        for _ in range(3):
            with pytest.raises(FileMissing):
                await files.read(keys.content)
        assert 1 == caplog.text.count(keys.content)
        team.office.clock.advance(seconds=60)
        with pytest.raises(FileMissing):
            await files.read(keys.content)
        assert 2 == caplog.text.count(keys.content)
        actor = team.actor(team.owner, Role.OWNER)
        await team.office.write(lambda tx: assets.remove(tx, actor, id, now_ms=0))
        with pytest.raises(NotFound):
            await files.read(keys.content)

    async def test_half_of_it_is_swept_up(self, files: Files, folder: Failing, office: Office) -> None:
        """A disk that is full after the picture leaves an object that nobody names."""
        folder.failing = frozenset({"a thumbnail"})
        with pytest.raises(Unavailable):
            await files.save(7, PICTURE)
        assert 1 == len(await kept(folder))
        office.clock.advance(seconds=3600)
        assert 1 == await files.sweep()
        assert [] == await kept(folder)


class TestDiscard:
    async def test_what_no_row_names_goes_at_once(self, files: Files, folder: Failing) -> None:
        """After a refusal or a replay."""
        await files.discard(await files.save(7, PICTURE))
        assert [] == await kept(folder)

    async def test_what_a_row_names_stays(self, files: Files, folder: Failing, team: Team, kit: WholeKit) -> None:
        """Should it have been written after all."""
        keys = await files.save(team.workspace.serial, PICTURE)
        await add(team, kit, keys)
        await files.discard(keys)
        assert 2 == len(await kept(folder))

    async def test_a_failure_is_left_to_the_sweep(self, files: Files, folder: Failing) -> None:
        """The refusal that came first is the one that's told."""
        folder.failing = frozenset({"delete"})
        await files.discard(await files.save(7, PICTURE))
        assert 2 == len(await kept(folder))


class TestRemovals:
    async def test_a_row_that_goes_takes_its_objects_along(
        self, files: Files, folder: Failing, team: Team, kit: WholeKit
    ) -> None:
        """Once the change is durable."""
        keys = await files.save(team.workspace.serial, PICTURE)
        id, actor = await add(team, kit, keys), team.actor(team.owner, Role.OWNER)
        await team.office.write(lambda tx: assets.remove(tx, actor, id, now_ms=0))
        await files.idle()
        assert [] == await kept(folder)

    async def test_a_change_that_is_not_made_takes_nothing(
        self, files: Files, folder: Failing, team: Team, kit: WholeKit
    ) -> None:
        """A transaction that is given up drops no objects."""
        keys = await files.save(team.workspace.serial, PICTURE)
        id, actor = await add(team, kit, keys), team.actor(team.owner, Role.OWNER)

        async def given_up(tx: object) -> None:
            await assets.remove(tx, actor, id, now_ms=0)  # type: ignore[arg-type]
            raise NotFound("nothing")

        with pytest.raises(NotFound):
            await team.office.write(given_up)
        await files.idle()
        assert 2 == len(await kept(folder))

    async def test_what_cant_be_removed_now_is_swept_up_later(
        self, files: Files, folder: Failing, team: Team, kit: WholeKit
    ) -> None:
        """The change is made all the same."""
        keys = await files.save(team.workspace.serial, PICTURE)
        id, actor = await add(team, kit, keys), team.actor(team.owner, Role.OWNER)
        folder.failing = frozenset({"delete"})
        await team.office.write(lambda tx: assets.remove(tx, actor, id, now_ms=0))
        await files.close()
        assert 2 == len(await kept(folder))
        folder.failing = frozenset()
        team.office.clock.advance(seconds=3600)
        assert 2 == await files.sweep()
        assert [] == await kept(folder)


class TestSweep:
    async def test_only_old_ones_without_a_row_go(
        self, files: Files, folder: Failing, team: Team, kit: WholeKit, tmp_path: Path
    ) -> None:
        """An upload under way is left alone, and so is what isn't ours."""
        named = await files.save(team.workspace.serial, PICTURE)
        await add(team, kit, named)
        await files.save(team.workspace.serial, PICTURE)
        (tmp_path / "files" / str(team.workspace.serial) / "notes.txt").write_bytes(b"mine")
        assert 0 == await files.sweep()
        team.office.clock.at_ms += ORPHANED_AFTER_MS - 1
        assert 0 == await files.sweep()
        young = await files.save(team.workspace.serial, PICTURE)
        team.office.clock.at_ms += 1
        assert 2 == await files.sweep()
        left = [named.content, named.thumbnail, young.content, young.thumbnail, f"{team.workspace.serial}/notes.txt"]
        assert sorted(left) == await kept(folder)

    async def test_what_a_crash_left_half_written_goes(
        self, files: Files, folder: Failing, office: Office, tmp_path: Path
    ) -> None:
        """Its time is in its name."""
        keys = await files.save(7, PICTURE)
        await files.discard(keys)
        (tmp_path / "files" / f"{keys.content}.partial").write_bytes(b"hal")
        office.clock.at_ms += ORPHANED_AFTER_MS
        assert 1 == await files.sweep()
        assert [] == await kept(folder)
