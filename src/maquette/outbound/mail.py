"""How is an e-mail sent? Through an SMTP server; where none is configured, it is written into the log.

The domain composes e-mails and keeps each until `send` has returned; where `send` raises `NotSent`, it tries again.
"""

import asyncio
import logging
import socket
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid, parseaddr
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

DEADLINE_S = 15.0
PORTS = {"smtp": 587, "smtps": 465}

log = logging.getLogger("maquette.mail")


class NotSent(Exception):
    """The server didn't confirm that it accepted the e-mail, which may be sent again."""


@dataclass(frozen=True, slots=True)
class Email:
    """What to send to whom, as plain text."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Sends e-mails."""

    @property
    def reaches_people(self) -> bool:
        """Whether e-mails go to their addressees, and to nobody else on the way."""
        ...

    async def send(self, email: Email) -> None:
        """Hand the e-mail over for delivery. Raises `NotSent`."""
        ...


class LogMailer:
    """For a Maquette without a mail server: the operator finds the e-mail in the log, and passes it on."""

    reaches_people = False

    async def send(self, email: Email) -> None:
        """Write the e-mail into the log."""
        log.info("No SMTP server is set (--smtp-url), so hand this on to %s:\n\n%s", email.to, email.text)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server. `tls` is TLS from the first byte; `starttls` None upgrades if the server offers it."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    starttls: bool | None

    @classmethod
    def of(cls, url: str) -> "SmtpServer":
        """Parse `smtp[s]://[user:password@]host[:port]`. Raises `ValueError`.

        `smtps` is TLS from the first byte. `smtp` begins in plain text: with a user, STARTTLS is required; without,
        it is used if the server offers it. On loopback the connection stays in plain text.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must read smtp[s]://[user:password@]host[:port]")
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        tls = parts.scheme == "smtps"
        starttls = False if tls or _is_loopback(parts.hostname) else (username is not None or None)
        return cls(parts.hostname, parts.port or PORTS[parts.scheme], username, password, tls, starttls)


class SmtpMailer:
    """Sends each e-mail on a connection of its own, and verifies the server's certificate."""

    reaches_people = True

    def __init__(self, server: SmtpServer, sender: str, tls_context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._sender = sender
        self._tls_context = tls_context

    async def send(self, email: Email) -> None:
        """Return once the server has accepted the e-mail. Raises `NotSent`."""
        if is_cancelled():
            raise asyncio.CancelledError
        server = self._server
        try:
            async with asyncio.timeout(DEADLINE_S):
                await aiosmtplib.send(
                    _message(email, self._sender),
                    hostname=server.host,
                    port=server.port,
                    username=server.username,
                    password=server.password,
                    use_tls=server.tls,
                    start_tls=server.starttls,
                    tls_context=self._tls_context,
                    local_hostname=socket.gethostname(),
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error


def require_sender(address: str) -> None:
    """Require exactly one sender's address, with or without a display name. Raises `ValueError`."""
    read = SMTP.header_factory("From", address)
    if len(read.addresses) != 1 or read.defects or not read.addresses[0].domain:
        raise ValueError("must be one e-mail address, such as maquette@example.com")


def is_cancelled() -> bool:
    """Whether this task is being cancelled. Python 3.11's `wait_for`, which aiosmtplib uses, can swallow that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _message(email: Email, sender: str) -> EmailMessage:
    """The e-mail with its headers. Raises `ValueError` for an address that no e-mail can be sent to."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = _address(email.to)
    message["Subject"] = email.subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text)
    return message


def _address(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(username=local, domain=domain.encode("idna").decode())


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
