"""Workspaces, their members and their plans: created, changed, and told."""

import asyncio

import pytest

from maquette.domain import invitations, members, plans, workspaces
from maquette.model.actor import Role, operator
from maquette.model.errors import Forbidden, Invalid, NotFound
from maquette.store import members as member_store
from tests.office import Office, Team


class TestCreate:
    async def test_it_has_an_owner_and_a_slug(self, engine_office: Office) -> None:
        """The owner is known by their address, whatever its case."""
        first = await engine_office.team(name="Zwölf Größen")
        again = await engine_office.write(
            lambda tx: workspaces.create(
                tx, " Zwölf Größen ", plan="starter", owner=first.owner.email.upper(), now_ms=0
            )
        )
        assert again[1] == first.owner
        assert (first.workspace.slug, again[0].slug) == ("zwolf-grossen", "zwolf-grossen-2")
        assert ("Zwölf Größen", "starter", 1) == (again[0].name, again[0].plan, again[0].version)

    async def test_many_of_a_name_at_once_get_slugs_of_their_own(self, engine_office: Office) -> None:
        """And each its own id and team number."""
        made = await asyncio.gather(*(engine_office.team(name="Twin Peaks") for _ in range(5)))
        assert len({team.workspace.slug for team in made}) == 5
        assert len({team.workspace.serial for team in made}) == 5

    @pytest.mark.parametrize(
        ("name", "plan", "owner", "refusal"),
        [
            ("", "starter", "a@example.com", Invalid),
            ("Acme", "nothing", "a@example.com", NotFound),
            ("Acme", "starter", "nobody", Invalid),
            ("Acme", "starter", "a b@example.com", Invalid),
        ],
    )
    async def test_what_is_wrong_leaves_nothing(
        self, engine_office: Office, name: str, plan: str, owner: str, refusal: type[Exception]
    ) -> None:
        """No workspace, and nobody made known."""
        before = await engine_office.read(lambda tx: tx.value("SELECT COUNT(*) FROM users"))
        with pytest.raises(refusal):
            await engine_office.write(lambda tx: workspaces.create(tx, name, plan=plan, owner=owner, now_ms=0))
        assert await engine_office.read(lambda tx: tx.value("SELECT COUNT(*) FROM users")) == before


class TestChangePlan:
    @pytest.mark.parametrize(
        ("before", "after", "told"),
        [
            ("starter", "business", ["subscription.upgraded"]),
            ("unlimited", "business", ["subscription.downgraded"]),
            ("starter", "starter", []),
        ],
    )
    async def test_it_s_told_as_what_it_is(
        self, engine_office: Office, before: str, after: str, told: list[str]
    ) -> None:
        """A change to where one is already is none."""
        team = await engine_office.team(plan=before)
        await team.on_plan(after)
        rows = await engine_office.read(
            lambda tx: tx.rows("SELECT type FROM events WHERE workspace = $1 ORDER BY serial", team.workspace.serial)
        )
        assert ["subscription.created", *told] == [type for (type,) in rows]

    async def test_only_an_owner_may(self, engine_office: Office) -> None:
        """Billing is no admin's."""
        team = await engine_office.team()
        admin = team.actor(await team.member(Role.ADMIN), Role.ADMIN)
        with pytest.raises(Forbidden):
            await engine_office.write(lambda tx: workspaces.change_plan(tx, admin, "starter", now_ms=0))

    async def test_an_unknown_plan_is_told(self, engine_office: Office) -> None:
        """And the workspace stays where it was."""
        team = await engine_office.team(plan="starter")
        with pytest.raises(NotFound):
            await team.on_plan("nothing")
        found = await engine_office.read(lambda tx: workspaces.by_slug(tx, team.workspace.slug))
        assert found.plan == "starter"


