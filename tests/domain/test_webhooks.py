"""Webhooks: who may say where a workspace's events go, and what an endpoint is."""

from functools import partial

import pytest

from maquette.domain import events, projects, webhooks
from maquette.domain.events import EventFilter
from maquette.domain.projects import ProjectDraft
from maquette.domain.webhooks import NewWebhook, WebhookDraft, WebhookPatch
from maquette.model.actor import Access, Actor, Grants, Resource, Role, Scope
from maquette.model.errors import Forbidden, Invalid, NotFound, OutOfScope, ReadOnly, Refusal
from maquette.model.page import ByPage
from maquette.model.webhooks import EVENT_TYPES, Webhook
from maquette.store import webhooks as store
from maquette.store.database import Transaction
from tests.office import Office, Team

URL = "https://receiver.example/hook"
CHOSEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def owner(team: Team) -> Actor:
    """The team's owner."""
    return team.actor(team.owner, Role.OWNER)


def narrow(team: Team, resources: dict[Resource, Access], named: tuple[str, ...] | None = None) -> Actor:
    """The owner, through a custom key."""
    return Actor(
        team.workspace.serial, team.owner.serial, Role.OWNER, scope=Scope.CUSTOM, grants=Grants(resources, named)
    )


async def made(team: Team, *types: str, actor: Actor | None = None, **given: str) -> NewWebhook:
    """An endpoint that wants these types, or all."""
    office = team.office
    draft = WebhookDraft(URL, types or ("*",), "craftdesk", **given)
    return await office.write(
        lambda tx: webhooks.create(
            tx, actor or owner(team), draft, office.runtime.services.sealer, now_ms=office.now_ms
        )
    )


async def changed(team: Team, ref: int | str, patch: WebhookPatch, actor: Actor | None = None) -> Webhook:
    """Changed by the owner."""
    office = team.office
    return await office.write(lambda tx: webhooks.change(tx, actor or owner(team), ref, patch, now_ms=office.now_ms))


async def told(team: Team) -> list[str]:
    """What the audit log says of webhooks, the oldest first."""
    found = await team.office.read(lambda tx: events.list_(tx, owner(team), EventFilter(), ByPage(1, 100)))
    return [event.type for event in reversed(found.items) if event.subject_kind == "webhook"]


class TestCreate:
    async def test_it_is_made_enabled_with_a_secret_of_its_own(self, engine_office: Office) -> None:
        """The secret is shown once and kept sealed."""
        team = await engine_office.team()
        webhook, secret = await made(team, "project.deleted", "project.created", "project.created")
        kept = await engine_office.read(lambda tx: store.secrets(tx, webhook.serial))
        assert (URL, True, None) == (webhook.url, webhook.enabled, webhook.disabled_reason)
        assert ("project.created", "project.deleted") == webhook.events
        assert team.owner.id == webhook.created_by_id == webhook.choices[0].created_by_id
        assert secret.encode() not in kept.sealed
        assert secret == engine_office.runtime.services.sealer.open(kept.sealed)
        assert ["webhook.created"] == await told(team)

    async def test_a_secret_may_be_chosen(self, engine_office: Office) -> None:
        """It signs as it is."""
        _, secret = await made(await engine_office.team(), secret=CHOSEN)
        assert CHOSEN == secret

    async def test_everything_swallows_the_rest(self, engine_office: Office) -> None:
        """Beside `*` nothing need be named."""
        webhook, _ = await made(await engine_office.team(), "project.created", "*")
        assert ("*",) == webhook.events

    @pytest.mark.parametrize(
        ("draft", "field"),
        [
            (WebhookDraft(URL, (), "craftdesk"), "events"),
            (WebhookDraft(URL, ("project.exploded",), "craftdesk"), "events"),
            (WebhookDraft(URL, ("webhook.created",), "craftdesk"), "events"),
            (WebhookDraft(URL + "/" * 2_000, ("*",), "craftdesk"), "url"),
            (WebhookDraft(URL, ("*",), "craftdesk", name="a\nb"), "name"),
            (WebhookDraft(URL, ("*",), "craftdesk", description="\x00"), "description"),
            (WebhookDraft(URL, ("*",), "craftdesk", secret="whsec_short"), "secret"),
        ],
        ids=["no types", "unknown type", "own type", "long", "name", "description", "secret"],
    )
    async def test_bad_input_names_its_field(self, office: Office, draft: WebhookDraft, field: str) -> None:
        """And leaves nothing behind."""
        team = await office.team()
        with pytest.raises(Invalid) as refused:
            await office.write(
                lambda tx: webhooks.create(tx, owner(team), draft, office.runtime.services.sealer, now_ms=office.now_ms)
            )
        assert {field} == set(refused.value.problems)
        assert [] == await told(team)

    async def test_a_workspace_has_fifty_at_most(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was removed doesn't count."""
        monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 2)
        team = await office.team()
        first, _ = await made(team)
        await made(team)
        with pytest.raises(Invalid):
            await made(team)
        await office.write(lambda tx: webhooks.remove(tx, owner(team), first.id, now_ms=office.now_ms))
        await made(team)

    async def test_the_operator_may_make_one(self, engine_office: Office) -> None:
        """Who is nobody's user."""
        team = await engine_office.team()
        webhook, _ = await made(team, actor=team.operator)
        assert None is webhook.created_by_id

    async def test_a_member_may_not(self, office: Office) -> None:
        """Nor a read-only key."""
        team = await office.team()
        member = team.actor(await team.member(), Role.MEMBER)
        reader = Actor(team.workspace.serial, team.owner.serial, Role.OWNER, scope=Scope.READ_ONLY)
        with pytest.raises(Forbidden):
            await made(team, actor=member)
        with pytest.raises(ReadOnly):
            await made(team, actor=reader)


