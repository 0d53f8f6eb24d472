"""Every setting, its environment name and its default; read by the command line and the composition root alone."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit

ENVIRONMENT_PREFIX = "MAQUETTE_"

_WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Hosts that stand for all addresses of the machine, which can be listened on but not called; and what to call."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator configures. Each field is `MAQUETTE_<NAME>` in the environment and `--<name>` on `serve`.

    Two options are in the singular, since they can be repeated: `--trusted-proxy` and `--allow-origin`.
    """

    data: Path = Path("data")
    """The folder of the embedded store, of the sealing key and of the files."""

    database_url: str | None = None
    """PostgreSQL instead of the embedded store: `postgresql://user:password@host:5432/name`."""

    object_store_url: str | None = None
    """A bucket to keep files in, instead of `<data>/objects`: `s3://bucket/prefix?endpoint=https://…&region=…`."""

    valkey_url: str | None = None
    """Valkey or Redis to count bursts in, across nodes: `redis://host:6379/0`."""

    secret_key: str | None = None
    """The key that seals client secrets (32 bytes, URL-safe Base64), instead of a file."""

    secret_key_file: Path | None = None
    """Where that key is kept, else `<data>/secret.key` or, with a database URL, `~/.config/maquette/secret.key`."""

    host: str = "127.0.0.1"
    """The address to listen on."""

    port: int = 8080
    """The port to listen on."""

    tls_cert: Path | None = None
    """A certificate chain (PEM) to serve HTTPS with."""

    tls_key: Path | None = None
    """The certificate's private key (PEM)."""

    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Proxies that terminate TLS, as networks; `X-Forwarded-For` and `-Proto` are believed from these alone."""

    allowed_origins: frozenset[str] = frozenset()
    """Web origins whose pages may call, such as `https://app.example.com`."""

    webhook_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    """Private networks that webhooks may be sent to, by http too."""

    worker: bool = True
    """Whether this process sends webhooks too; else `maquette worker` has to run beside it."""

    public_url: str | None = None
    """Where people reach this server, for the links in e-mails: `https://maquette.example.com`."""

    smtp_url: str | None = None
    """The mail server: `smtp[s]://user:password@host:port`. Without one, e-mails are printed into the log."""

    mail_from: str | None = None
    """The sender of e-mails, else `maquette@` and the public host."""

    server: str = "granian"
    """The HTTP server: `granian` or `uvicorn`."""

    token_ttl_s: int = 86_400
    """How long a token of `POST /v1/auth/token` lasts, in seconds."""

    drain_s: int = 20
    """How long a stopping server waits for calls under way, in seconds."""

    log_level: str = "info"
    """What is logged, this and all that is graver: `debug`, `info`, `warning` or `error`."""

    def key_file(self) -> Path:
        """The sealing key's file, the same for every process of this user that uses the same database."""
        if self.secret_key_file is not None:
            return self.secret_key_file
        if self.database_url:
            return Path("~/.config/maquette/secret.key").expanduser()
        return self.data / "secret.key"

    def objects(self) -> Path:
        """The folder that files are kept in where there is no bucket."""
        return self.data / "objects"

    def base_url(self) -> str:
        """`public_url`, with no slash at its end. By default, the address that this machine reaches the server at."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host = _WILDCARD_HOSTS.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.has_tls() else 'http'}://{host}:{self.port}"

    def needs_public_url(self) -> bool:
        """Whether `base_url` is no use to callers from elsewhere: they can come, but `public_url` isn't set."""
        return self.public_url is None and (self.host in _WILDCARD_HOSTS or bool(self.trusted_proxies))

    def mail_sender(self) -> str:
        """The sender of e-mails. Without a public host name, it is at `localhost`."""
        host = urlsplit(self.base_url()).hostname or ""
        is_name = bool(host) and not host.replace(".", "").isdigit() and ":" not in host
        return self.mail_from or f"maquette@{host if is_name else 'localhost'}"

    def has_tls(self) -> bool:
        """Whether this process terminates TLS itself."""
        return self.tls_cert is not None and self.tls_key is not None
