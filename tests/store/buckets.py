"""A server that speaks S3 in a process of its own, and buckets in it."""

import itertools
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx2

from tests.ports import PATIENCE_S, free_port

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "anybody", "AWS_SECRET_ACCESS_KEY": "anything"}

_numbers = itertools.count(1)


@dataclass
class S3:
    """The server; `stop` ends it."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def bucket(self, prefix: str = "") -> str:
        """The address of a new bucket, or of a prefix in it."""
        name = f"bucket-{next(_numbers)}"
        httpx2.put(f"{self.endpoint}/{name}", timeout=PATIENCE_S).raise_for_status()
        return self.address(name + prefix)

    def address(self, place: str) -> str:
        """A bucket's address, whether it's there or not."""
        return f"s3://{place}?endpoint={self.endpoint}&region=us-east-1"

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(PATIENCE_S)


def start() -> S3:
    """A new server, ready to be asked."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return S3(process, port)
        time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"no S3 on port {port}")
