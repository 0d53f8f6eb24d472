"""A kit's colours and the files of kits as rows."""

import pytest

from maquette.model.ids import new_id
from maquette.model.page import AfterCursor, ByPage, Order, Place, SortField, Window
from maquette.model.records import Asset, AssetKind, BrandKit, Color
from maquette.store import assets, brand_kits
from maquette.store.assets import AssetFilter, ObjectKeys
from maquette.store.database import Value
from maquette.store.objects import new_key
from tests.store.conftest import NEWEST, OLDEST, Home

EVERYTHING = AssetFilter()
ALL = ByPage(1, 100)


async def add(home: Home, kit: BrandKit, name: str = "Logo", **values: Value) -> Asset:
    """A new file of the kit's; a column can be given another value."""
    now_ms = home.clock.now_ms()
    row: dict[str, Value] = {
        "id": new_id(now_ms),
        "workspace": kit.workspace,
        "brand_kit": kit.serial,
        "kind": "logo",
        "name": name,
        "name_folded": name.casefold(),
        "media_type": "image/png",
        "size": 1234,
        "width": 300,
        "height": 200,
        "object_key": new_key(home.serial, now_ms),
        "thumbnail_key": new_key(home.serial, now_ms),
        "created_by": home.owner.serial,
        "created_at": now_ms,
    }
    serial = await home.write(lambda tx: assets.insert(tx, row | values))
    found = await got(home, serial)
    assert found
    return found[0]


async def got(home: Home, ref: int | str) -> tuple[Asset, ObjectKeys] | None:
    """The file and where it's kept."""
    return await home.read(lambda tx: assets.get(tx, home.serial, ref))


async def names(
    home: Home,
    kit: BrandKit,
    filter: AssetFilter = EVERYTHING,
    *,
    order: Order = OLDEST,
    window: Window = ALL,
) -> tuple[list[str], int]:
    """The names in one window of the kit's files, and how many there are in all."""
    found = await home.read(lambda tx: assets.list_(tx, kit.serial, filter=filter, order=order, window=window))
    return [asset.name for asset in found.items], found.total


class TestColors:
    async def test_they_come_back_in_their_order(self, home: Home) -> None:
        """Repeats too, and each kit's are its own."""
        kit, other, bare = [await home.kit(name) for name in "abc"]
        palette = (Color("Blue", "#00F"), Color("Äpfel", "#abc"), Color("Blue", "#00F"))
        await home.write(lambda tx: brand_kits.put_colors(tx, kit.serial, palette))
        await home.write(lambda tx: brand_kits.put_colors(tx, other.serial, palette[:1]))
        serials = [kit.serial, other.serial, bare.serial]
        found = await home.read(lambda tx: brand_kits.colors(tx, serials))
        assert {kit.serial: palette, other.serial: palette[:1]} == found
        assert {} == await home.read(lambda tx: brand_kits.colors(tx, []))

    async def test_new_ones_take_the_place_of_the_old(self, home: Home) -> None:
        """As many as may be, then fewer, then none."""
        kit = await home.kit()
        for count in (200, 3, 0):
            palette = tuple(Color(f"Shade {number}", f"#{number:06x}") for number in range(count))
            await home.write(lambda tx, palette=palette: brand_kits.put_colors(tx, kit.serial, palette))  # type: ignore[misc]
            found = await home.read(lambda tx: brand_kits.colors(tx, [kit.serial]))
            assert palette == found.get(kit.serial, ())


class TestInsert:
    async def test_everything_is_kept(self, home: Home) -> None:
        """With the kit's id, the maker's id, and its keys."""
        kit = await home.kit()
        asset = await add(home, kit, "Häuser", kind="image", object_key="1/a", thumbnail_key="1/b")
        expected = (kit.serial, kit.id, AssetKind.IMAGE, "Häuser", "image/png", 1234, 300, 200)
        assert expected == (
            asset.brand_kit,
            asset.brand_kit_id,
            asset.kind,
            asset.name,
            asset.media_type,
            asset.size,
            asset.width,
            asset.height,
        )
        assert (home.owner.serial, home.owner.id) == (asset.created_by, asset.created_by_id)
        assert asset.created_at == asset.updated_at == home.clock.now_ms()
        assert (asset, ObjectKeys("1/a", "1/b")) == await got(home, asset.id)
        await home.write(lambda tx: assets.delete(tx, asset.serial))


