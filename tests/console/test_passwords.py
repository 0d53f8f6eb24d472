"""Choosing a password: by links that work once, from the operator, by e-mail, or after an invitation."""

import asyncio
import re
from typing import Any

import pytest

from maquette.domain import invitations, passwords
from maquette.domain.housekeeping import tidy
from maquette.domain.password_hasher import MAX_WAITING, MAX_WAITING_PER_SOURCE
from maquette.domain.passwords import LASTS_MS, MAILED_LASTS_MS, MAX_LINKS
from maquette.model.actor import Role
from maquette.model.errors import Overloaded, Unavailable
from maquette.outbound.mail import Email, NotSent
from tests.console.people import Person
from tests.office import Office, StillClock, Team

PASSWORD = "correct horse battery"


class Postbox:
    """A mail server that keeps what it is given, and can be away."""

    reaches_people = True

    def __init__(self) -> None:
        self.emails: list[Email] = []
        self.is_away = False

    async def send(self, email: Email) -> None:
        """Take it."""
        if self.is_away:
            raise NotSent("away")
        self.emails.append(email)


@pytest.fixture(autouse=True)
def postbox(monkeypatch: pytest.MonkeyPatch) -> Postbox:
    """A mail server, which the runtime's own mailing leaves to the test."""
    made = Postbox()
    monkeypatch.setattr("maquette.app.build_mailer", lambda _: made)
    monkeypatch.setattr("maquette.app.CHORES", ())
    return made


@pytest.fixture
async def team(postbox: Postbox, own_office: Office) -> Team:
    """A team in a store of its own, since mailing acts on all of it."""
    return await own_office.team()


async def deliver(office: Office, postbox: Postbox) -> list[Email]:
    """Send what is due; returns what has arrived so far."""
    services = office.runtime.services
    await services.background.finish()  # the link is made beside the answer
    await passwords.send_due(services.database, services.clock, services.sealer, postbox, "https://maquette.example")
    return postbox.emails


async def link(team: Team) -> str:
    """The path of a new link for the owner."""
    office = team.office
    return "/password/" + await office.write(lambda tx: passwords.issue_link(tx, team.owner, now_ms=office.now_ms))


