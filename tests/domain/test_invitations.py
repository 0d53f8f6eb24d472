"""Invitations: e-mails that are sent until somebody takes them, and links that work once."""

import asyncio
import hashlib
import logging
from dataclasses import replace

import pytest

from maquette import app
from maquette.app import open_runtime
from maquette.domain import invitations
from maquette.domain.housekeeping import keep_mailing
from maquette.domain.invitations import LASTS_MS, PAUSES_MS
from maquette.model.actor import Role
from maquette.model.errors import Expired, Invalid, NotFound
from maquette.model.records import Member
from maquette.outbound.mail import Email, NotSent
from maquette.settings import Settings
from maquette.store import invitations as invitation_store
from maquette.store.database import Transaction
from tests.office import Office, StillClock, Team
from tests.outbound.server import receiving

ADDRESS = "https://maquette.test"


class FakeMailer:
    """Takes e-mails, or drops as many of the next ones as it is told to."""

    reaches_people = True

    def __init__(self) -> None:
        self.emails: list[Email] = []
        self.tried: list[str] = []
        self.drops = 0

    async def send(self, email: Email) -> None:
        """Take it."""
        self.tried.append(email.to)
        if self.drops:
            self.drops -= 1
            raise NotSent("nobody there")
        self.emails.append(email)

    @property
    def tokens(self) -> list[str]:
        """The links' last parts."""
        words = [word for email in self.emails for word in email.text.split()]
        return [word.removeprefix(f"{ADDRESS}/invitations/") for word in words if word.startswith(ADDRESS)]


@pytest.fixture(autouse=True)
def only_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    """E-mails are sent when a test says so, not every second."""
    chores = tuple(chore for chore in app.CHORES if chore is not keep_mailing)
    monkeypatch.setattr(app, "CHORES", chores)


@pytest.fixture
def mailer() -> FakeMailer:
    """Somebody who takes e-mails."""
    return FakeMailer()


async def invite(team: Team, email: str = "ada@example.com", role: Role = Role.MEMBER) -> Member:
    """Invite somebody, by the operator."""
    sealer = team.office.runtime.services.sealer
    return await team.office.write(
        lambda tx: invitations.invite(tx, team.operator, email, role, sealer, now_ms=team.office.now_ms)
    )


async def send(office: Office, mailer: FakeMailer) -> None:
    """One round of mailing."""
    services = office.runtime.services
    await invitations.send_due(services.database, office.clock, services.sealer, mailer, ADDRESS)


async def accept(office: Office, token: str) -> Member:
    """Follow the link."""
    accepted = await office.write(
        lambda tx: invitations.accept(tx, token, address="192.0.2.1", request_id="r", now_ms=office.now_ms)
    )
    return accepted.opened.member


async def sealed_tokens(office: Office, team: Team) -> int:
    """How many of the team's tokens can still be read."""

    async def body(tx: Transaction) -> int:
        sql = "SELECT COUNT(*) FROM invitations WHERE workspace = $1 AND token_sealed IS NOT NULL"
        count: int = await tx.value(sql, team.workspace.serial)
        return count

    return await office.read(body)


class TestAddress:
    @pytest.mark.parametrize(
        ("given", "taken_for"),
        [("straße@example.com", "strasse@example.com"), ("ⓐda@example.com", "ada@example.com")],
        ids=["sharp s", "circle"],
    )
    async def test_no_email_goes_to_another_address(self, office: Office, given: str, taken_for: str) -> None:
        """Where folding would make somebody else's of it, the address is refused, and nobody is invited."""
        team = await office.team()
        with pytest.raises(Invalid) as caught:
            await invite(team, given)
        assert {"email": [f"would be read as {taken_for}: send that if you mean it"]} == caught.value.problems
        assert "invited" == (await invite(team, taken_for)).status

    async def test_case_and_composition_make_no_difference(self, office: Office) -> None:
        """An address in any case, its accents in one piece or two, is one person's."""
        team = await office.team()
        made = [
            await invite(team, email) for email in ("José@Example.com", "JOSÉ@example.com", "Jose\u0301@example.com")
        ]
        assert 1 == len({member.serial for member in made})


