"""Brand kits: made, renamed and removed; a kit in use stays."""

import pytest

from maquette.domain import brand_kits, projects
from maquette.domain.projects import ProjectDraft
from maquette.model.actor import Role
from maquette.model.errors import Forbidden, InUse, Invalid, NotFound, Stale
from maquette.model.records import BrandKit
from tests.office import Office, Team


@pytest.fixture
async def team(engine_office: Office) -> Team:
    """A team with an owner."""
    return await engine_office.team()


async def make(team: Team, name: str = "House style") -> BrandKit:
    """A kit of the owner's."""
    actor = team.actor(team.owner, Role.OWNER)
    return await team.office.write(lambda tx: brand_kits.create(tx, actor, name, now_ms=team.office.now_ms))


class TestCreate:
    async def test_it_starts_with_roboto(self, team: Team) -> None:
        """In three sizes, from no file of ours."""
        kit = await make(team, "  House style ")
        assert ("House style", team.owner.id) == (kit.name, kit.created_by_id)
        assert {("Roboto", None)} == {(font.name, font.id) for font in kit.typography}
        assert [48, 24, 16] == [font.size for font in kit.typography]

    async def test_a_member_makes_none(self, team: Team) -> None:
        """Owners and admins do."""
        actor = team.actor(await team.member(), Role.MEMBER)
        with pytest.raises(Forbidden):
            await team.office.write(lambda tx: brand_kits.create(tx, actor, "Kit", now_ms=0))

    async def test_a_name_keeps_the_rules_of_names(self, team: Team) -> None:
        """What can't be a name is told by field."""
        with pytest.raises(Invalid):
            await make(team, " ")


class TestChange:
    async def test_a_new_name_is_told_once(self, team: Team) -> None:
        """The same name again, or none, changes nothing."""
        kit = await make(team)
        actor = team.actor(team.owner, Role.OWNER)
        team.office.clock.advance(seconds=1)
        for name in ("Other", "Other ", None):
            changed = await team.office.write(
                lambda tx, name=name: brand_kits.change(tx, actor, kit.id, name, now_ms=team.office.now_ms)  # type: ignore[misc]
            )
            assert (changed.name, changed.updated_at) == ("Other", kit.updated_at + 1_000)
            team.office.clock.advance(seconds=1)
        rows = await team.office.read(
            lambda tx: tx.rows("SELECT type FROM events WHERE subject_id = $1 ORDER BY serial", kit.id)
        )
        assert ["brand_kit.created", "brand_kit.updated"] == [type for (type,) in rows]


class TestRemove:
    async def test_a_kit_in_use_stays(self, team: Team) -> None:
        """The refusal says by how many projects, archived ones too."""
        kit = await make(team)
        actor = team.actor(team.owner, Role.OWNER)
        made = [
            await team.office.write(
                lambda tx: projects.create(tx, actor, ProjectDraft("Site", brand_kit=kit.id), now_ms=0)
            )
            for _ in range(2)
        ]
        await team.office.write(lambda tx: projects.archive(tx, actor, made[0].id, now_ms=0))
        with pytest.raises(InUse) as caught:
            await team.office.write(lambda tx: brand_kits.remove(tx, actor, kit.id, now_ms=0))
        assert caught.value.projects == 2

    async def test_a_kit_that_nobody_uses_goes(self, team: Team) -> None:
        """And is then not there."""
        kit = await make(team)
        actor = team.actor(team.owner, Role.OWNER)
        await team.office.write(lambda tx: brand_kits.remove(tx, actor, kit.id, now_ms=0))
        with pytest.raises(NotFound):
            await team.office.read(lambda tx: brand_kits.get(tx, actor, kit.id))


class TestOrderOfRefusals:
    @pytest.mark.parametrize("verb", ["change", "remove"])
    async def test_absent_before_forbidden_before_stale(self, team: Team, verb: str) -> None:
        """A kit of another team is not there for anybody."""
        kit, elsewhere = await make(team), await make(await team.office.team())
        member = team.actor(await team.member(), Role.MEMBER)
        owner = team.actor(team.owner, Role.OWNER)

        def stale(_: BrandKit) -> None:
            raise Stale

        for actor, ref, refusal in (
            (member, elsewhere.id, NotFound),
            (member, kit.id, Forbidden),
            (owner, kit.id, Stale),
        ):

            async def ask(tx: object, actor: object = actor, ref: str = ref) -> None:
                if verb == "change":
                    await brand_kits.change(tx, actor, ref, "", now_ms=0, guard=stale)  # type: ignore[arg-type]
                else:
                    await brand_kits.remove(tx, actor, ref, now_ms=0, guard=stale)  # type: ignore[arg-type]

            with pytest.raises(refusal):
                await team.office.write(ask)
