"""Where may a server listen? Where API keys don't travel in plain text, and on a port that is free."""

import socket
import ssl
from ipaddress import ip_address

from maquette.settings import Settings


class CannotServe(Exception):
    """The server can't start with these settings; the message says what to change."""


def require_safe(settings: Settings) -> None:
    """Require loopback, TLS or a trusted proxy, and readable TLS files. Raises `CannotServe`."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise CannotServe("HTTPS needs both --tls-cert and --tls-key.")
    for file in (settings.tls_cert, settings.tls_key):
        if file is not None and not file.is_file():
            raise CannotServe(f"There is no file {file}.")
    if settings.tls_cert is not None:
        _require_pair(settings)
    if not (ip_address(ip_of(settings.host)).is_loopback or settings.has_tls() or settings.trusted_proxies):
        raise CannotServe(
            f"{settings.host} can be reached from other machines, and keys must not travel in the clear: give"
            " --tls-cert and --tls-key, or --trusted-proxy NETWORK if a proxy in front ends TLS, or listen on"
            " --host 127.0.0.1."
        )


def require_free_port(settings: Settings) -> None:
    """Require that the address and port can be bound. Raises `CannotServe`."""
    ip = ip_of(settings.host)
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, settings.port))
        except OSError as error:
            raise cannot_listen(settings, str(error.strerror)) from error


def cannot_listen(settings: Settings, reason: str) -> CannotServe:
    """The error for an address and port that can't be listened on."""
    return CannotServe(f"Can't listen on {settings.host}:{settings.port}: {reason}.")


def ip_of(host: str) -> str:
    """The IP address of a host, which may be an address already. Raises `CannotServe`."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.gethostbyname(host)
    except OSError as error:
        raise CannotServe(f"There is no address for --host {host}.") from error


def _require_pair(settings: Settings) -> None:
    assert settings.tls_cert
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except OSError as error:
        raise CannotServe(
            f"{settings.tls_cert} and {settings.tls_key} are not a certificate chain (PEM) and its private key"
            " (PEM, without a passphrase)."
        ) from error