class TestEmails:
    async def test_an_email_is_sent_once_and_then_forgotten(self, own_office: Office, mailer: FakeMailer) -> None:
        """To the invited one, with workspace, role, link and end; its token is gone once it is taken."""
        team = await own_office.team(name="Acme & Söhne")
        await invite(team)
        assert 1 == await sealed_tokens(own_office, team)
        for _ in range(2):
            await send(own_office, mailer)
        (email,) = mailer.emails
        assert ("ada@example.com", "You are invited to Acme & Söhne") == (email.to, email.subject)
        for part in ('"Acme & Söhne" as member', f"{ADDRESS}/invitations/{mailer.tokens[0]}", "until 2026-03-17 12:00"):
            assert part in email.text
        assert 0 == await sealed_tokens(own_office, team)

    async def test_one_that_nobody_takes_is_tried_again(self, own_office: Office, mailer: FakeMailer) -> None:
        """Ever less often, with the same link, until somebody does."""
        team = await own_office.team()
        await invite(team)
        mailer.drops = len(PAUSES_MS) + 1
        for pause in (*PAUSES_MS, PAUSES_MS[-1]):
            await send(own_office, mailer)
            before = len(mailer.tried)
            own_office.clock.at_ms += pause - 1
            await send(own_office, mailer)
            assert before == len(mailer.tried)
            own_office.clock.at_ms += 1
        assert (len(PAUSES_MS) + 1, []) == (len(mailer.tried), mailer.emails)
        await send(own_office, mailer)
        assert "active" == (await accept(own_office, mailer.tokens[0])).status

    async def test_one_failure_does_not_hold_up_the_others(self, office: Office, mailer: FakeMailer) -> None:
        """The next e-mails go out in the same turn."""
        team = await office.team()
        for name in ("ada", "bob", "cleo"):
            await invite(team, f"{name}@example.com")
        mailer.drops = 1
        await send(office, mailer)
        assert ["bob@example.com", "cleo@example.com"] == [email.to for email in mailer.emails]

    async def test_two_processes_send_it_once(self, own_office: Office, mailer: FakeMailer) -> None:
        """Who comes second finds it claimed."""
        await invite(await own_office.team())
        await asyncio.gather(*(send(own_office, mailer) for _ in range(4)))
        assert 1 == len(mailer.tried)

    async def test_a_crash_before_it_is_marked_sends_it_again(self, office: Office, mailer: FakeMailer,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        """Rather twice than never: the same link, a minute later."""

        async def crash(*_: object) -> None:
            raise ZeroDivisionError

        await invite(await office.team())
        with monkeypatch.context() as patch:
            patch.setattr(invitation_store, "mark_sent", crash)
            with pytest.raises(ZeroDivisionError):
                await send(office, mailer)
        office.clock.advance(seconds=60)
        await send(office, mailer)
        assert 1 == len(set(mailer.tokens))
        assert 2 == len(mailer.tokens)

    async def test_what_is_worthless_is_not_sent(self, own_office: Office, mailer: FakeMailer) -> None:
        """An invitation that is too old, replaced, or of somebody removed; its token is forgotten too."""
        team = await own_office.team()
        craftdesk = await team.craftdesk()
        await invite(team, "late@example.com")
        own_office.clock.at_ms += LASTS_MS
        gone = await invite(team, "gone@example.com")
        await craftdesk.delete(f"/members/{gone.id}")
        for _ in range(2):
            await invite(team, "twice@example.com")
        await send(own_office, mailer)
        assert ["twice@example.com"] == mailer.tried
        assert 0 == await sealed_tokens(own_office, team)

    async def test_the_runtime_sends_by_smtp(
        self, settings: Settings, clock: StillClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Within a second or two, from the sender that is set, with a link to the address that is set."""
        monkeypatch.undo()  # the runtime sends by itself here
        async with receiving() as box:
            given = replace(settings, smtp_url=box.url, mail_from="Acme <hi@acme.test>", public_url=ADDRESS + "/")
            box.refusals.append("451 Later")
            async with open_runtime(given, clock) as runtime:
                office = Office(runtime, clock)
                await invite(await office.team())
                async with asyncio.timeout(20):
                    while not box.attempts:
                        await asyncio.sleep(0.05)
                clock.advance(seconds=60)
                email = await box.email()
                await office.close()
        assert ("hi@acme.test", ["ada@example.com"]) == (email.sender, email.to)
        assert f"\n{ADDRESS}/invitations/" in email.text

    async def test_without_a_mail_server_the_link_is_in_the_log(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        """So that a server without one can invite too."""
        await invite(await office.team())
        services = office.runtime.services
        with caplog.at_level(logging.INFO, "maquette.mail"):
            await invitations.send_due(
                services.database, office.clock, services.sealer, services.mailer, services.public_url
            )
        assert "http://127.0.0.1:8080/invitations/" in caplog.text


class TestLink:
    @pytest.fixture
    async def token(self, office: Office, mailer: FakeMailer) -> str:
        """The link's last part, as Ada got it."""
        await invite(await office.team(name="Acme"), role=Role.ADMIN)
        await send(office, mailer)
        return mailer.tokens[0]

    async def test_it_shows_what_is_offered(self, office: Office, token: str) -> None:
        """Workspace, address and role, as often as it is read."""
        for _ in range(2):
            opened_link = await office.read(lambda tx: invitations.open_(tx, token, now_ms=office.now_ms))
            member = opened_link.member
            assert ("Acme", "ada@example.com", "admin", "invited") == (
                opened_link.workspace.name,
                member.email,
                member.role,
                member.status,
            )

    async def test_it_works_once(self, own_office: Office, mailer: FakeMailer) -> None:
        """Also when it is followed many times at the same moment; there is one event."""
        team = await own_office.team()
        await invite(team)
        await send(own_office, mailer)
        followed = await asyncio.gather(
            *(accept(own_office, mailer.tokens[0]) for _ in range(5)), return_exceptions=True
        )
        assert ["active"] == [each.status for each in followed if isinstance(each, Member)]
        assert 4 == len([each for each in followed if isinstance(each, Expired)])
        craftdesk = await team.craftdesk()
        events = (await craftdesk.get("/events", params={"type": "member.joined"})).json()["data"]
        assert [("ada", "192.0.2.1", "r")] == [
            (event["actor"]["name"], event["address"], event["request_id"]) for event in events
        ]

    async def test_it_lasts_a_week(self, office: Office, token: str) -> None:
        """To the last millisecond, and not one longer."""
        office.clock.at_ms += LASTS_MS - 1
        await office.read(lambda tx: invitations.open_(tx, token, now_ms=office.now_ms))
        office.clock.at_ms += 1
        with pytest.raises(Expired):
            await accept(office, token)

    async def test_a_newer_one_replaces_it(self, office: Office, mailer: FakeMailer) -> None:
        """The first link is worthless, the second one good."""
        team = await office.team()
        for _ in range(2):
            await invite(team)
            await send(office, mailer)
        first, second = mailer.tokens
        with pytest.raises(Expired):
            await accept(office, first)
        assert "active" == (await accept(office, second)).status

    async def test_a_removed_one_does_not_come_in_by_it(self, office: Office, mailer: FakeMailer) -> None:
        """The link ends with the membership."""
        team = await office.team()
        ada = await invite(team)
        await send(office, mailer)
        await (await team.craftdesk()).delete(f"/members/{ada.id}")
        with pytest.raises(Expired):
            await accept(office, mailer.tokens[0])

    async def test_a_token_is_known_by_its_hash_alone(self, office: Office, token: str) -> None:
        """Once its e-mail is on its way, nobody can read it from the store."""

        async def body(tx: Transaction) -> bytes:
            return repr([tuple(row) for row in await tx.rows("SELECT * FROM invitations")]).encode()

        stored = await office.read(body)
        assert token.encode() not in stored
        assert repr(hashlib.sha256(token.encode()).digest()).encode() in stored

    async def test_any_other_token_is_nobodys(self, office: Office, token: str) -> None:
        """An e-mail more or less, or none at all."""
        for wrong in ("", token[:-1], token + "x", token.swapcase()):
            with pytest.raises(NotFound):
                await accept(office, wrong)
