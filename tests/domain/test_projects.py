"""Projects: the plan's limit, who sees what, and in which order a request is refused."""

import asyncio
import json
import random
from functools import partial

import pytest
from msgspec.structs import fields

from maquette.domain import brand_kits, projects
from maquette.domain.projects import ProjectDraft, ProjectFilter, ProjectPatch
from maquette.model.actor import Actor, Role
from maquette.model.errors import (
    Forbidden,
    Invalid,
    Invisible,
    NotFound,
    PlanLimit,
    Refusal,
    Stale,
    UnknownReference,
)
from maquette.model.page import ByPage, Order, SortField
from maquette.model.records import BrandKit, Project, User, Visibility
from maquette.store import workspaces
from maquette.store.workspaces import Tally
from tests.office import Office, Team

NEWEST_FIRST = Order(SortField.SERIAL, descending=True)


class Studio:
    """A team with an owner and a member, and short ways to its projects."""

    def __init__(self, team: Team, member: User) -> None:
        self.team = team
        self.office = team.office
        self.owner = team.actor(team.owner, Role.OWNER)
        self.member = team.actor(member, Role.MEMBER)
        self.user = member

    async def make(self, name: str = "Site", *, private: bool = True) -> Project:
        """A project of the owner's."""
        draft = ProjectDraft(name, visibility=Visibility.PRIVATE if private else Visibility.TEAM)
        return await self.office.write(lambda tx: projects.create(tx, self.owner, draft, now_ms=self.office.now_ms))

    async def archive(self, project: Project, *, actor: Actor | None = None) -> Project:
        """Archive it."""
        return await self.office.write(
            lambda tx: projects.archive(tx, actor or self.owner, project.id, now_ms=self.office.now_ms)
        )

    async def unarchive(self, project: Project) -> Project:
        """Unarchive it."""
        return await self.office.write(
            lambda tx: projects.unarchive(tx, self.owner, project.id, now_ms=self.office.now_ms)
        )

    async def change(self, project: Project, patch: ProjectPatch, *, actor: Actor | None = None) -> Project:
        """Change it."""
        return await self.office.write(
            lambda tx: projects.change(tx, actor or self.owner, project.id, patch, now_ms=self.office.now_ms)
        )

    async def remove(self, project: Project, *, actor: Actor | None = None) -> None:
        """Delete it."""
        await self.office.write(
            lambda tx: projects.remove(tx, actor or self.owner, project.id, now_ms=self.office.now_ms)
        )

    async def seen(self, actor: Actor, archived: bool | None = False) -> tuple[set[str], int]:
        """The ids that the actor's list shows, and its total."""
        found = await self.office.read(
            lambda tx: projects.list_(tx, actor, ProjectFilter(archived=archived), NEWEST_FIRST, ByPage(1, 100))
        )
        return {project.id for project in found.items}, found.total

    async def events(self) -> list[str]:
        """What has happened to projects, in order."""
        rows = await self.office.read(
            lambda tx: tx.rows(
                "SELECT type FROM events WHERE workspace = $1 AND subject_kind = 'project' ORDER BY serial",
                self.team.workspace.serial,
            )
        )
        return [type for (type,) in rows]

    async def version(self) -> int:
        """The workspace's version."""
        return await self.office.read(lambda tx: workspaces.version(tx, self.team.workspace.serial))


async def studio(office: Office, *, limit: int | None = None) -> Studio:
    """A new one, on a plan with so many projects."""
    team = await office.team(plan=await office.plan(projects=limit))
    return Studio(team, await team.member())


@pytest.fixture
async def open_studio(engine_office: Office) -> Studio:
    """Without a limit."""
    return await studio(engine_office)


