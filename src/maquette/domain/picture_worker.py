"""The program that `picture_sandbox` runs: a file in, what is in it out, within limits that no file can leave."""

import os
import sys
from dataclasses import replace

import msgspec

from maquette.domain.pictures import TOO_MUCH, InvalidPicture, Picture, examine

MEMORY_BYTES = 1024**3
CPU_S = 10
NICENESS = 5

Result = tuple[str | None, Picture | None]
"""The problem, or the picture; without its content where that is the file's, which who asks has already."""


def result_of(content: bytes) -> Result:
    """What there is to tell of the file."""
    try:
        picture = examine(content)
        return None, replace(picture, content=b"") if picture.content == content else picture
    except InvalidPicture as invalid:
        return str(invalid), None
    except MemoryError:
        return TOO_MUCH, None


def _limit() -> None:
    """No more memory, time or files than a picture needs: beyond that the process dies. Others come first."""
    try:
        import resource
    except ImportError:  # only Unix has such limits; the time is watched from outside too
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)


if __name__ == "__main__":
    _limit()
    sys.stdout.buffer.write(msgspec.msgpack.encode(result_of(sys.stdin.buffer.read())))
