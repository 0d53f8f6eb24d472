"""Is Redmine here, how is it set, and how is it started? From a copy of Debian's package with an instance of its own.

The instances that the package itself knows, and their databases, are neither read nor changed.
"""

import secrets
import shutil
import subprocess
from pathlib import Path

from benchmarks.servers import Server

PACKAGE = Path("/usr/share/redmine")
ENVIRONMENT = {"RAILS_ENV": "production", "RACK_ENV": "production", "LANG": "C.UTF-8"}

# With more, SQLite refuses a transaction that read before another one wrote: Rails begins none of them IMMEDIATE.
THREADS = "1:1"

WORDS = "puma with 1 thread, production, no log, no mail, SQLite's WAL, as Debian packages it"


def lacks() -> str | None:
    if not (PACKAGE / "config.ru").exists() or not shutil.which("puma") or not shutil.which("bundle"):
        return "it is not installed: `apt install redmine redmine-sqlite puma` does that"
    return None


def versions() -> dict[str, str]:
    command = ["dpkg-query", "--show", "--showformat=${Package} ${Version}\n", "redmine", "puma"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ruby = subprocess.run(["ruby", "-e", "print RUBY_VERSION"], capture_output=True, text=True, check=True).stdout
    return dict(line.split() for line in told.splitlines()) | {"ruby": ruby}


def copy(folder: Path, database: Path) -> None:
    """A Redmine that is set as ours; `Gemfile.local` and `additional_environment.rb` are its own places for that."""
    kept_out = shutil.ignore_patterns("instances", "database.yml", "Gemfile.lock")
    shutil.copytree(PACKAGE, folder, ignore=kept_out, ignore_dangling_symlinks=True)
    instance = folder / "instances" / "default"
    for name in ("config", "files", "log", "tmp/cache"):
        (instance / name).mkdir(parents=True)
    for place in (folder, instance):
        (place / "config" / "database.yml").write_text(_DATABASE.format(file=database))
    (instance / "config" / "secret_key.txt").write_text(secrets.token_hex(64))
    (folder / "config" / "additional_environment.rb").write_text("config.log_level = :fatal\n")
    (folder / "Gemfile").write_text((folder / "Gemfile").read_text().replace(f"{PACKAGE}/", f"{folder}/"))
    (folder / "Gemfile.local").write_text('gem "puma"\n')


_DATABASE = "production:\n  adapter: sqlite3\n  database: {file}\n  timeout: 30000\n"


def server(port: int, folder: Path, log: Path) -> Server:
    command = ["bundle", "exec", "puma", "--quiet", "--environment", "production", "--threads", THREADS]
    address = f"tcp://127.0.0.1:{port}"
    return Server(
        *("redmine", port, [*command, "--bind", address]),
        log=log,
        settings=ENVIRONMENT,
        folder=folder,
        health="/login",
    )