class TestPlanLimit:
    async def test_create_stops_at_the_limit(self, engine_office: Office) -> None:
        """The refusal names the plan and its number."""
        ours = await studio(engine_office, limit=2)
        await ours.make()
        await ours.make()
        with pytest.raises(PlanLimit) as caught:
            await ours.make()
        assert caught.value.projects == 2

    async def test_many_at_once_make_exactly_so_many(self, engine_office: Office) -> None:
        """Three times the limit at once: the limit is reached and not passed."""
        ours = await studio(engine_office, limit=4)
        made = await asyncio.gather(*(ours.make() for _ in range(12)), return_exceptions=True)
        assert [4, 8] == [sum(isinstance(one, kind) for one in made) for kind in (Project, PlanLimit)]

    async def test_two_processes_share_it(self, engine_office: Office, next_door: Office) -> None:
        """The same through two runtimes on one store."""
        ours = await studio(engine_office, limit=3)
        next_one = Studio(Team(next_door, ours.team.workspace, ours.team.owner), ours.user)
        made = await asyncio.gather(*(one.make() for _ in range(4) for one in (ours, next_one)), return_exceptions=True)
        assert [3, 5] == [sum(isinstance(one, kind) for one in made) for kind in (Project, PlanLimit)]

    async def test_archived_ones_don_t_count(self, engine_office: Office) -> None:
        """There is room again, and none to come back into."""
        ours = await studio(engine_office, limit=1)
        first = await ours.make()
        await ours.archive(first)
        await ours.make()
        with pytest.raises(PlanLimit):
            await ours.unarchive(first)

    async def test_unarchiving_what_is_not_archived_needs_no_room(self, engine_office: Office) -> None:
        """There is nothing to do, so nothing is refused."""
        ours = await studio(engine_office, limit=1)
        first = await ours.make()
        assert await ours.unarchive(first) == first

    async def test_a_removed_one_makes_room(self, engine_office: Office) -> None:
        """For one more."""
        ours = await studio(engine_office, limit=1)
        await ours.remove(await ours.make())
        assert (await ours.make()).slug == "site"

    async def test_a_smaller_plan_takes_nothing_away(self, engine_office: Office) -> None:
        """What is there stays and can be changed; nothing is added."""
        ours = await studio(engine_office)
        made = [await ours.make() for _ in range(3)]
        await ours.team.on_plan(await engine_office.plan(projects=1))
        assert (await ours.seen(ours.owner))[1] == 3
        assert (await ours.change(made[0], ProjectPatch(name="Other"))).name == "Other"
        with pytest.raises(PlanLimit):
            await ours.make()


class TestVisibility:
    async def test_a_member_sees_what_is_team_wide_or_theirs(self, open_studio: Studio) -> None:
        """In the list and its total, active and archived."""
        shared, private, assigned = (
            await open_studio.make("a", private=False),
            await open_studio.make("b"),
            await open_studio.make("c"),
        )
        await open_studio.team.assign(open_studio.user, assigned.id)
        assert await open_studio.seen(open_studio.owner) == ({shared.id, private.id, assigned.id}, 3)
        assert await open_studio.seen(open_studio.member) == ({shared.id, assigned.id}, 2)
        for project in (shared, private, assigned):
            await open_studio.archive(project)
        assert await open_studio.seen(open_studio.member) == (set(), 0)
        assert await open_studio.seen(open_studio.member, True) == ({shared.id, assigned.id}, 2)
        assert await open_studio.seen(open_studio.member, None) == ({shared.id, assigned.id}, 2)

    async def test_a_team_wide_project_that_is_assigned_counts_once(self, open_studio: Studio) -> None:
        """Two reasons to see it are one project."""
        shared = await open_studio.make(private=False)
        await open_studio.team.assign(open_studio.user, shared.id)
        assert await open_studio.seen(open_studio.member) == ({shared.id}, 1)

    async def test_a_project_made_private_is_out_of_sight(self, open_studio: Studio) -> None:
        """And back again."""
        project = await open_studio.make(private=False)
        await open_studio.change(project, ProjectPatch(visibility=Visibility.PRIVATE))
        assert await open_studio.seen(open_studio.member) == (set(), 0)
        await open_studio.change(project, ProjectPatch(visibility=Visibility.TEAM))
        assert await open_studio.seen(open_studio.member) == ({project.id}, 1)

    async def test_another_team_s_project_is_not_there(self, engine_office: Office, open_studio: Studio) -> None:
        """Neither by serial, id nor slug, and it isn't told from one that never was."""
        other = await (await studio(engine_office)).make("Elsewhere")
        for ref in (other.serial, other.id, other.slug, 2**70, -1, 0):
            with pytest.raises(NotFound) as caught:
                await open_studio.office.read(lambda tx, ref=ref: projects.get(tx, open_studio.owner, ref))  # type: ignore[misc]
            assert type(caught.value) is NotFound


