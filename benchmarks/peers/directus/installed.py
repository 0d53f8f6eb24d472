"""Is Directus here, how is it set, and how is it started? Here it's on SQLite, as all the others are."""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.servers import Server

FOLDER = Path(__file__).parent
TOKEN = "the-seeds-own"

WORDS = (
    "its own server on Node, production, data and schema cached in memory, no limiter, telemetry or log, SQLite's WAL"
)

_PACKAGES = FOLDER / "node_modules"
_DIRECTUS = _PACKAGES / "directus"
_BUILT = (_PACKAGES / "isolated-vm/out/isolated_vm.node", _PACKAGES / "sqlite3/build/Release/node_sqlite3.node")


def lacks() -> str | None:
    if not all(each.exists() for each in (_DIRECTUS, node(), *_BUILT)):
        return "it is not installed: `make bench-peers` does that"
    return None


def versions() -> dict[str, str]:
    told = (_DIRECTUS / "package.json", node().parent.parent / "package.json")
    directus, runtime = (str(json.loads(each.read_text())["version"]) for each in told)
    return {"directus": directus, "node": runtime}


def node() -> Path:
    """The one that was installed with it: Directus asks for a newer one than many systems have."""
    return next(_PACKAGES.glob("node-linux-*/bin/node"), _PACKAGES / "node")


def command(verb: str) -> list[str | Path]:
    return [node(), _DIRECTUS / "cli.js", verb]


def server(port: int, database: Path, log: Path) -> Server:
    """It keeps what else it writes beside the database."""
    settings = settings_of(database, port)
    return Server(
        "directus", port, command("start"), log=log, settings=settings, folder=database.parent, health="/server/ping"
    )


def settings_of(database: Path, port: int = 0) -> Mapping[str, str]:
    """All are documented. A cached answer goes when something is written; the pressure limiter would refuse calls."""
    return {
        "NODE_ENV": "production",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DB_CLIENT": "sqlite3",
        "DB_FILENAME": str(database),
        "SECRET": "of no use: no session is signed with it",
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": "of no use, either",
        "ADMIN_TOKEN": TOKEN,
        "CACHE_ENABLED": "true",
        "CACHE_STORE": "memory",
        "CACHE_AUTO_PURGE": "true",
        "CACHE_SCHEMA": "true",
        "PRESSURE_LIMITER_ENABLED": "false",
        "RATE_LIMITER_ENABLED": "false",
        "TELEMETRY": "false",
        "LOG_LEVEL": "error",
        "EXTENSIONS_PATH": str(database.parent / "directus-extensions"),
        "STORAGE_LOCAL_ROOT": str(database.parent / "directus-uploads"),
    }
