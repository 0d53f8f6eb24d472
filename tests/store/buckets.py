"""A server that speaks S3 in a process of its own, and buckets in it."""

import itertools
import random
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx2

PORTS = range(18220, 18240)
START_S = 30
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
        httpx2.put(f"{self.endpoint}/{name}").raise_for_status()
        return self.address(name + prefix)

    def address(self, place: str) -> str:
        """A bucket's address, whether it's there or not."""
        return f"s3://{place}?endpoint={self.endpoint}&region=us-east-1"

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)


def start() -> S3:
    """A new server, ready to be asked."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return S3(process, port)
        time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"no S3 on port {port}")


def _free_port() -> int:
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError(f"all of the ports {PORTS} are in use")
