"""The files of a kit: added, listed, found and removed, by whom and how many."""

import pytest
from msgspec.structs import replace

from maquette.domain import assets, brand_kits
from maquette.domain.assets import AssetDraft, AssetFilter, named
from maquette.domain.files import ObjectKeys
from maquette.domain.pictures import Picture
from maquette.model.actor import Actor, Role, Scope
from maquette.model.errors import Forbidden, Invalid, NotFound, ReadOnly, Refusal, Stale
from maquette.model.page import ByPage, Order, SortField
from maquette.model.records import Asset, AssetKind, Color, WholeKit
from maquette.store.objects import new_key
from tests.office import Office, Team

PICTURE = Picture("image/png", 300, 200, b"a picture", b"a thumbnail")
OLDEST = Order(SortField.SERIAL, descending=False)


@pytest.fixture
async def team(engine_office: Office) -> Team:
    """A team with an owner."""
    return await engine_office.team()


def owner(team: Team) -> Actor:
    """Who may do everything."""
    return team.actor(team.owner, Role.OWNER)


async def make_kit(team: Team) -> WholeKit:
    """A kit with a colour."""
    return await team.office.write(
        lambda tx: brand_kits.create(tx, owner(team), "Kit", colors=[Color("x", "#000")], now_ms=team.office.now_ms)
    )


def draft(team: Team, name: str = "Logo", kind: AssetKind = AssetKind.LOGO) -> AssetDraft:
    """A file whose bytes are kept somewhere."""
    keys = ObjectKeys(new_key(team.workspace.serial, 0), new_key(team.workspace.serial, 0))
    return AssetDraft(kind, name, PICTURE, keys)


async def add(team: Team, kit: WholeKit, name: str = "Logo", kind: AssetKind = AssetKind.LOGO) -> Asset:
    """A new file of the kit."""
    made = draft(team, name, kind)
    return await team.office.write(lambda tx: assets.add(tx, owner(team), kit.id, made, now_ms=team.office.now_ms))


async def kit_now(team: Team, kit: WholeKit) -> WholeKit:
    """The kit as it is."""
    return await team.office.read(lambda tx: brand_kits.get(tx, owner(team), kit.id))


async def told(team: Team, kit: WholeKit) -> list[str]:
    """The types of the kit's events."""
    rows = await team.office.read(
        lambda tx: tx.rows("SELECT type FROM events WHERE subject_id = $1 ORDER BY serial", kit.id)
    )
    return [type for (type,) in rows]


class TestNamed:
    @pytest.mark.parametrize(
        ("filename", "expected"),
        [
            ("logo.png", "logo.png"),
            ("../../etc/logo.png", "logo.png"),
            ("C:\\Users\\me\\logo.png", "logo.png"),
            (" 圖 標.svg ", "圖 標.svg"),
            ("a\x00b\nc\ud800.png", "abc.png"),
            ("x" * 300, "x" * 255),
            ("", "logo"),
            ("/", "logo"),
            ("\x00", "logo"),
        ],
    )
    def test_a_file_brings_its_own_name(self, filename: str, expected: str) -> None:
        """Without its folders, and without what no name may hold."""
        assert expected == named(None, filename, AssetKind.LOGO)

    def test_a_given_name_comes_before_it(self) -> None:
        """Trimmed."""
        assert "Main logo" == named(" Main logo ", "x.png", AssetKind.LOGO)

    @pytest.mark.parametrize("given", ["", " ", "x" * 256, "a\nb"])
    def test_a_given_name_keeps_the_rules_of_names(self, given: str) -> None:
        """Where it can't be kept, the file's doesn't take its place."""
        with pytest.raises(Invalid) as refused:
            named(given, "x.png", AssetKind.LOGO)
        assert ["name"] == list(refused.value.problems)


