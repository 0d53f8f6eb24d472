"""On what was it measured? The machine, its disk's time for a sync, and the versions of what took part."""

import os
import platform
import sqlite3
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

PACKAGES = (
    "maquette",
    "granian",
    "litestar",
    "apsw",
    "uvicorn",
    "fastapi",
    "sqlalchemy",
    "aiosqlite",
    "django",
    "djangorestframework",
    "gunicorn",
    "pydantic",
)
SYNCS = 100


def describe(folder: Path) -> dict[str, str | int | float]:
    """`folder` is where the contenders keep their data."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "file_system": _file_system(folder),
        "sync_us": round(_sync_seconds(folder) * 1e6),
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "sqlite_of_the_reference": sqlite3.sqlite_version,
        "wrk": _wrk_version(),
        **{name: found for name in PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    """The type of the longest mount point that `folder` lies under."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [(len(point), kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    return max(holding)[1]


def _sync_seconds(folder: Path) -> float:
    """How long one small append takes to be on disk: the least that one durable write alone can take."""
    path, taken = folder / "sync", []
    with path.open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            started = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - started)
    path.unlink()
    return median(taken)


def _wrk_version() -> str:
    told = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False).stdout
    return told.split("\n")[0].partition(" [")[0].removeprefix("wrk ")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