class TestNarrowKeys:
    """A key decides nothing about where events go that it may not see itself."""

    @pytest.mark.parametrize(
        ("resources", "named", "types", "refusal"),
        [
            ({Resource.PROJECTS: Access.WRITE}, None, ("project.created",), OutOfScope),
            ({Resource.WEBHOOKS: Access.READ}, None, ("project.created",), OutOfScope),
            ({Resource.WEBHOOKS: Access.WRITE}, None, ("project.created",), OutOfScope),
            ({Resource.WEBHOOKS: Access.WRITE, Resource.PROJECTS: Access.READ}, None, ("*",), OutOfScope),
            (
                {Resource.WEBHOOKS: Access.WRITE, Resource.PROJECTS: Access.READ},
                ("x",),
                ("project.created",),
                OutOfScope,
            ),
            ({Resource.WEBHOOKS: Access.WRITE, Resource.PROJECTS: Access.READ}, None, ("project.created",), None),
            ({Resource.WEBHOOKS: Access.WRITE}, None, ("subscription.upgraded",), None),
        ],
        ids=["no webhooks", "reading", "no projects", "not all", "named projects", "enough", "plan"],
    )
    async def test_creating(
        self,
        office: Office,
        resources: dict[Resource, Access],
        named: tuple[str, ...] | None,
        types: tuple[str, ...],
        refusal: type[Refusal] | None,
    ) -> None:
        """It takes the grant for webhooks, and one to read whatever the endpoint is told."""
        team = await office.team()
        actor = narrow(team, resources, named)
        if refusal is None:
            await made(team, *types, actor=actor)
        else:
            with pytest.raises(refusal):
                await made(team, *types, actor=actor)

    async def test_leading_another_ones_endpoint_astray(self, office: Office) -> None:
        """A URL is changed, or a secret asked for, only by who may see what goes there."""
        team = await office.team()
        webhook, _ = await made(team)
        actor = narrow(team, {Resource.WEBHOOKS: Access.WRITE})
        with pytest.raises(OutOfScope):
            await changed(team, webhook.id, WebhookPatch(url="https://elsewhere.example"), actor)
        with pytest.raises(OutOfScope):
            await office.write(
                lambda tx: webhooks.rotate_secret(
                    tx, actor, webhook.id, office.runtime.services.sealer, now_ms=office.now_ms
                )
            )


class TestGet:
    async def test_by_id_and_by_serial(self, engine_office: Office) -> None:
        """Upper case is the same id."""
        team = await engine_office.team()
        webhook, _ = await made(team)
        for ref in (webhook.id, webhook.id.upper(), webhook.serial):
            assert webhook == await engine_office.read(partial(webhooks.get, actor=owner(team), ref=ref))

    async def test_another_workspaces_is_not_there(self, engine_office: Office) -> None:
        """Nor are impossible serials."""
        team, other = await engine_office.team(), await engine_office.team()
        webhook, _ = await made(other)
        for ref in (webhook.id, webhook.serial, 0, 2**64):
            with pytest.raises(NotFound):
                await engine_office.read(partial(webhooks.get, actor=owner(team), ref=ref))


class TestList:
    async def test_the_newest_first_page_by_page(self, engine_office: Office) -> None:
        """With the number of all, and what each wants."""
        team = await engine_office.team()
        mine = [(await made(team, type))[0] for type in ("project.created", "project.deleted", "member.joined")]
        first = await engine_office.read(lambda tx: webhooks.list_(tx, owner(team), ByPage(1, 2)))
        second = await engine_office.read(lambda tx: webhooks.list_(tx, owner(team), ByPage(2, 2)))
        assert mine[::-1] == first.items + second.items
        assert (3, True, False) == (first.total, first.has_next, second.has_next)


