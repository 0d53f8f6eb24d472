"""Who may be connected? As many as there are descriptors for, and nobody who has never said anything.

The HTTP servers wait for ever for a connection's first byte: they have to see it to know which HTTP it speaks.
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
"""So many are asked for, where the system allows it."""

MAX_CONNECTIONS = 16_384
RESERVED_DESCRIPTORS = 128
"""Descriptors for all that isn't a connection to us, at least: the store, files, webhooks."""

SILENT_S = 60.0
CHECK_INTERVAL_S = 10.0
BATCH_SIZE = 200
"""So many descriptors are looked at in one step, in about a millisecond."""

FIRST_BYTES = 24
"""Fewer are not enough to tell which HTTP it is (RFC 9113, section 3.4)."""

HANDSHAKE_BYTES = 4096
"""About what a client of TLS sends before its first call."""

_ESTABLISHED = 1
_INFO = struct.Struct("B43xI4xI72xQ")
"""Of Linux' `tcp_info`: the state, how long ago data were sent and received (ms), how many bytes were received."""


def max_connections() -> int:
    """How many can be open at once; as many descriptors are asked for as the system allows us."""
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
    """Close connections to that port that have stayed silent from their beginning, until cancelled.

    Only Linux tells how long; elsewhere a proxy in front has to.
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
    """The socket behind a descriptor, for a look at it. Raises `OSError` where there is none.

    It is neither copied nor closed: a process that closes any descriptor of a file loses its locks on it (fcntl(2)),
    SQLite's among them.
    """
    seen = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=descriptor)
    try:
        yield seen
    finally:
        seen.detach()


def _close_if_silent(descriptor: int, port: int, min_bytes: int, silent_ms: int) -> None:
    with suppress(OSError), socket_of(descriptor) as connection:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
        if len(info) < _INFO.size or connection.getsockname()[1] != port:
            return
        state, sent_ms, received_ms, received = _INFO.unpack(info)
        if state == _ESTABLISHED and received < min_bytes and min(sent_ms, received_ms) >= silent_ms:
            connection.shutdown(socket.SHUT_RDWR)
