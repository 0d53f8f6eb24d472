"""What is in a kit, and who keeps it from going: palettes, typography, and the projects that use it."""

import pytest

from maquette.domain import brand_kits, projects
from maquette.domain.brand_kits import FIRST_FONTS, MAX_NAMES
from maquette.domain.projects import ProjectDraft
from maquette.model.actor import Access, Actor, Grants, Resource, Role, Scope
from maquette.model.errors import InUse, Invalid
from maquette.model.page import ByPage, Order, SortField
from maquette.model.records import Color, Font, WholeKit
from tests.office import Office, Team

BLUE, RED = Color("Blue", "#00F"), Color("Red", "#f00")
FONT = Font(7, "Inter", 12, "bold", "body")


@pytest.fixture
async def team(engine_office: Office) -> Team:
    """A team with an owner."""
    return await engine_office.team()


@pytest.fixture
def owner(team: Team) -> Actor:
    """Who may do everything."""
    return team.actor(team.owner, Role.OWNER)


async def make(team: Team, owner: Actor, *colors: Color) -> WholeKit:
    """A kit with these colours."""
    return await team.office.write(lambda tx: brand_kits.create(tx, owner, "Kit", colors=colors, now_ms=0))


async def told(team: Team, kit: WholeKit) -> list[str]:
    """The types of its events."""
    rows = await team.office.read(
        lambda tx: tx.rows("SELECT type FROM events WHERE subject_id = $1 ORDER BY serial", kit.id)
    )
    return [type for (type,) in rows]


class TestCreate:
    async def test_it_has_what_it_is_given(self, team: Team, owner: Actor) -> None:
        """In its order; where nothing is said, no colours and the first fonts."""
        kit = await team.office.write(
            lambda tx: brand_kits.create(tx, owner, "Kit", colors=[RED, BLUE], typography=[FONT], now_ms=0)
        )
        assert ((RED, BLUE), (FONT,), ()) == (kit.colors, kit.typography, kit.logos)
        assert kit == await team.office.read(lambda tx: brand_kits.get(tx, owner, kit.id))
        plain = await make(team, owner)
        assert ((), FIRST_FONTS) == (plain.colors, plain.typography)

    async def test_what_is_wrong_leaves_nothing(self, team: Team, owner: Actor) -> None:
        """No kit, no count, no event."""
        with pytest.raises(Invalid, match=r"colors\[0\]\.hex"):
            await make(team, owner, Color("x", "blue"))
        order, window = Order(SortField.SERIAL, descending=True), ByPage(1, 10)
        found = await team.office.read(lambda tx: brand_kits.list_(tx, owner, "", order, window))
        assert ([], 0) == (found.items, found.total)


class TestList:
    async def test_each_kit_has_its_own(self, team: Team, owner: Actor) -> None:
        """Whole, as it's read alone."""
        made = [await make(team, owner, *colors) for colors in ((RED,), (), (BLUE, RED))]
        order, window = Order(SortField.SERIAL, descending=False), ByPage(1, 10)
        found = await team.office.read(lambda tx: brand_kits.list_(tx, owner, "", order, window))
        assert made == found.items


