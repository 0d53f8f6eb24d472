"""A real SMTP server inside the test's own process, which takes e-mails or refuses them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Received:
    """One e-mail, with the addresses on its envelope and whether it came encrypted."""

    sender: str
    to: list[str]
    message: EmailMessage
    encrypted: bool

    @property
    def text(self) -> str:
        """What it says."""
        return str(self.message.get_content()).replace("\r\n", "\n")


@dataclass
class Mailbox:
    """Where the e-mails go; `refusals` are what the next ones are answered instead."""

    port: int = 0
    emails: list[Received] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    attempts: int = 0
    _arrival: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where to send to."""
        return f"smtp://127.0.0.1:{self.port}"

    async def email(self, number: int = 1) -> Received:
        """The so-manyth e-mail, waited for."""
        async with asyncio.timeout(20):
            while len(self.emails) < number:
                self._arrival.clear()
                await self._arrival.wait()
        return self.emails[number - 1]

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take an e-mail."""
        self.attempts += 1
        if self.refusals:
            return self.refusals.pop(0)
        content = envelope.original_content
        assert content is not None
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.emails.append(Received(str(envelope.mail_from), envelope.rcpt_tos, message, session.ssl is not None))
        self._arrival.set()
        return "250 OK"

    def check(self, *args: Any) -> AuthResult:
        """Let in whoever names themselves."""
        login = args[-1]
        assert isinstance(login, LoginPassword)
        self.logins.append((login.login.decode(), login.password.decode()))
        return AuthResult(success=login.password == b"right", handled=False)


@asynccontextmanager
async def receiving(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, auth: bool = False
) -> AsyncIterator[Mailbox]:
    """A server on a port of its own: TLS from the start, or offered, or none."""
    box = Mailbox()
    loop = asyncio.get_running_loop()

    def made() -> SMTP:
        return SMTP(
            box,
            tls_context=starttls,
            authenticator=box.check if auth else None,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
            hostname="mail.test",
            loop=loop,
        )

    server = await loop.create_server(made, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


def certificate(folder: Path) -> Path:
    """A file with a certificate for this machine's own address, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
