"""Which slug a project gets: the name's, or the next number behind it."""

import pytest

from maquette.domain import projects, slugs
from maquette.domain.projects import ProjectDraft, ProjectPatch
from maquette.model.actor import Role
from maquette.model.errors import Invalid
from maquette.model.records import Project
from tests.office import Office, Team


@pytest.fixture
async def team(engine_office: Office) -> Team:
    """A team with an owner."""
    return await engine_office.team()


async def make(team: Team, name: str, slug: str | None = None) -> Project:
    """A project of that name."""
    actor = team.actor(team.owner, Role.OWNER)
    draft = ProjectDraft(name, slug=slug)
    return await team.office.write(lambda tx: projects.create(tx, actor, draft, now_ms=team.office.now_ms))


async def change(team: Team, project: Project, patch: ProjectPatch) -> Project:
    """The project after a change."""
    actor = team.actor(team.owner, Role.OWNER)
    return await team.office.write(
        lambda tx: projects.change(tx, actor, project.serial, patch, now_ms=team.office.now_ms)
    )


class TestFree:
    async def test_a_clash_gets_the_next_number(self, team: Team) -> None:
        """`-2`, `-3` … in order."""
        made = [(await make(team, "Site")).slug for _ in range(12)]
        assert made == ["site", *(f"site-{number}" for number in range(2, 13))]

    async def test_a_gap_is_no_hurdle(self, team: Team) -> None:
        """After deletions a free number is found, whichever it is."""
        made = [await make(team, "Site") for _ in range(9)]
        actor = team.actor(team.owner, Role.OWNER)
        for gone in (made[2], made[5]):
            await team.office.write(lambda tx, gone=gone: projects.remove(tx, actor, gone.serial, now_ms=0))  # type: ignore[misc]
        slug = (await make(team, "Site")).slug
        assert slug not in {kept.slug for kept in made if kept not in (made[2], made[5])}

    async def test_many_of_a_name_are_found_by_halving(self, team: Team) -> None:
        """The fortieth costs a dozen look-ups, not forty."""
        for _ in range(39):
            await make(team, "Site")
        asked = 0

        async def body(tx: object) -> str:
            class Counting:
                async def rows(self, sql: str, *args: object) -> object:
                    nonlocal asked
                    asked += 1
                    return await tx.rows(sql, *args)  # type: ignore[attr-defined]

            return await slugs.free(Counting(), team.workspace.serial, "site")  # type: ignore[arg-type]

        assert await team.office.read(body) == "site-40"
        assert asked <= 13

    async def test_another_team_s_slugs_are_no_clash(self, engine_office: Office, team: Team) -> None:
        """Slugs are unique in their workspace."""
        other = await engine_office.team()
        assert ["site", "site"] == [(await make(one, "Site")).slug for one in (team, other)]

    async def test_a_name_that_reads_as_a_uuid_is_set_apart(self, team: Team) -> None:
        """A path with a UUID in it means an id."""
        name = "550e8400-e29b-41d4-a716-446655440000"
        assert (await make(team, name)).slug == f"project-{name}"

    async def test_a_long_name_still_gets_its_number(self, team: Team) -> None:
        """Number included, the slug has at most 100 characters."""
        made = [(await make(team, "x" * 200)).slug for _ in range(2)]
        assert made == ["x" * 100, "x" * 98 + "-2"]

    async def test_an_archived_project_keeps_its_slug(self, team: Team) -> None:
        """It isn't given to another."""
        first = await make(team, "Site")
        actor = team.actor(team.owner, Role.OWNER)
        await team.office.write(lambda tx: projects.archive(tx, actor, first.serial, now_ms=0))
        assert (await make(team, "Site")).slug == "site-2"


class TestExplicit:
    async def test_a_clash_is_told(self, team: Team) -> None:
        """What was asked for explicitly is not changed behind the caller's back."""
        await make(team, "Site")
        with pytest.raises(Invalid) as caught:
            await make(team, "Other", slug="site")
        assert list(caught.value.problems) == ["slug"]

    async def test_one_that_reads_as_a_uuid_is_told(self, team: Team) -> None:
        """It could not be told from an id."""
        with pytest.raises(Invalid):
            await make(team, "Other", slug="550e8400-e29b-41d4-a716-446655440000")


class TestAnew:
    async def test_renaming_keeps_it(self, team: Team) -> None:
        """Links go on working."""
        project = await make(team, "Site")
        assert (await change(team, project, ProjectPatch(name="Other"))).slug == "site"

    async def test_null_makes_it_of_the_new_name(self, team: Team) -> None:
        """Together with the rename, or later."""
        project = await make(team, "Site")
        assert (await change(team, project, ProjectPatch(name="Other name", slug=None))).slug == "other-name"

    async def test_one_that_is_made_of_the_name_already_stays(self, team: Team) -> None:
        """`site-2` is what the name would get, so nothing changes."""
        await make(team, "Site")
        second = await make(team, "Site")
        assert await change(team, second, ProjectPatch(slug=None)) == second

    @pytest.mark.parametrize(
        ("others", "own", "expected"),
        [
            ((), "site-3", "site"),
            (("site",), "site-2", "site-2"),
            (("site",), "site-3", "site-2"),
            (("site",), "site-77", "site-2"),
            (("site",), "site-02", "site-2"),
            (("site",), "site-x", "site-2"),
            (("site", "site-2"), "site-3", "site-3"),
            (("site", "site-2", "site-4"), "site-3", "site-3"),
            (("site", "sites-2"), "sites-3", "site-2"),
        ],
    )
    async def test_any_other_is_made_anew(self, team: Team, others: tuple[str, ...], own: str, expected: str) -> None:
        """As if the project were made now; a number that is the next one still stays."""
        for slug in others:
            await make(team, "Other", slug)
        project = await make(team, "Site", own)
        changed = await change(team, project, ProjectPatch(slug=None))
        assert expected == changed.slug
        assert changed == await change(team, changed, ProjectPatch(slug=None))

    async def test_a_cut_one_keeps_its_number(self, team: Team) -> None:
        """However long the name."""
        await make(team, "x" * 200)
        second = await make(team, "x" * 200)
        assert "x" * 98 + "-2" == (await change(team, second, ProjectPatch(slug=None))).slug