class TestChange:
    async def test_a_list_takes_the_place_of_the_old_one(self, team: Team, owner: Actor) -> None:
        """What isn't mentioned stays; each change has its event."""
        kit = await make(team, owner, RED, BLUE)
        changed = await team.office.write(
            lambda tx: brand_kits.change(tx, owner, kit.id, None, colors=[BLUE, BLUE, RED], now_ms=5)
        )
        assert ((BLUE, BLUE, RED), FIRST_FONTS, "Kit", 5) == (
            changed.colors,
            changed.typography,
            changed.name,
            changed.updated_at,
        )
        changed = await team.office.write(
            lambda tx: brand_kits.change(tx, owner, kit.id, "New", colors=[], typography=[FONT], now_ms=6)
        )
        assert ((), (FONT,), "New", 6) == (changed.colors, changed.typography, changed.name, changed.updated_at)
        assert ["brand_kit.created", "brand_kit.updated", "brand_kit.updated"] == await told(team, kit)

    async def test_the_same_again_changes_nothing(self, team: Team, owner: Actor) -> None:
        """Neither its time nor its events."""
        kit = await make(team, owner, RED, BLUE)
        same = await team.office.write(
            lambda tx: brand_kits.change(
                tx, owner, kit.id, " Kit ", colors=[RED, Color(" Blue ", "#00F")], typography=FIRST_FONTS, now_ms=5
            )
        )
        assert kit == same
        assert ["brand_kit.created"] == await told(team, kit)

    async def test_what_is_wrong_changes_nothing(self, team: Team, owner: Actor) -> None:
        """Not even the part that's right."""
        kit = await make(team, owner, RED)
        with pytest.raises(Invalid, match=r"typography\[1\]\.font_size"):
            await team.office.write(
                lambda tx: brand_kits.change(
                    tx, owner, kit.id, "New", colors=[BLUE], typography=[FONT, Font(None, "x", 0, "400", "x")], now_ms=5
                )
            )
        assert kit == await team.office.read(lambda tx: brand_kits.get(tx, owner, kit.id))


class TestInUse:
    async def use(self, team: Team, owner: Actor, kit: WholeKit, *names: str) -> list[str]:
        """Projects of these names on the kit; their ids."""
        made = []
        for name in names:
            draft = ProjectDraft(name, brand_kit=kit.id)
            made.append(await team.office.write(lambda tx, draft=draft: projects.create(tx, owner, draft, now_ms=0)))  # type: ignore[misc]
        return [project.id for project in made]

    async def refused(self, team: Team, actor: Actor, kit: WholeKit) -> tuple[int, tuple[str, ...], str]:
        """How many use it, the names that are told, and how the sentence ends."""
        with pytest.raises(InUse) as caught:
            await team.office.write(lambda tx: brand_kits.remove(tx, actor, kit.id, now_ms=0))
        return caught.value.projects, caught.value.names, caught.value.named

    async def test_the_projects_are_named(self, team: Team, owner: Actor) -> None:
        """In the order of their names."""
        kit = await make(team, owner)
        await self.use(team, owner, kit, "b", "A")
        assert (2, ("A", "b"), " (A, b)") == await self.refused(team, owner, kit)

    async def test_only_a_few_are(self, team: Team, owner: Actor) -> None:
        """The rest is counted; archived ones are told too."""
        kit = await make(team, owner)
        names = [f"Project {number}" for number in range(MAX_NAMES + 2)]
        ids = await self.use(team, owner, kit, *names)
        await team.office.write(lambda tx: projects.archive(tx, owner, ids[0], now_ms=0))
        users, told, named = await self.refused(team, owner, kit)
        assert (MAX_NAMES + 2, tuple(names[:MAX_NAMES])) == (users, told)
        assert named.endswith(", …)")

    async def test_a_narrowed_key_is_told_no_name_it_does_not_see(self, team: Team, owner: Actor) -> None:
        """The count is the same."""
        kit = await make(team, owner)
        ids = await self.use(team, owner, kit, "Seen", "Secret")
        resources = {Resource.PROJECTS: Access.READ, Resource.BRAND_KITS: Access.WRITE}
        grants = Grants(resources, projects=(ids[0],))
        key = Actor(owner.workspace, owner.user, Role.OWNER, scope=Scope.CUSTOM, grants=grants)
        assert (2, ("Seen",), " (Seen, …)") == await self.refused(team, key, kit)
        blind = Actor(
            owner.workspace, owner.user, Role.OWNER, scope=Scope.CUSTOM, grants=Grants(resources, projects=())
        )
        assert (2, (), "") == await self.refused(team, blind, kit)
