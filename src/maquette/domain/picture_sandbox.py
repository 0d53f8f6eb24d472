"""Where are pictures examined? Each in a subprocess of its own, off the event loop.

Decoding a hostile file can take unbounded time and memory, or crash: an SVG of a few hundred bytes keeps a renderer
busy for minutes. A process can be killed; a thread can't.
"""

import asyncio
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakValueDictionary

import msgspec

from maquette.domain.picture_worker import Result
from maquette.domain.pictures import TOO_MUCH, Picture
from maquette.model.errors import Invalid, Unavailable

MAX_CONCURRENT = 2
MAX_QUEUED = 16
"""How many of a workspace's pictures may be under way or queued: each is held in memory."""

SECONDS = 15.0

_PROGRAM = (sys.executable, "-P", "-m", "maquette.domain.picture_worker")
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "HOME")
"""The environment variables that the subprocess inherits: none holds a secret."""

log = logging.getLogger("maquette.studio")


class _WorkspaceQueue:
    """A workspace's pictures, examined one at a time; `length` includes the one under way."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.length = 0


class PictureSandbox:
    """A few threads, each waiting for one subprocess; a workspace uses one at a time, so that it can't occupy all."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._queues: WeakValueDictionary[int, _WorkspaceQueue] = WeakValueDictionary()
        self._threads = ThreadPoolExecutor(MAX_CONCURRENT, "maquette-sandbox")

    async def examine(self, content: bytes, workspace: int) -> Picture:
        """The picture in this file, uploaded to that workspace. Raises `Invalid`, `Unavailable`."""
        queue = self._queues.setdefault(workspace, _WorkspaceQueue())
        if queue.length >= MAX_QUEUED:
            raise Unavailable("too many pictures of this workspace are being examined")
        queue.length += 1
        try:
            async with queue.lock:
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._run_worker, content)
        finally:
            queue.length -= 1

    def close(self) -> None:
        """Cancel the queued examinations, and wait for those under way."""
        self._threads.shutdown(cancel_futures=True)

    def _run_worker(self, content: bytes) -> Picture:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            done = subprocess.run(  # noqa: S603  # our own program, no argument from the caller
                _PROGRAM, input=content, capture_output=True, timeout=self._seconds, env=environment, check=False
            )
        except subprocess.TimeoutExpired:
            raise Invalid({"file": [TOO_MUCH]}) from None
        except OSError as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        if done.returncode < 0:
            log.warning("examining a file of %d bytes ended with signal %d", len(content), -done.returncode)
            raise Invalid({"file": [TOO_MUCH]})
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        result: Result = msgspec.msgpack.decode(done.stdout, type=Result)
        problem, picture = result
        if picture is None:
            raise Invalid({"file": [str(problem)]})
        final_content = content if picture.content is None else picture.content
        return Picture(picture.media_type, picture.width, picture.height, final_content, picture.thumbnail)