class TestOrderOfRefusals:
    """What is out of sight comes before what is not allowed, and that before what is stale or wrong."""

    @pytest.mark.parametrize("verb", ["change", "archive", "unarchive", "remove"])
    @pytest.mark.parametrize(
        ("role", "private", "expected"),
        [
            (Role.MEMBER, True, {"change": Invisible, "else": Invisible}),
            (Role.MEMBER, False, {"change": Stale, "else": Forbidden}),
            (Role.ADMIN, True, {"change": Stale, "else": Stale}),
        ],
    )
    async def test_of_every_verb(
        self, open_studio: Studio, verb: str, role: Role, private: bool, expected: dict[str, type[Refusal]]
    ) -> None:
        """A stale guard and wrong values are never told to somebody who may not even see, or not change."""
        project = await open_studio.make(private=private)
        actor = open_studio.team.actor(open_studio.user, role)

        def stale(_: Project) -> None:
            raise Stale

        async def ask(tx: object) -> None:
            options = {"now_ms": 0, "guard": stale}
            if verb == "change":
                await projects.change(tx, actor, project.id, ProjectPatch(name=""), **options)  # type: ignore[arg-type]
            else:
                await getattr(projects, verb)(tx, actor, project.id, **options)

        with pytest.raises(Refusal) as caught:
            await open_studio.office.write(ask)
        assert type(caught.value) is expected.get(verb, expected["else"])

    async def test_of_create(self, engine_office: Office) -> None:
        """Permission, then the values, then the plan, then what is pointed at."""
        ours = await studio(engine_office, limit=1)

        async def ask(actor: Actor, name: str, kit: str | None) -> type[Refusal] | None:
            draft = ProjectDraft(name, brand_kit=kit)
            try:
                await ours.office.write(lambda tx: projects.create(tx, actor, draft, now_ms=0))
            except Refusal as refusal:
                return type(refusal)
            return None

        found = [await ask(ours.member, "", "x"), await ask(ours.owner, "", "x"), await ask(ours.owner, "a", "x")]
        assert found == [Forbidden, Invalid, UnknownReference]
        assert [await ask(ours.owner, "a", None), await ask(ours.owner, "b", "x")] == [None, PlanLimit]

    async def test_every_problem_is_told_at_once(self, open_studio: Studio) -> None:
        """By field."""
        draft = ProjectDraft("", description="\x00", color="red", slug="A")
        with pytest.raises(Invalid) as caught:
            await open_studio.office.write(lambda tx: projects.create(tx, open_studio.owner, draft, now_ms=0))
        assert list(caught.value.problems) == ["name", "description", "color", "slug"]


class TestChange:
    async def test_a_member_edits_what_they_see(self, open_studio: Studio) -> None:
        """Team-wide or assigned; and nothing more than edits."""
        project = await open_studio.make()
        await open_studio.team.assign(open_studio.user, project.id)
        changed = await open_studio.change(project, ProjectPatch(name="Theirs"), actor=open_studio.member)
        assert changed.name == "Theirs"
        with pytest.raises(Forbidden):
            await open_studio.remove(project, actor=open_studio.member)

    async def test_nothing_named_changes_nothing(self, open_studio: Studio) -> None:
        """No event, no version, no later `updated_at`; nor when the values are what they were."""
        project = await open_studio.make()
        before = (await open_studio.version(), await open_studio.events())
        open_studio.office.clock.advance(seconds=5)
        same = ProjectPatch(
            name=f" {project.name} ", description=None, visibility=project.visibility, slug=project.slug
        )
        for patch in (ProjectPatch(), same):
            assert await open_studio.change(project, patch) == project
        assert (await open_studio.version(), await open_studio.events()) == before

    async def test_unset_is_not_null(self, open_studio: Studio) -> None:
        """What isn't named stays, null clears."""
        kit = await open_studio.office.write(lambda tx: brand_kits.create(tx, open_studio.owner, "Kit", now_ms=0))
        shown = BrandKit(*(getattr(kit, field.name) for field in fields(BrandKit)))
        project = await open_studio.make()
        full = await open_studio.change(project, ProjectPatch(description="d", color="#abc", brand_kit=kit.id))
        assert (full.description, full.color, full.brand_kit) == ("d", "#abc", shown)
        kept = await open_studio.change(project, ProjectPatch(name="Other"))
        assert (kept.description, kept.color, kept.brand_kit) == ("d", "#abc", shown)
        bare = await open_studio.change(project, ProjectPatch(description=None, color=None, brand_kit=None))
        assert (bare.description, bare.color, bare.brand_kit) == (None, None, None)

    async def test_a_kit_of_another_team_is_not_there(self, engine_office: Office, open_studio: Studio) -> None:
        """By its id or its serial."""
        other = await studio(engine_office)
        kit = await engine_office.write(lambda tx: brand_kits.create(tx, other.owner, "Kit", now_ms=0))
        project = await open_studio.make()
        for ref in (kit.id, kit.serial):
            with pytest.raises(UnknownReference):
                await open_studio.change(project, ProjectPatch(brand_kit=ref))

    async def test_many_at_once_are_all_made(self, open_studio: Studio) -> None:
        """Changes of different fields at the same moment don't undo each other."""
        project = await open_studio.make()
        await asyncio.gather(
            open_studio.change(project, ProjectPatch(name="New")),
            open_studio.change(project, ProjectPatch(description="New")),
            open_studio.change(project, ProjectPatch(color="#fff")),
        )
        now = await open_studio.office.read(lambda tx: projects.get(tx, open_studio.owner, project.id))
        assert (now.name, now.description, now.color) == ("New", "New", "#fff")