class TestLink:
    async def test_it_works_once(self, own_office: Office, team: Team) -> None:
        """Looking at it uses nothing up; setting the password does, with every other link of the person."""
        person, path, other = Person(own_office.http()), await link(team), await link(team)
        for _ in range(2):
            page = await person.page(path)
            assert (team.owner.email in page.text, "no-referrer") == (True, page.headers["referrer-policy"])
        answer = await person.submit(path, password=PASSWORD, confirmation=PASSWORD)
        assert "Your password is set" in (await person.followed(answer)).text
        for used in (path, other):
            assert "no longer works" in (await person.page(used, 410)).text
            assert 410 == (await person.browser.post(used, data={"password": PASSWORD})).status_code

    async def test_it_lasts_a_day(self, own_office: Office, team: Team, clock: StillClock) -> None:
        """To the millisecond; housekeeping forgets it afterwards."""
        person, path = Person(own_office.http()), await link(team)
        clock.advance(seconds=LASTS_MS / 1000 - 0.001)
        await person.page(path)
        clock.advance(seconds=0.001)
        await person.page(path, 410)
        await tidy(own_office.runtime.services)
        assert 0 == await own_office.read(lambda tx: tx.value("SELECT COUNT(*) FROM password_links"))

    @pytest.mark.parametrize(
        ("password", "repeated", "problem"),
        [
            ("short", "short", "must have at least 12 characters"),
            ("x" * 201, "x" * 201, "must have at most 200 characters"),
            ("abababababababab", "abababababababab", "is too easily guessed"),
            ("Password123456", "Password123456", "is too easily guessed"),
            (PASSWORD, "something else", "The repeated password differs from the password."),
        ],
    )
    async def test_a_password_that_will_not_do_is_told(
        self, own_office: Office, team: Team, password: str, repeated: str, problem: str
    ) -> None:
        """Beside its field, and the link still works."""
        person, path = Person(own_office.http()), await link(team)
        answer = await person.submit(path, password=password, confirmation=repeated)
        assert (400, True, False) == (answer.status_code, problem in answer.text, password in answer.text)
        await person.page(path)

    async def test_any_script_will_do(self, own_office: Office, team: Team) -> None:
        """A password is text, and no more is asked of it than its length."""
        person, password = Person(own_office.http()), "пароль из слов 🎨"
        await person.submit(await link(team), password=password, confirmation=password)
        assert 303 == (await person.submit("/sign-in", email=team.owner.email, password=password)).status_code

    async def test_two_at_once_set_one_password(self, own_office: Office, team: Team) -> None:
        """The link is taken in the transaction that sets the password."""
        path = await link(team)
        choices = ("the first of two words", "the second of two words")
        people = [Person(own_office.http()) for _ in choices]
        answers = await asyncio.gather(
            *(
                person.submit(path, password=each, confirmation=each)
                for person, each in zip(people, choices, strict=True)
            )
        )
        assert [303, 410] == sorted(answer.status_code for answer in answers)

    async def test_it_is_kept_as_a_hash(self, own_office: Office, team: Team) -> None:
        """Of the token and of the password."""
        path = await link(team)
        await Person(own_office.http()).submit(path, password=PASSWORD, confirmation=PASSWORD)
        other = await link(team)
        kept = await own_office.read(lambda tx: tx.rows("SELECT hash FROM passwords"))
        links = await own_office.read(lambda tx: tx.rows("SELECT token_hash, token_sealed FROM password_links"))
        assert re.fullmatch(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$\S+", kept[0][0])
        assert (32, None, False) == (len(links[0][0]), links[0][1], other.rpartition("/")[2].encode() in links[0][0])


class TestForgotten:
    async def test_a_member_is_sent_a_link(self, own_office: Office, team: Team, postbox: Postbox) -> None:
        """It leads to the form; it is forgotten once the mail server has it, and lasts an hour."""
        person = Person(own_office.http())
        asked = await person.submit("/forgotten-password", email=team.owner.email.upper())
        assert (200, True) == (asked.status_code, "is on its way" in asked.text)
        (email,) = await deliver(own_office, postbox)
        assert team.owner.email == email.to
        found = re.search(r"https://maquette\.example(/password/\S+)", email.text)
        assert found
        await person.page(found[1])
        assert 1 == len(await deliver(own_office, postbox))
        assert [None] == [
            row[0] for row in await own_office.read(lambda tx: tx.rows("SELECT token_sealed FROM password_links"))
        ]
        own_office.clock.advance(seconds=MAILED_LASTS_MS / 1000)
        await person.page(found[1], 410)

    async def test_nobody_is_told_who_has_an_account(self, own_office: Office, team: Team, postbox: Postbox) -> None:
        """The answer is the same; nothing is sent to strangers, nor to people without a workspace."""
        caller, user = await team.craftdesk(), await team.member()
        await caller.delete(f"/members/{user.id}")
        pages = set()
        for email in (team.owner.email, user.email, "nobody@example.com"):
            asked = await Person(own_office.http()).submit("/forgotten-password", email=email)
            pages.add(asked.text.replace(email, ""))
        assert 1 == len(pages)
        assert [team.owner.email] == [email.to for email in await deliver(own_office, postbox)]

    async def test_what_is_not_sent_is_sent_later(self, own_office: Office, team: Team, postbox: Postbox) -> None:
        """Each minute, while the link works."""
        await Person(own_office.http()).submit("/forgotten-password", email=team.owner.email)
        postbox.is_away = True
        assert [] == await deliver(own_office, postbox)
        postbox.is_away = False
        assert [] == await deliver(own_office, postbox)
        own_office.clock.advance(seconds=60)
        assert 1 == len(await deliver(own_office, postbox))

    async def test_a_mailbox_is_not_flooded(self, own_office: Office, team: Team, postbox: Postbox) -> None:
        """Only so many links of a person work at once, wherever they are asked from."""
        for number in range(MAX_LINKS + 2):
            browser = own_office.http(client=(f"127.0.0.{number + 1}", 1))
            await Person(browser).submit("/forgotten-password", email=team.owner.email)
            await own_office.runtime.services.background.finish()
        assert MAX_LINKS == len(await deliver(own_office, postbox))

    async def test_at_once_it_is_not_flooded_either(self, own_office: Office, team: Team) -> None:
        """Each request sees the links of the others."""
        sealer, now_ms = own_office.runtime.services.sealer, own_office.now_ms
        asking = [
            own_office.write(lambda tx: passwords.request_link(tx, team.owner.email, sealer, now_ms=now_ms))
            for _ in range(20)
        ]
        await asyncio.gather(*asking)
        assert MAX_LINKS == await own_office.read(lambda tx: tx.value("SELECT COUNT(*) FROM password_links"))

    async def test_without_a_mail_server_there_is_no_link(
        self, own_office: Office, team: Team, postbox: Postbox, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whoever reads the log could use it: neither is one made, nor is one printed that another process made."""
        caplog.set_level("INFO")
        await own_office.write(
            lambda tx: passwords.request_link(
                tx, team.owner.email, own_office.runtime.services.sealer, now_ms=own_office.now_ms
            )
        )
        postbox.reaches_people = False
        assert [] == await deliver(own_office, postbox)
        await own_office.http().post("/forgotten-password", data={"email": team.owner.email})
        await own_office.runtime.services.background.finish()
        assert 1 == await own_office.read(lambda tx: tx.value("SELECT COUNT(*) FROM password_links"))
        assert (True, False) == ("asks for a password" in caplog.text, "/password/" in caplog.text)

    async def test_a_store_that_is_away_is_no_error_of_the_page(
        self,
        own_office: Office,
        team: Team,
        postbox: Postbox,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """It is in the log."""

        async def away(*_: Any, **__: Any) -> None:
            raise Unavailable("full")

        monkeypatch.setattr(passwords, "request_link", away)
        asked = await Person(own_office.http()).submit("/forgotten-password", email=team.owner.email)
        await own_office.runtime.services.background.finish()
        assert (200, True) == (asked.status_code, "making a password link failed" in caplog.text)


class TestInvitation:
    async def invite(self, team: Team, email: str, postbox: Postbox) -> str:
        """The path of an invitation's page."""
        await (await team.craftdesk()).post("/members", json={"email": email, "role": "admin"})
        services = team.office.runtime.services
        await invitations.send_due(services.database, services.clock, services.sealer, postbox, "")
        found = re.search(r"^(/invitations/\S+)$", postbox.emails[-1].text, re.MULTILINE)
        assert found
        return found[1]

    async def test_whoever_joins_chooses_a_password(self, own_office: Office, team: Team, postbox: Postbox) -> None:
        """Straight away; somebody who has one is told to sign in."""
        person = Person(own_office.http())
        welcomed = await person.browser.post(await self.invite(team, "ada@example.com", postbox))
        assert 303 == welcomed.status_code
        await person.submit(welcomed.headers["location"], password=PASSWORD, confirmation=PASSWORD)
        assert 303 == (await person.submit("/sign-in", email="ada@example.com", password=PASSWORD)).status_code
        again = await person.submit(await self.invite(await own_office.team(), "ada@example.com", postbox))
        assert (False, True) == ("/password/" in again.text, 'href="/sign-in"' in again.text)

    @pytest.mark.parametrize("elsewhere", ["active", "deactivated", "invited"])
    async def test_it_opens_nothing_that_is_elsewhere(
        self, own_office: Office, team: Team, postbox: Postbox, elsewhere: str
    ) -> None:
        """Whoever may come to be somebody in another workspace isn't given their password by this one's invitation."""
        other, caller = await own_office.team(), await team.craftdesk()
        if elsewhere == "invited":
            await self.invite(other, "ada@example.com", postbox)
        else:
            user = await other.member(Role.ADMIN, "ada@example.com")
            await (await other.craftdesk()).patch(f"/members/{user.id}", json={"status": elsewhere})
        answer = await own_office.http().post(await self.invite(team, "ada@example.com", postbox))
        assert (200, False) == (answer.status_code, "/password/" in answer.text)
        assert "active" == (await caller.get("/members", params={"q": "ada@"})).json()["data"][0]["status"]

    async def test_a_program_is_given_no_link(self, own_office: Office, team: Team, postbox: Postbox) -> None:
        """It is no person who could choose a password."""
        path = await self.invite(team, "ada@example.com", postbox)
        answer = await own_office.http().post(path, headers={"Accept": "application/json"})
        assert (200, "active") == (answer.status_code, answer.json()["member"]["status"])


class TestHasher:
    async def test_too_many_at_once_are_refused(self, own_office: Office) -> None:
        """Each costs a core and memory; whoever is refused may try again in a moment."""
        hasher = own_office.runtime.services.password_hasher
        sources = [f"192.0.2.{number}" for number in range(30)]
        calls = [hasher.matches(None, "x", source=source) for source in sources]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [False] * MAX_WAITING == outcomes[:MAX_WAITING]
        assert {Overloaded} == {type(outcome) for outcome in outcomes[MAX_WAITING:]}
        assert not await hasher.matches(None, "", source="x")

    async def test_one_source_waits_with_few(self, own_office: Office) -> None:
        """Whoever sends a hundred passwords at once leaves room for everybody else."""
        hasher = own_office.runtime.services.password_hasher
        calls = [hasher.matches(None, "x", source="192.0.2.1") for _ in range(10)]
        *outcomes, other = await asyncio.gather(
            *calls, hasher.matches(None, "x", source="192.0.2.2"), return_exceptions=True
        )
        assert [False] * MAX_WAITING_PER_SOURCE == outcomes[:MAX_WAITING_PER_SOURCE]
        assert {Overloaded} == {type(outcome) for outcome in outcomes[MAX_WAITING_PER_SOURCE:]}
        assert other is False