class TestChange:
    async def test_what_the_patch_names(self, engine_office: Office) -> None:
        """The rest stays, and types that stay keep their time."""
        team = await engine_office.team()
        webhook, _ = await made(team, "project.created", "project.deleted", name="old")
        engine_office.clock.advance(seconds=5)
        patch = WebhookPatch(url="https://new.example", name=" new ", events=("project.deleted", "member.joined"))
        after = await changed(team, webhook.id, patch)
        assert ("https://new.example", "new", webhook.description) == (after.url, after.name, after.description)
        assert [("member.joined", engine_office.now_ms), ("project.deleted", webhook.created_at)] == [
            (choice.type, choice.created_at) for choice in after.choices
        ]
        assert ["webhook.created", "webhook.updated"] == await told(team)

    async def test_nothing_new_is_no_change(self, engine_office: Office) -> None:
        """No event, no other time."""
        team = await engine_office.team()
        webhook, _ = await made(team)
        engine_office.clock.advance(seconds=5)
        assert webhook == await changed(team, webhook.id, WebhookPatch(url=URL, events=("*",), enabled=True))
        assert ["webhook.created"] == await told(team)

    async def test_disabled_by_hand_and_enabled_again(self, engine_office: Office) -> None:
        """It says why it is disabled, as long as it is."""
        team = await engine_office.team()
        webhook, _ = await made(team)
        off = await changed(team, webhook.id, WebhookPatch(enabled=False))
        on = await changed(team, webhook.id, WebhookPatch(enabled=True))
        assert (False, "It was disabled by hand.") == (off.enabled, off.disabled_reason)
        assert (True, None) == (on.enabled, on.disabled_reason)

    @pytest.mark.parametrize("type", EVENT_TYPES)
    async def test_every_type_can_be_wanted(self, office: Office, type: str) -> None:
        """Each by itself."""
        team = await office.team()
        webhook, _ = await made(team)
        assert (type,) == (await changed(team, webhook.id, WebhookPatch(events=(type,)))).events


class TestRemove:
    async def test_it_is_gone(self, engine_office: Office) -> None:
        """From the list too."""
        team = await engine_office.team()
        webhook, _ = await made(team)
        await engine_office.write(lambda tx: webhooks.remove(tx, owner(team), webhook.id, now_ms=engine_office.now_ms))
        with pytest.raises(NotFound):
            await engine_office.read(lambda tx: webhooks.get(tx, owner(team), webhook.id))
        assert [] == (await engine_office.read(lambda tx: webhooks.list_(tx, owner(team), ByPage(1, 9)))).items
        assert ["webhook.created", "webhook.deleted"] == await told(team)


class TestRotateSecret:
    async def test_the_one_before_stays_for_a_day(self, engine_office: Office) -> None:
        """Both are kept, both sealed."""
        team = await engine_office.team()
        sealer = engine_office.runtime.services.sealer
        webhook, old = await made(team)
        _, new = await engine_office.write(
            lambda tx: webhooks.rotate_secret(tx, owner(team), webhook.id, sealer, now_ms=engine_office.now_ms)
        )
        kept = await engine_office.read(lambda tx: store.secrets(tx, webhook.serial))
        assert new != old
        assert [new, old] == [sealer.open(kept.sealed), sealer.open(kept.old_sealed or b"")]
        assert engine_office.now_ms + 86_400_000 == kept.old_until


class TestFanOut:
    async def test_a_private_event_reaches_those_who_want_it(self, engine_office: Office) -> None:
        """One row for each enabled endpoint of the workspace that wants the type, in the change's own transaction."""
        team, other = await engine_office.team(), await engine_office.team()
        all_, _ = await made(team)
        created, _ = await made(team, "project.created")
        await made(team, "project.deleted")
        off, _ = await made(team)
        await changed(team, off.id, WebhookPatch(enabled=False))
        await made(other)
        project = await engine_office.write(
            lambda tx: projects.create(tx, owner(team), ProjectDraft("One"), now_ms=engine_office.now_ms)
        )
        found = await engine_office.read(
            lambda tx: tx.rows(
                "SELECT d.webhook, e.type FROM deliveries d JOIN events e ON e.serial = d.event"
                " WHERE e.subject_id = $1 ORDER BY d.webhook",
                project.id,
            )
        )
        assert [(all_.serial, "project.created"), (created.serial, "project.created")] == [tuple(row) for row in found]

    async def test_what_is_undone_is_told_to_nobody(self, engine_office: Office) -> None:
        """A transaction that fails leaves no delivery."""
        team = await engine_office.team()
        webhook, _ = await made(team)

        async def body(tx: Transaction) -> None:
            await projects.create(tx, owner(team), ProjectDraft("One"), now_ms=engine_office.now_ms)
            raise NotFound("courage")

        with pytest.raises(NotFound):
            await engine_office.write(body)
        count = await engine_office.read(
            lambda tx: tx.value("SELECT COUNT(*) FROM deliveries WHERE webhook = $1", webhook.serial)
        )
        assert 0 == count