class TestAdd:
    async def test_a_logo_is_shown_with_its_kit(self, team: Team) -> None:
        """The kit has changed: its time, its version and its event say so."""
        kit = await make_kit(team)
        team.office.clock.advance(seconds=1)
        version = await team.office.read(
            lambda tx: tx.value("SELECT version FROM workspaces WHERE serial = $1", team.workspace.serial)
        )
        logo = await add(team, kit)
        expected = ("Logo", AssetKind.LOGO, "image/png", len(PICTURE.content), 300, 200, team.owner.id)
        assert expected == (
            logo.name,
            logo.kind,
            logo.media_type,
            logo.size,
            logo.width,
            logo.height,
            logo.created_by_id,
        )
        now = await kit_now(team, kit)
        assert replace(kit, updated_at=team.office.now_ms, logos=(logo,)) == now
        assert ["brand_kit.created", "brand_kit.updated"] == await told(team, kit)
        assert version + 1 == await team.office.read(
            lambda tx: tx.value("SELECT version FROM workspaces WHERE serial = $1", team.workspace.serial)
        )

    async def test_an_image_is_not_among_the_logos(self, team: Team) -> None:
        """But it's a change of the kit all the same."""
        kit = await make_kit(team)
        team.office.clock.advance(seconds=1)
        await add(team, kit, kind=AssetKind.IMAGE)
        now = await kit_now(team, kit)
        assert ((), team.office.now_ms) == (now.logos, now.updated_at)

    async def test_a_kit_holds_so_many(self, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of each kind; asked before any work is done, and again when it's written."""
        monkeypatch.setattr(assets, "MAX_PER_KIT", {AssetKind.LOGO: 2, AssetKind.IMAGE: 1})
        kit = await make_kit(team)
        for kind in (AssetKind.LOGO, AssetKind.LOGO, AssetKind.IMAGE):
            await add(team, kit, kind=kind)
        for kind in AssetKind:
            with pytest.raises(Invalid, match="kind"):
                await add(team, kit, kind=kind)
            with pytest.raises(Invalid, match="kind"):
                await team.office.read(
                    lambda tx, kind=kind: assets.require_capacity(tx, owner(team), kit.id, kind)  # type: ignore[misc]
                )
        await add(team, await make_kit(team))


class TestList:
    async def test_a_kits_files_are_its_own(self, team: Team) -> None:
        """Of both kinds unless one is asked for."""
        kit, other = await make_kit(team), await make_kit(team)
        await add(team, kit, "École")
        await add(team, kit, "Photo", AssetKind.IMAGE)
        await add(team, other, "Other")
        window = ByPage(1, 10)

        async def names(filter: AssetFilter) -> list[str]:
            found = await team.office.read(lambda tx: assets.list_(tx, owner(team), kit.serial, filter, OLDEST, window))
            return [asset.name for asset in found.items]

        assert ["École", "Photo"] == await names(AssetFilter())
        assert ["Photo"] == await names(AssetFilter(AssetKind.IMAGE))
        assert ["École"] == await names(AssetFilter(keyword="éco"))


class TestRemove:
    async def test_it_is_gone_and_its_keys_are_dropped(self, team: Team) -> None:
        """Its kit has changed again."""
        kit = await make_kit(team)
        logo, kept = await add(team, kit), await add(team, kit, "Kept")
        _, keys = await team.office.read(lambda tx: assets.located(tx, owner(team), logo.id))
        dropped: list[str] = []
        team.office.database.listen(lambda changes: dropped.extend(key for change in changes for key in change.dropped))
        await team.office.write(lambda tx: assets.remove(tx, owner(team), logo.id, kit=kit.id, now_ms=5))
        assert [keys.content, keys.thumbnail] == dropped
        now = await kit_now(team, kit)
        assert ((kept,), 5) == (now.logos, now.updated_at)
        with pytest.raises(NotFound):
            await team.office.read(lambda tx: assets.located(tx, owner(team), logo.id))

    async def test_with_its_kit_all_go(self, team: Team) -> None:
        """The keys of all its files are dropped, and no other's."""
        kit = await make_kit(team)
        made = [await add(team, kit), await add(team, kit, kind=AssetKind.IMAGE)]
        await add(team, await make_kit(team))
        keys = [await team.office.read(lambda tx, id=each.id: assets.located(tx, owner(team), id)) for each in made]  # type: ignore[misc]
        dropped: list[str] = []
        team.office.database.listen(lambda changes: dropped.extend(key for change in changes for key in change.dropped))
        await team.office.write(lambda tx: brand_kits.remove(tx, owner(team), kit.id, now_ms=0))
        assert [key for _, (each) in keys for key in (each.content, each.thumbnail)] == dropped


VERBS = ("require_capacity", "add", "list", "located", "remove", "whole")


async def ask(team: Team, actor: Actor, verb: str, kit: str, asset: str, *, guard: type[Refusal] | None = None) -> None:
    """The verb, by somebody, on these."""
    made, window = draft(team), ByPage(1, 1)

    def checked(_: Asset) -> None:
        if guard:
            raise guard

    asked = {
        "require_capacity": lambda tx: assets.require_capacity(tx, actor, kit, AssetKind.LOGO),
        "add": lambda tx: assets.add(tx, actor, kit, made, now_ms=0),
        "list": lambda tx: assets.list_(tx, actor, kit, AssetFilter(), OLDEST, window),
        "located": lambda tx: assets.located(tx, actor, asset, kit=kit),
        "remove": lambda tx: assets.remove(tx, actor, asset, kit=kit, now_ms=0, guard=checked),
        "whole": lambda tx: assets.whole(tx, actor, kit),
    }
    await team.office.write(asked[verb])


class TestWhoMay:
    @pytest.mark.parametrize("verb", VERBS)
    async def test_members_look_and_admins_change(self, team: Team, verb: str) -> None:
        """A read-only key looks too."""
        kit = await make_kit(team)
        logo = await add(team, kit)
        member = team.actor(await team.member(), Role.MEMBER)
        admin = team.actor(await team.member(Role.ADMIN), Role.ADMIN)
        changes = verb in ("require_capacity", "add", "remove")
        for actor, refusal in ((member, Forbidden), (replace(admin, scope=Scope.READ_ONLY), ReadOnly)):
            if changes:
                with pytest.raises(refusal):
                    await ask(team, actor, verb, kit.id, logo.id)
            else:
                await ask(team, actor, verb, kit.id, logo.id)
        await ask(team, admin, verb, kit.id, logo.id)

    @pytest.mark.parametrize("verb", VERBS)
    async def test_absent_before_forbidden(self, team: Team, verb: str) -> None:
        """Another team's kit, or another kit's file, is not there for anybody."""
        kit, other = await make_kit(team), await make_kit(team)
        logo = await add(team, kit)
        stranger = await team.office.team()
        theirs = await make_kit(stranger)
        member = team.actor(await team.member(), Role.MEMBER)
        with pytest.raises(NotFound):
            await ask(team, member, verb, theirs.id, logo.id)
        if verb in ("located", "remove"):
            with pytest.raises(NotFound):
                await ask(team, member, verb, other.id, logo.id)
            with pytest.raises(NotFound):
                await ask(stranger, owner(stranger), verb, theirs.id, logo.id)

    async def test_a_guard_is_asked_last(self, team: Team) -> None:
        """Forbidden before stale."""
        kit = await make_kit(team)
        logo = await add(team, kit)
        member = team.actor(await team.member(), Role.MEMBER)
        for actor, refusal in ((member, Forbidden), (owner(team), Stale)):
            with pytest.raises(refusal):
                await ask(team, actor, "remove", kit.id, logo.id, guard=Stale)

    @pytest.mark.parametrize("ref", [0, -1, 2**70])
    async def test_an_impossible_serial_is_not_there(self, team: Team, ref: int) -> None:
        """Nor asked of the store."""
        with pytest.raises(NotFound):
            await team.office.read(lambda tx: assets.located(tx, owner(team), ref))
