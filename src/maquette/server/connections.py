"""How many connections may be open? As many as there are file descriptors for; silent ones are closed.

The HTTP servers wait without a timeout for a connection's first bytes, which tell HTTP/1 from HTTP/2.
"""

import asyncio
import resource
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

WANTED_DESCRIPTORS = 65_536
"""The limit of open files that is requested (RLIMIT_NOFILE), as far as the hard limit allows."""

MAX_CONNECTIONS = 16_384
RESERVED_DESCRIPTORS = 128
"""At least so many are kept for everything else (the store, files, webhooks), unless that is over half of them."""

SILENT_S = 60.0
CHECK_INTERVAL_S = 10.0
BATCH_SIZE = 200
"""How many descriptors are examined before others get the event loop; takes about a millisecond."""

FIRST_BYTES = 24
"""The length of HTTP/2's connection preface (RFC 9113, section 3.4): fewer don't always tell which HTTP it is."""

HANDSHAKE_BYTES = 4096
"""About what a client sends for a TLS handshake, before its first call."""

_ESTABLISHED = 1
_INFO = struct.Struct("B43xI4xI72xQ")
"""Fields of Linux's `struct tcp_info`: state, ms since data was last sent, since it was received, bytes received."""


def max_connections() -> int:
    """How many may be open at once. Raises the process's limit of open files first, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, WANTED_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        with suppress(OSError, ValueError):  # a sandbox may forbid it
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
    limit = WANTED_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    return max(1, min(MAX_CONNECTIONS, limit - min(max(RESERVED_DESCRIPTORS, limit // 4), limit // 2)))


async def close_silent(
    port: int, *, is_encrypted: bool, silent_s: float = SILENT_S, interval_s: float = CHECK_INTERVAL_S
) -> None:
    """Until cancelled, close connections to that port that have been silent since they began, for `silent_s` seconds.

    Only Linux tells for how long a socket has been silent; elsewhere this does nothing, and a proxy has to.
    """
    min_bytes = HANDSHAKE_BYTES if is_encrypted else FIRST_BYTES
    while sys.platform == "linux":
        await asyncio.sleep(interval_s)
        descriptors = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
        for start in range(0, len(descriptors), BATCH_SIZE):
            for descriptor in descriptors[start : start + BATCH_SIZE]:
                _close_if_silent(descriptor, port, min_bytes, int(silent_s * 1000))
            await asyncio.sleep(0)


@contextmanager
def socket_of(descriptor: int) -> Iterator[socket.socket]:
    """Borrow the socket behind a descriptor. Raises `OSError` where it is no socket.

    The descriptor is neither duplicated nor closed: a process that closes any descriptor of a file loses its locks on
    that file (fcntl(2)), SQLite's among them.
    """
    borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=descriptor)
    try:
        yield borrowed
    finally:
        borrowed.detach()


def _close_if_silent(descriptor: int, port: int, min_bytes: int, silent_ms: int) -> None:
    with suppress(OSError), socket_of(descriptor) as connection:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
        if len(info) < _INFO.size or connection.getsockname()[1] != port:
            return
        state, sent_ms, received_ms, received = _INFO.unpack(info)
        if state == _ESTABLISHED and received < min_bytes and min(sent_ms, received_ms) >= silent_ms:
            connection.shutdown(socket.SHUT_RDWR)
