"""How does Redmine get its workspaces? By its own tasks, and a script that it runs; their credentials are printed."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.world import LISTED_PROJECTS, Credentials, projects

from .installed import ENVIRONMENT, copy

SCRIPT = Path(__file__).with_name("seed.rb")
WORKSPACES = {"listed": LISTED_PROJECTS, "created": 1}


def fill(folder: Path, database: Path) -> dict[str, object]:
    copy(folder, database)
    _run(folder, "bundle", "install", "--local", "--quiet")
    _run(folder, "bundle", "exec", "rake", "db:migrate")
    _run(folder, "bundle", "exec", "rake", "redmine:load_default_data")
    wanted = {name: list(projects(count)) for name, count in WORKSPACES.items()}
    keys = json.loads(_run(folder, "bundle", "exec", "rails", "runner", SCRIPT, given=json.dumps(wanted)))
    listed, created = (Credentials(keys[name]) for name in WORKSPACES)
    return {"listed": vars(listed), "created": vars(created), "mixed": []}


def _run(folder: Path, *command: str | Path, given: str = "") -> str:
    settings = os.environ | ENVIRONMENT | {"REDMINE_LANG": "en"}
    ended = subprocess.run(command, cwd=folder, env=settings, input=given, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {ended.stdout[-1000:]}{ended.stderr[-1000:]}")
    return ended.stdout


if __name__ == "__main__":
    json.dump(fill(Path(os.environ["REDMINE_FOLDER"]), Path(os.environ["REDMINE_DATABASE"])), sys.stdout)
