"""How is a webhook sent? By HTTPS, to an address that was vetted for this very attempt.

The receiver is not trusted: redirects aren't followed, cookies aren't kept, bodies aren't decompressed, the
environment's proxies aren't used, and time and bytes are bounded.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.http import HttpProcessingError
from yarl import URL

from maquette import __version__
from maquette.outbound.addresses import Address, Network
from maquette.outbound.failures import explained
from maquette.outbound.lookup import (
    MAX_VETTINGS,
    MAX_VETTINGS_PER_WORKSPACE,
    NameUnknown,
    Resolver,
    ResolverBusy,
    SystemResolver,
    vetted,
)
from maquette.outbound.meter import MeteredConnector
from maquette.outbound.outcomes import NotDelivered, NotTried, ReceiverResponse
from maquette.outbound.pins import PinnedResolver, pinned
from maquette.outbound.urls import BadUrl, Receiver, read

CONNECT_S = 5.0
TOTAL_S = 15.0
MAX_BODY_BYTES = 64 * 1024
"""How much of a response's body is read."""

MAX_HEADERS = 64
MAX_HEADER_BYTES = 8 * 1024
MIN_WAIT_S = 0.001
"""aiohttp takes a timeout of 0 or less for none."""

OUR_HEADERS = {"User-Agent": f"Maquette/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}


class Sender:
    """Sends requests to URLs that users have chosen. Must be created and closed on the loop that it is used on."""

    def __init__(
        self,
        allow: Sequence[Network],
        *,
        resolver: Resolver | None = None,
        tls_context: ssl.SSLContext | None = None,
        connect_s: float = CONNECT_S,
        total_s: float = TOTAL_S,
    ) -> None:
        self._allow = tuple(allow)
        self._resolver = resolver or SystemResolver()
        self._vetting_resolver = resolver or SystemResolver(MAX_VETTINGS, MAX_VETTINGS_PER_WORKSPACE)
        self._connect_s = connect_s
        self._total_s = total_s
        self._session = _session(tls_context or system_tls())

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def vet(self, url: str, *, workspace: int = 0) -> None:
        """Raise `BadUrl` for a URL that nothing may be sent to; a name that can't be resolved now passes."""
        with suppress(NameUnknown, ResolverBusy):
            await self._vet(read(url), self._vetting_resolver, workspace)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, workspace: int = 0) -> ReceiverResponse:
        """Make one attempt and return the response, whatever its status. Raises `NotDelivered`, `NotTried`."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._total_s):
                status, response_headers, content = await self._deliver(url, headers, body, workspace)
        except ResolverBusy as error:
            raise NotTried("too many names are being looked up") from error
        except (BadUrl, NameUnknown, aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            raise NotDelivered(*explained(error), _elapsed_ms(started)) from error
        return ReceiverResponse(status, response_headers, content, _elapsed_ms(started))

    async def _deliver(
        self, url: str, headers: Mapping[str, str], body: bytes, workspace: int
    ) -> tuple[int, dict[str, str], bytes]:
        connect_by = time.monotonic() + self._connect_s
        receiver = read(url)
        addresses = await self._vet(receiver, self._resolver, workspace)
        options = {
            "headers": {**headers, "Host": receiver.authority},
            "data": body,
            "server_hostname": receiver.host,  # also without TLS: aiohttp's pool then keeps receivers apart
            "timeout": aiohttp.ClientTimeout(connect=max(connect_by - time.monotonic(), MIN_WAIT_S)),
        }
        return await self._request(_pinned_url(receiver, addresses), options)

    async def _vet(self, receiver: Receiver, resolver: Resolver, workspace: int) -> tuple[Address, ...]:
        try:
            async with asyncio.timeout(self._connect_s):
                return await vetted(receiver, resolver, self._allow, workspace=workspace)
        except TimeoutError as error:
            raise NameUnknown(receiver.host) from error

    async def _request(self, url: URL, options: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Send the request; again where a reused connection fails, since that may have been closed while idle."""
        while True:
            connection = SimpleNamespace(is_reused=False)
            try:
                async with self._session.post(
                    url, allow_redirects=False, trace_request_ctx=connection, **options
                ) as response:
                    return response.status, _headers(response), await _read_body(response)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not connection.is_reused:
                    raise


async def _read_body(response: aiohttp.ClientResponse) -> bytes:
    """At most `MAX_BODY_BYTES`; where more follows, aiohttp closes the connection instead of keeping it."""
    body = bytearray()
    while len(body) < MAX_BODY_BYTES and (chunk := await response.content.read(MAX_BODY_BYTES - len(body))):
        body += chunk
    return bytes(body)


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """The first value of each name, in lower case; bytes that aren't UTF-8 are replaced, so that all can be stored."""
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        headers.setdefault(name.lower(), value.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    return headers


def _pinned_url(receiver: Receiver, addresses: Sequence[Address]) -> URL:
    authority = f"{pinned(addresses)}:{receiver.port}"
    path, _, query = receiver.target.partition("?")
    return URL.build(scheme=receiver.scheme, authority=authority, path=path, query_string=query, encoded=True)


def _session(tls_context: ssl.SSLContext) -> aiohttp.ClientSession:
    """A client without a limit of connections: its caller bounds how many requests run at once."""
    traces = aiohttp.TraceConfig()
    traces.on_connection_reuseconn.append(_mark_reused)
    return aiohttp.ClientSession(
        connector=MeteredConnector(resolver=PinnedResolver(), use_dns_cache=False, ssl=tls_context, limit=0),
        headers=OUR_HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        trace_configs=[traces],
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        max_headers=MAX_HEADERS,
    )


async def _mark_reused(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.is_reused = True


@cache
def system_tls() -> ssl.SSLContext:
    """The context that all connections share: loading the system's certificates is slow."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _elapsed_ms(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