class TestTold:
    async def test_every_verb_leaves_one_event(self, open_studio: Studio) -> None:
        """In order, and none where there was nothing to do."""
        project = await open_studio.make()
        for _ in range(2):
            await open_studio.change(project, ProjectPatch(name="Other"))
        for _ in range(2):
            await open_studio.archive(project)
        for _ in range(2):
            await open_studio.unarchive(project)
        await open_studio.remove(project)
        verbs = ("created", "updated", "archived", "unarchived", "deleted")
        assert await open_studio.events() == [f"project.{verb}" for verb in verbs]

    async def test_an_event_shows_the_project_after_it(self, open_studio: Studio) -> None:
        """And who did it; a deletion shows what was deleted."""
        project = await open_studio.make("Site")
        await open_studio.change(project, ProjectPatch(name="Other"))
        await open_studio.remove(project)
        rows = await open_studio.office.read(
            lambda tx: tx.rows("SELECT data, user_serial FROM events WHERE subject_id = $1 ORDER BY serial", project.id)
        )
        assert ["Site", "Other", "Other"] == [json.loads(data)["name"] for data, _ in rows]
        assert {open_studio.owner.user} == {user for _, user in rows}

    async def test_a_refused_verb_leaves_none(self, open_studio: Studio) -> None:
        """Nor does it move the version."""
        project = await open_studio.make(private=False)
        before = (await open_studio.version(), await open_studio.events())
        with pytest.raises(Forbidden):
            await open_studio.archive(project, actor=open_studio.member)
        with pytest.raises(Invalid):
            await open_studio.change(project, ProjectPatch(name="x" * 256))
        assert (await open_studio.version(), await open_studio.events()) == before


class TestCounts:
    async def test_what_is_kept_is_what_would_be_counted(self, open_studio: Studio) -> None:
        """After any mixture of verbs, made at the same time."""
        chance = random.Random(7)
        made = [await open_studio.make(private=chance.random() < 0.5) for _ in range(12)]

        async def something(project: Project) -> None:
            for _ in range(3):
                sight = ProjectPatch(visibility=chance.choice(list(Visibility)))
                await chance.choice(
                    (
                        partial(open_studio.archive, project),
                        partial(open_studio.unarchive, project),
                        partial(open_studio.change, project, sight),
                    )
                )()

        await asyncio.gather(*(something(project) for project in made))
        for project in made[:4]:
            await open_studio.remove(project)
        _, tally = await open_studio.office.read(lambda tx: workspaces.counts(tx, open_studio.team.workspace.serial))
        assert tally == await self._counted(open_studio)

    async def _counted(self, ours: Studio) -> Tally:
        rows = await ours.office.read(
            lambda tx: tx.rows(
                "SELECT archived_at IS NULL, visibility, COUNT(*) FROM projects WHERE workspace = $1 GROUP BY 1, 2",
                ours.team.workspace.serial,
            )
        )
        state = {True: "active", False: "archived"}
        return Tally(**{f"{state[bool(active)]}_{visibility}": count for active, visibility, count in rows})
