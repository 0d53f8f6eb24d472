"""Why did a delivery get no answer? One of a closed set of kinds, and a sentence for the owner of the receiver."""

import ssl

from aiohttp import ClientConnectorError, ClientOSError, ServerDisconnectedError, ServerTimeoutError

from maquette.outbound.lookup import NameUnknown, RefusedAddress
from maquette.outbound.outcomes import ReasonKind
from maquette.outbound.urls import BadUrl


def explained(error: BaseException) -> tuple[ReasonKind, str]:
    """The kind of a failure, and a sentence that reveals no IP address and nothing about this server."""
    causes = _causes(error)
    for error_type, kind, sentence in _REASONS:
        cause = next((cause for cause in causes if isinstance(cause, error_type)), None)
        if cause is not None:
            return kind, sentence.format(detail=_detail(cause))
    return "protocol", "The receiver's answer is not HTTP, or ended before it was whole."


_REASONS: tuple[tuple[type[BaseException], ReasonKind, str], ...] = (
    (RefusedAddress, "refused_address", "The URL {detail}."),
    (BadUrl, "bad_url", "The URL {detail}."),
    (NameUnknown, "name", "The receiver's name has no address."),
    (ssl.SSLError, "tls", "No secure connection to the receiver came about: {detail}."),
    (ssl.CertificateError, "tls", "No secure connection to the receiver came about: {detail}."),
    (ServerTimeoutError, "timeout", "The receiver did not take the connection in time."),
    (TimeoutError, "timeout", "The receiver did not answer in time."),
    (ClientConnectorError, "connect", "The receiver did not take the connection."),
    (ServerDisconnectedError, "reset", "The receiver cut the connection before it had answered."),
    (ClientOSError, "reset", "The receiver cut the connection before it had answered."),
    (ConnectionError, "reset", "The receiver cut the connection before it had answered."),
)
"""In order of precedence: the first type that the error or one of its causes is an instance of decides."""


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was raised from, innermost first: that one is the most specific."""
    causes = [error]
    while (cause := causes[0].__cause__) is not None and cause not in causes:
        causes.insert(0, cause)
    return causes


def _detail(error: BaseException) -> str:
    """The error's own text; for TLS, the reason that OpenSSL gives, such as `certificate has expired`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    if isinstance(error, ssl.SSLError):
        return (error.reason or "the handshake failed").lower().replace("_", " ")
    return str(error)
