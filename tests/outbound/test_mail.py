"""How does an e-mail leave the process? Through a real SMTP server, encrypted or not, or into the log."""

import logging
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from maquette.outbound import mail
from maquette.outbound.mail import Email, LogMailer, NotSent, SmtpMailer, SmtpServer
from tests.outbound.server import certificate, receiving

EMAIL = Email("ada@example.com", "You are invited to Ünïcode ✓", "Follow the link:\n\nhttps://x.test/i/" + "t" * 90)


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's TLS, and a client's that trusts it."""
    file = certificate(tmp_path)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "host", "port", "tls", "starttls"),
        [
            ("smtp://mail.example.com", "mail.example.com", 587, False, None),
            ("smtp://mail.example.com:25", "mail.example.com", 25, False, None),
            ("smtp://ada:pw@mail.example.com", "mail.example.com", 587, False, True),
            ("smtps://mail.example.com", "mail.example.com", 465, True, False),
            ("smtps://ada:pw@mail.example.com:4465", "mail.example.com", 4465, True, False),
            ("smtp://localhost", "localhost", 587, False, False),
            ("smtp://ada:pw@127.0.0.1:2525", "127.0.0.1", 2525, False, False),
            ("smtp://[::1]:2525/", "::1", 2525, False, False),
        ],
    )
    def test_it_says_where_and_how(self, url: str, host: str, port: int, tls: bool, starttls: bool | None) -> None:
        """TLS from the start, or an upgrade: always before a password, never on this very machine."""
        server = SmtpServer.of(url)
        assert (host, port, tls, starttls) == (server.host, server.port, server.tls, server.starttls)

    def test_a_login_is_percent_decoded(self) -> None:
        """So that any password can stand in the address."""
        server = SmtpServer.of("smtp://ada%40example.com:p%2F%3A%40@mail.example.com")
        assert ("ada@example.com", "p/:@") == (server.username, server.password)

    @pytest.mark.parametrize(
        "url",
        ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://a:b", "smtp://a/b", "smtp://a?b=c"],
    )
    def test_anything_else_is_refused(self, url: str) -> None:
        """With a ValueError."""
        with pytest.raises(ValueError):  # noqa: PT011  several sentences, one kind
            SmtpServer.of(url)


class TestSend:
    async def test_the_letter_arrives_as_it_was_written(self) -> None:
        """To whom, from whom, with its subject, and every line whole."""
        async with receiving() as box:
            await SmtpMailer(SmtpServer.of(box.url), "Maquette <maquette@example.com>").send(EMAIL)
        (email,) = box.emails
        assert ("maquette@example.com", ["ada@example.com"]) == (email.sender, email.to)
        assert EMAIL.text == email.text.strip()
        headers = email.message
        assert ("Maquette <maquette@example.com>", "ada@example.com", EMAIL.subject, "auto-generated") == tuple(
            str(headers[name]) for name in ("From", "To", "Subject", "Auto-Submitted")
        )
        assert headers["Message-ID"].endswith("@example.com>")
        assert headers["Date"] is not None

    @pytest.mark.parametrize("to", ["ü@example.com", "ada+tag@bücher.example", "a'b@x.co"])
    async def test_any_alphabet_is_an_address(self, to: str) -> None:
        """Names in their own letters, hosts as the network writes them."""
        async with receiving() as box:
            await SmtpMailer(SmtpServer.of(box.url), "maquette@example.com").send(replace(EMAIL, to=to))
        assert [[to.replace("bücher", "xn--bcher-kva")]] == [email.to for email in box.emails]

    async def test_tls_from_the_start(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        """The e-mail comes encrypted; a certificate that nobody vouches for is refused."""
        ours, theirs = contexts
        async with receiving(tls=ours) as box:
            server = replace(SmtpServer.of("smtps://127.0.0.1"), port=box.port)
            await SmtpMailer(server, "maquette@example.com", theirs).send(EMAIL)
            with pytest.raises(NotSent, match="certificate"):
                await SmtpMailer(server, "maquette@example.com").send(EMAIL)
        assert 1 == len(box.emails)

    async def test_a_password_waits_for_tls(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        """Where the server offers an upgrade it is taken first; where it doesn't, nothing is said."""
        ours, theirs = contexts
        login = SmtpServer("127.0.0.1", 0, "ada", "right", tls=False, starttls=True)
        async with receiving(starttls=ours, auth=True) as box:
            await SmtpMailer(replace(login, port=box.port), "maquette@example.com", theirs).send(EMAIL)
        assert ([True], [("ada", "right")]) == ([email.encrypted for email in box.emails], box.logins)
        async with receiving(auth=True) as plain:
            with pytest.raises(NotSent):
                await SmtpMailer(replace(login, port=plain.port), "maquette@example.com", theirs).send(EMAIL)
        assert ([], []) == (plain.emails, plain.logins)

    async def test_what_goes_wrong_is_not_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A refused e-mail or login, nobody there, and a server that says nothing: all of it can be tried again."""
        async with receiving(auth=True) as box:
            box.refusals += ["451 Later", "554 Never"]
            for problem in ("Later", "Never"):
                with pytest.raises(NotSent, match=problem):
                    await SmtpMailer(SmtpServer.of(box.url), "maquette@example.com").send(EMAIL)
            wrong = SmtpServer.of(box.url.replace("//", "//ada:wrong@"))
            with pytest.raises(NotSent, match="Authentication"):
                await SmtpMailer(wrong, "maquette@example.com").send(EMAIL)
        with pytest.raises(NotSent):
            await SmtpMailer(SmtpServer.of(box.url), "maquette@example.com").send(EMAIL)
        monkeypatch.setattr(mail, "DEADLINE_S", 0.2)
        async with receiving(tls=ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)) as silent:
            with pytest.raises(NotSent):
                await SmtpMailer(SmtpServer.of(silent.url), "maquette@example.com").send(EMAIL)

    async def test_an_address_that_cannot_be_is_not_sent(self) -> None:
        """Nothing is put on the wire for it."""
        async with receiving() as box:
            with pytest.raises(NotSent):
                await SmtpMailer(SmtpServer.of(box.url), "maquette@example.com").send(
                    replace(EMAIL, to="a@" + "x" * 70)
                )
        assert 0 == box.attempts


class TestPrinted:
    async def test_the_operator_finds_it_in_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        """For whom it is, and all of its text."""
        with caplog.at_level(logging.INFO, "maquette.mail"):
            await LogMailer().send(EMAIL)
        (record,) = caplog.records
        assert EMAIL.to in record.getMessage()
        assert EMAIL.text in record.getMessage()
