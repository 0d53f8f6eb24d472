"""Why did a delivery get no answer? One of a closed set of kinds, and a sentence for the one who owns the receiver."""

import ssl

from aiohttp import ClientConnectorError, ClientOSError, ServerDisconnectedError, ServerTimeoutError

from maquette.outbound.lookup import NameUnknown, RefusedAddress
from maquette.outbound.outcomes import ReasonKind
from maquette.outbound.urls import BadUrl


def explained(error: BaseException) -> tuple[ReasonKind, str]:
    """The kind of a failure and its sentence, which names no address and nothing of ours."""
    causes = _causes(error)  # the deepest knows most
    for kind, reason, sentence in _REASONS:
        found = next((cause for cause in causes if isinstance(cause, kind)), None)
        if found is not None:
            return reason, sentence.format(found=_said(found))
    return "protocol", "The receiver's answer is not HTTP, or ended before it was whole."


_REASONS: tuple[tuple[type[BaseException], ReasonKind, str], ...] = (
    (RefusedAddress, "refused_address", "The URL {found}."),
    (BadUrl, "bad_url", "The URL {found}."),
    (NameUnknown, "name", "The receiver's name has no address."),
    (ssl.SSLError, "tls", "No secure connection to the receiver came about: {found}."),
    (ssl.CertificateError, "tls", "No secure connection to the receiver came about: {found}."),
    (ServerTimeoutError, "timeout", "The receiver did not take the connection in time."),
    (TimeoutError, "timeout", "The receiver did not answer in time."),
    (ClientConnectorError, "connect", "The receiver did not take the connection."),
    (ServerDisconnectedError, "reset", "The receiver cut the connection before it had answered."),
    (ClientOSError, "reset", "The receiver cut the connection before it had answered."),
    (ConnectionError, "reset", "The receiver cut the connection before it had answered."),
)
"""The first that a failure, or a cause of it, belongs to."""


def _causes(error: BaseException) -> list[BaseException]:
    found = [error]
    while (cause := found[0].__cause__) is not None and cause not in found:
        found.insert(0, cause)
    return found


def _said(error: BaseException) -> str:
    """In OpenSSL's words where it is about TLS: `certificate has expired`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    if isinstance(error, ssl.SSLError):
        return (error.reason or "the handshake failed").lower().replace("_", " ")
    return str(error)
