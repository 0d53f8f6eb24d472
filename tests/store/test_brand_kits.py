"""Brand kits as rows."""

import pytest

from maquette.model.page import AfterCursor, ByPage, Order, Place, SortField
from maquette.model.records import Font
from maquette.store import brand_kits
from tests.store.conftest import NEWEST, Home

FONTS = (Font(None, "Roboto", 48, "700", "title"), Font(7, "Пример 字体", 12, "400", "body"))


class TestInsert:
    async def test_everything_is_kept(self, home: Home) -> None:
        """Typography comes back font by font, with its ids and in its order."""
        kit = await home.kit("Häuser", FONTS)
        assert (home.serial, "Häuser", FONTS) == (kit.workspace, kit.name, kit.typography)
        assert (home.owner.serial, home.owner.id) == (kit.created_by, kit.created_by_id)


class TestGet:
    @pytest.mark.parametrize("column", ["serial", "id"])
    async def test_it_is_found_in_its_workspace_alone(self, home: Home, neighbour: Home, column: str) -> None:
        """Serial and id find the kit, but not from another workspace."""
        kit = await home.kit()
        ref = getattr(kit, column)
        assert kit == await home.read(lambda tx: brand_kits.get(tx, home.serial, ref))
        assert await home.read(lambda tx: brand_kits.get(tx, neighbour.serial, ref)) is None


class TestChange:
    async def test_the_name_and_its_time_change(self, home: Home) -> None:
        """The rest stays, and the new name is found."""
        kit = await home.kit("Old", FONTS)
        await home.write(
            lambda tx: brand_kits.change(tx, kit.serial, {"name": "New", "name_folded": "new", "updated_at": 9})
        )
        changed = await home.read(lambda tx: brand_kits.get(tx, home.serial, kit.serial))
        assert changed
        assert ("New", 9, FONTS, kit.created_at) == (
            changed.name,
            changed.updated_at,
            changed.typography,
            changed.created_at,
        )
        assert [changed] == (await home.kits(keyword="new")).items
        assert [] == (await home.kits(keyword="old")).items


class TestDelete:
    async def test_only_this_one_goes(self, home: Home) -> None:
        """The others stay."""
        gone, kept = await home.kit("a"), await home.kit("b")
        await home.write(lambda tx: brand_kits.delete(tx, gone.serial))
        assert [kept] == (await home.kits()).items


class TestCountUsers:
    async def test_archived_projects_count_too(self, home: Home) -> None:
        """Whatever points at the kit uses it."""
        kit, other = await home.kit(), await home.kit()
        await home.project(brand_kit=kit.serial)
        await home.project(brand_kit=kit.serial, archived_at=1)
        await home.project()
        assert 2 == await home.read(lambda tx: brand_kits.count_projects(tx, kit.serial))
        assert 0 == await home.read(lambda tx: brand_kits.count_projects(tx, other.serial))


class TestList:
    async def test_pages_and_cursors(self, home: Home, neighbour: Home) -> None:
        """Both kinds of window show this workspace's kits in order, and their total."""
        kits = [await home.kit(name) for name in ("b", "a", "c")]
        await neighbour.kit("d")
        page = await home.kits(order=NEWEST, window=ByPage(1, 2))
        assert (kits[:0:-1], 3, True) == (page.items, page.total, page.has_next)
        by_name = Order(SortField.NAME, descending=False)
        rest = await home.kits(order=by_name, window=AfterCursor(2, Place("a", kits[1].serial)))
        assert ([kits[0], kits[2]], 3, False) == (rest.items, rest.total, rest.has_next)

    async def test_a_keyword_is_part_of_the_name(self, home: Home) -> None:
        """The total counts the matches."""
        for name in ("Blue sky", "Sky", "Sea"):
            await home.kit(name)
        found = await home.kits(keyword="sky", window=ByPage(1, 1))
        assert (["Blue sky"], 2, True) == ([kit.name for kit in found.items], found.total, found.has_next)

    async def test_a_known_total_is_not_counted_again(self, home: Home) -> None:
        """What the caller keeps is believed."""
        found = await home.read(
            lambda tx: brand_kits.list_(tx, home.serial, keyword="", order=NEWEST, window=ByPage(1, 1), kept_total=77)
        )
        assert 77 == found.total