class TestGet:
    @pytest.mark.parametrize("column", ["serial", "id"])
    async def test_it_is_found_in_its_workspace_alone(self, home: Home, neighbour: Home, column: str) -> None:
        """Serial and id find the file, but not from another workspace."""
        asset = await add(home, await home.kit())
        ref = getattr(asset, column)
        found = await got(home, ref)
        assert found
        assert asset == found[0]
        assert await got(neighbour, ref) is None


class TestList:
    async def test_pages_and_cursors(self, home: Home) -> None:
        """Both kinds of window show this kit's files in order, and their total."""
        kit, other = await home.kit(), await home.kit()
        made = [await add(home, kit, name) for name in ("b", "a", "c")]
        await add(home, other, "d")
        assert (["c", "a"], 3) == await names(home, kit, order=NEWEST, window=ByPage(1, 2))
        by_name = Order(SortField.NAME, descending=False)
        after = AfterCursor(9, Place("a", made[1].serial))
        assert (["b", "c"], 3) == await names(home, kit, order=by_name, window=after)
        by_change = Order(SortField.UPDATED_AT, descending=True)
        after = AfterCursor(9, Place(made[0].created_at, made[1].serial))
        assert (["b"], 3) == await names(home, kit, order=by_change, window=after)

    @pytest.mark.parametrize(
        ("filter", "expected"),
        [
            (AssetFilter(AssetKind.LOGO), ["Blue sky", "Sky"]),
            (AssetFilter(AssetKind.IMAGE), ["Sea"]),
            (AssetFilter(keyword="sky"), ["Blue sky", "Sky"]),
            (AssetFilter(AssetKind.IMAGE, "sky"), []),
            (AssetFilter(keyword="%"), []),
        ],
    )
    async def test_kind_and_keyword_narrow_it(self, home: Home, filter: AssetFilter, expected: list[str]) -> None:
        """The total counts the matches."""
        kit = await home.kit()
        for name, kind in (("Blue sky", "logo"), ("Sky", "logo"), ("Sea", "image")):
            await add(home, kit, name, kind=kind)
        assert (expected, len(expected)) == await names(home, kit, filter)


class TestOfKits:
    async def test_logos_are_told_kit_by_kit(self, home: Home) -> None:
        """In the order they came; images are not among them."""
        kit, other, bare = [await home.kit(name) for name in "abc"]
        first, second = await add(home, kit, "z"), await add(home, kit, "a")
        await add(home, kit, kind="image")
        third = await add(home, other)
        serials = [kit.serial, other.serial, bare.serial]
        assert {kit.serial: (first, second), other.serial: (third,)} == await home.read(
            lambda tx: assets.logos(tx, serials)
        )

    async def test_they_are_counted_by_kind(self, home: Home) -> None:
        """Of one kit alone."""
        kit = await home.kit()
        for kind in ("logo", "image", "image"):
            await add(home, kit, kind=kind)
        await add(home, await home.kit())
        counts = [await home.read(lambda tx, kind=kind: assets.count(tx, kit.serial, kind)) for kind in AssetKind]  # type: ignore[misc]
        assert [1, 2] == counts

    async def test_all_are_told_with_their_keys(self, home: Home) -> None:
        """Logos and images, in the order they came."""
        kit = await home.kit()
        made = [await add(home, kit, kind=kind) for kind in ("image", "logo")]
        found = await home.read(lambda tx: assets.every(tx, kit.serial))
        assert made == [asset for asset, _ in found]
        assert [await got(home, asset.id) for asset in made] == found

    async def test_they_go_with_their_kit(self, home: Home) -> None:
        """Rows and colours; another kit's stay."""
        kit, other = await home.kit(), await home.kit()
        gone, kept = await add(home, kit), await add(home, other)
        for each in (kit, other):
            await home.write(lambda tx, each=each: brand_kits.put_colors(tx, each.serial, [Color("x", "#000")]))  # type: ignore[misc]
        await home.write(lambda tx: brand_kits.delete(tx, kit.serial))
        assert [None, kept.id] == [
            found and found[0].id for found in (await got(home, gone.id), await got(home, kept.id))
        ]
        assert [other.serial] == list(await home.read(lambda tx: brand_kits.colors(tx, [kit.serial, other.serial])))


class TestUsedKeys:
    async def test_both_keys_of_a_row_are_used(self, home: Home) -> None:
        """Others are not; of no keys none."""
        asset = await add(home, await home.kit())
        found = await got(home, asset.id)
        assert found
        _, keys = found
        asked = [keys.content, "nobodys", keys.thumbnail]
        assert {keys.content, keys.thumbnail} == await home.read(lambda tx: assets.used_keys(tx, asked))
        assert set() == await home.read(lambda tx: assets.used_keys(tx, []))
