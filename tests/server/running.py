"""A server in a process of its own, started as an operator starts it, and its command line beside it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maquette.store.database import open_database
from tests.ports import PATIENCE_S, free_port

READY = " is at "


def environment(**settings: str) -> dict[str, str]:
    """This process's, with these settings in place of its own."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MAQUETTE_")}
    return ours | settings


@dataclass
class Served:
    """A server that is ready."""

    process: "subprocess.Popen[bytes]"
    port: int
    output_file: Path

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.output_file.read_text("utf-8")

    @property
    def key(self) -> str:
        """The API key that its first start showed."""
        return self.found(r"mq_live_[0-9A-Za-z]{36}")

    def found(self, pattern: str) -> str:
        """The first group of the pattern in its output, else all of the match."""
        match = re.search(pattern, self.output)
        assert match, self.output
        return match.group(match.lastindex or 0)

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self, within_s: float) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(within_s)

    def stop(self) -> None:
        """End it, whatever state it's in."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def serve(folder: Path, *options: str, port: int | None = None, settings: Mapping[str, str] | None = None) -> Served:
    """Start a server on the data in the folder, and wait until it says that it's ready."""
    port = port or free_port()
    number = len(list(folder.glob("serve-*.txt")))
    output_file = folder / f"serve-{number}.txt"
    given: Sequence[str] = (*options, *(() if settings else ("--data", str(folder), "--port", str(port))))
    with output_file.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "maquette", "serve", *given],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(**(settings or {})),
            cwd=folder,
        )
    served = Served(process, port, output_file)
    end = time.monotonic() + PATIENCE_S
    while READY not in served.output:
        if process.poll() is not None or time.monotonic() > end:
            served.stop()
            raise AssertionError(f"the server didn't start: {served.output}")
        time.sleep(0.02)
    return served


async def projects_in(folder: Path) -> set[str]:
    """The ids of the projects that the store in that folder holds."""
    store = open_database(url=None, data=folder)
    try:
        return {id for (id,) in await store.read(lambda tx: tx.rows("SELECT id FROM projects"))}
    finally:
        await store.close()