class TestPlans:
    async def test_those_that_ship(self, office: Office) -> None:
        """With the limits that they are known for, the smallest first."""
        found = await office.read(plans.list_)
        assert [(plan.name, plan.month, plan.burst, plan.projects) for plan in found] == [
            ("starter", 1_000, 10, 5),
            ("professional", 50_000, 100, 25),
            ("business", 500_000, 1_000, None),
            ("unlimited", None, None, None),
        ]

    async def test_what_isn_t_named_stays(self, engine_office: Office) -> None:
        """A plan that isn't there is added, without limits where none is named."""
        name = await engine_office.plan(month=5, burst=6, projects=7)
        changed = await engine_office.write(lambda tx: plans.put(tx, operator(0), name, {"burst": None}))
        assert (5, None, 7) == (changed.month, changed.burst, changed.projects)

    @pytest.mark.parametrize("limits", [{"month": -1}, {"burst": 2**63}, {"projects": -5}])
    async def test_impossible_limits_are_told(self, engine_office: Office, limits: plans.Limits) -> None:
        """By field."""
        with pytest.raises(Invalid) as caught:
            await engine_office.write(lambda tx: plans.put(tx, operator(0), "odd", limits))
        assert list(caught.value.problems) == list(limits)

    @pytest.mark.parametrize("name", ["", "Starter", " a"])
    async def test_an_impossible_name_is_told(self, engine_office: Office, name: str) -> None:
        """Plans are named in lower case."""
        with pytest.raises(Invalid):
            await engine_office.write(lambda tx: plans.put(tx, operator(0), name, {}))


async def told_of_members(team: Team) -> list[str]:
    """What the log says of them, the oldest first."""
    rows = await team.office.read(
        lambda tx: tx.rows(
            "SELECT type FROM events WHERE workspace = $1 AND subject_kind = 'member' ORDER BY serial",
            team.workspace.serial,
        )
    )
    return [type for (type,) in rows]


class TestMembers:
    async def test_adding_again_changes_the_role(self, engine_office: Office) -> None:
        """Told as joining first, and then as a change."""
        team = await engine_office.team()
        user = await team.member(Role.MEMBER, "Ann@Example.com")
        assert await team.member(Role.ADMIN, "ann@example.com") == user
        role = await engine_office.read(lambda tx: member_store.role_of(tx, team.workspace.serial, user.serial))
        assert (Role.ADMIN, ["member.joined", "member.role_changed"]) == (role, await told_of_members(team))

    async def test_adding_whoever_is_invited_makes_them_join(self, engine_office: Office) -> None:
        """They become active, whether in the same role or another."""
        team, sealer = await engine_office.team(), engine_office.runtime.services.sealer
        for email, role in (("ann@example.com", Role.MEMBER), ("bob@example.com", Role.ADMIN)):
            await engine_office.write(
                lambda tx, email=email: invitations.invite(  # type: ignore[misc]
                    tx, team.operator, email, Role.MEMBER, sealer, now_ms=engine_office.now_ms
                )
            )
            await team.member(role, email)
        assert ["member.invited", "member.joined"] * 2 == await told_of_members(team)

    async def test_one_person_in_two_workspaces_is_one_person(self, engine_office: Office) -> None:
        """With a role in each."""
        one, two = await engine_office.team(), await engine_office.team()
        assert await one.member(Role.ADMIN, "both@example.com") == await two.member(Role.MEMBER, "both@example.com")

    async def test_a_member_adds_nobody(self, engine_office: Office) -> None:
        """Owners and admins do."""
        team = await engine_office.team()
        actor = team.actor(await team.member(), Role.MEMBER)
        with pytest.raises(Forbidden):
            await engine_office.write(lambda tx: members.add(tx, actor, "x@example.com", Role.OWNER, now_ms=0))


class TestHolder:
    async def test_without_an_address_it_s_the_first_owner(self, engine_office: Office) -> None:
        """And with one, that member; somebody from elsewhere is nobody."""
        team = await engine_office.team()
        ann = await team.member(Role.ADMIN)
        await team.member(Role.OWNER)
        found = [
            await engine_office.read(lambda tx, email=email: members.holder(tx, team.operator, email))  # type: ignore[misc]
            for email in (None, f" {ann.email.upper()} ")
        ]
        assert found == [team.owner, ann]
        stranger = (await engine_office.team()).owner.email
        with pytest.raises(NotFound):
            await engine_office.read(lambda tx: members.holder(tx, team.operator, stranger))
