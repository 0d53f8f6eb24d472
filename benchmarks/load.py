"""What does a short run of the load driver, wrk, come to? Numbers, or an error if a request went wrong."""

import json
import resource
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers import DRIVER_CORE

# Longer than any answer should take; wrk's own 2 s would call the slowest of a full queue lost.
REQUEST_TIMEOUT_SECONDS = 20
GRACE_SECONDS = 30

_SCRIPTS = Path(__file__).parent / "wrk"
_FAULTS = ("connect", "read", "write", "status", "timeout")


@dataclass(frozen=True)
class Round:
    """One run against one contender; the latencies are what its clients saw, queueing included."""

    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p99_ms: float
    driver_busy: float  # the driver's use of its own core: near 1, it is the driver that was measured

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def bytes_each(self) -> float:
        return self.bytes / max(1, self.requests)


def is_installed() -> bool:
    return shutil.which("wrk") is not None


def run(
    script: str,
    url: str,
    headers: Mapping[str, str],
    arguments: list[str],
    *,
    connections: int,
    seconds: int,
) -> Round:
    command = [
        "taskset",
        "--cpu-list",
        str(DRIVER_CORE),
        "wrk",
        "--threads=1",
        f"--connections={connections}",
        f"--duration={seconds}s",
    ]
    command += [f"--timeout={REQUEST_TIMEOUT_SECONDS}s", f"--script={script}.lua"]
    command += [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    cpu_before = _driver_cpu_seconds()
    ended = subprocess.run(
        [*command, url, "--", *arguments],
        cwd=_SCRIPTS,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + GRACE_SECONDS,
    )
    found = [line for line in ended.stdout.splitlines() if line.startswith("RESULT ")]
    if ended.returncode or not found:
        raise RuntimeError(f"wrk failed on {url}: {ended.stdout}{ended.stderr}")
    return _read(json.loads(found[0].removeprefix("RESULT ")), url, _driver_cpu_seconds() - cpu_before)


def _driver_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read(told: dict[str, int], url: str, cpu_seconds: float) -> Round:
    faults = {name: told[name] for name in _FAULTS if told[name]}
    if faults or not told["requests"]:
        raise RuntimeError(f"{url}: of {told['requests']} requests went wrong: {faults or 'all'}")
    return Round(
        requests=told["requests"],
        seconds=told["microseconds"] / 1e6,
        bytes=told["bytes"],
        p50_ms=told["p50"] / 1e3,
        p99_ms=told["p99"] / 1e3,
        driver_busy=cpu_seconds * 1e6 / told["microseconds"],
    )
