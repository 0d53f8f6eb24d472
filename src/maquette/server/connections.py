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

DESCRIPTORS = 65_536
"""So many are asked for, where the system allows it."""

MOST = 16_384
KEPT = 128
"""Descriptors for all that isn't a connection to us, at least: the store, files, webhooks."""

SILENT_S = 60.0
LOOK_S = 10.0
AT_ONCE = 200
"""So many descriptors are looked at in one step, in about a millisecond."""

FIRST_BYTES = 24
"""Fewer are not enough to tell which HTTP it is (RFC 9113, section 3.4)."""

HANDSHAKE_BYTES = 4096
"""About what a client of TLS sends before its first call."""

_ESTABLISHED = 1
_INFO = struct.Struct("B43xI4xI72xQ")
"""Of Linux' `tcp_info`: the state, how long ago data were sent and received (ms), how many bytes were received."""


def most_connections() -> int:
    """How many can be open at once; as many descriptors are asked for as the system allows us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        with suppress(OSError, ValueError):  # a sandbox may forbid it
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
    limit = DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    return max(1, min(MOST, limit - min(max(KEPT, limit // 4), limit // 2)))


async def close_silent(port: int, *, is_encrypted: bool, silent_s: float = SILENT_S, look_s: float = LOOK_S) -> None:
    """Close connections to that port that have stayed silent from their beginning, until cancelled.

    Only Linux tells how long; elsewhere a proxy in front has to.
    """
    few = HANDSHAKE_BYTES if is_encrypted else FIRST_BYTES
    while sys.platform == "linux":
        await asyncio.sleep(look_s)
        descriptors = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
        for start in range(0, len(descriptors), AT_ONCE):
            for descriptor in descriptors[start : start + AT_ONCE]:
                _close_if_silent(descriptor, port, few, int(silent_s * 1000))
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


def _close_if_silent(descriptor: int, port: int, few: int, silent_ms: int) -> None:
    with suppress(OSError), socket_of(descriptor) as connection:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
        if len(told) < _INFO.size or connection.getsockname()[1] != port:
            return
        state, sent_ms, received_ms, received = _INFO.unpack(told)
        if state == _ESTABLISHED and received < few and min(sent_ms, received_ms) >= silent_ms:
            connection.shutdown(socket.SHUT_RDWR)
