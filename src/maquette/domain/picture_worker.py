"""The worker program of `picture_sandbox`: reads a file from stdin, writes a `Result` to stdout, under rlimits."""

import os
import sys

import msgspec

from maquette.domain.pictures import TOO_MUCH, InvalidPicture, examine

MEMORY_BYTES = 1024**3
CPU_S = 10
NICENESS = 5


class ExaminedPicture(msgspec.Struct, frozen=True):
    """A `Picture` on its way to the parent process; `content` is None where it is the file as it was uploaded."""

    media_type: str
    width: int
    height: int
    content: bytes | None
    thumbnail: bytes


Result = tuple[str | None, ExaminedPicture | None]
"""The problem, or the picture; the other one is None."""


def result_of(content: bytes) -> Result:
    """Examine the file."""
    try:
        picture = examine(content)
    except InvalidPicture as invalid:
        return str(invalid), None
    except MemoryError:
        return TOO_MUCH, None
    changed_content = None if picture.content == content else picture.content
    return None, ExaminedPicture(picture.media_type, picture.width, picture.height, changed_content, picture.thumbnail)


def _limit() -> None:
    """Limit this process's memory, CPU time and file writes, and lower its priority; beyond the limits it dies."""
    try:
        import resource
    except ImportError:  # only Unix has rlimits; elsewhere the parent's timeout still applies
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)


if __name__ == "__main__":
    _limit()
    sys.stdout.buffer.write(msgspec.msgpack.encode(result_of(sys.stdin.buffer.read())))
