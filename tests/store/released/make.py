"""Keep a database of this release, for all later ones to upgrade: `python -m tests.store.released.make`.

Run it once, just before a release; its two files are never changed afterwards.
"""

import asyncio
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import apsw
from cryptography.fernet import Fernet
from msgspec.structs import asdict

from maquette import __version__
from maquette.app import open_runtime
from maquette.model.actor import Role, Scope
from maquette.settings import Settings
from tests.office import Office, StillClock

HERE = Path(__file__).parent
READ = {
    "craftdesk": ["/projects?archived=any&sort=name", "/brand_kits", "/workspace", "/projects/website"],
    "creatopy": ["/projects?limit=100", "/brandkits"],
}
REPEATED = {"name": "Once"}


async def made(folder: Path, secret_key: str) -> dict[str, Any]:
    """Fill a store with some of everything; returns how to get in, and what it answers."""
    clock = StillClock()
    async with open_runtime(Settings(data=folder, secret_key=secret_key), clock) as runtime:
        office = Office(runtime, clock)
        team = await office.team(plan="business", name="Studio Ünïcode 设计")
        admin, member = await team.member(Role.ADMIN), await team.member(Role.MEMBER)
        _, key = await team.key()
        await team.key(member, scope=Scope.READ_ONLY, expires_at=clock.now_ms() + 1)
        pair, secret = await team.client_pair(admin)
        craftdesk, creatopy = office.http("/craftdesk/v1", key), await team.creatopy()
        kit = (await craftdesk.post("/brand_kits", json={"name": "House style"})).json()["data"]["id"]
        for name, more in (
            ("Website", {"brand_kit_id": kit, "color": "#AbC", "visibility": "team"}),
            ("网站 redesign", {"description": "two\nlines"}),
            ("Old one", {}),
            ("Short-lived", {}),
        ):
            clock.advance(seconds=1)
            assert (await craftdesk.post("/projects", json={"name": name, **more})).status_code == 201
        await craftdesk.post("/projects/old-one/archive")
        await craftdesk.delete("/projects/short-lived")
        repeated = await craftdesk.post("/projects", json=REPEATED, headers={"Idempotency-Key": "kept"})
        await team.assign(member, repeated.json()["data"]["id"])
        answers = {
            dialect: {path: (await caller.get(path)).json() for path in READ[dialect]}
            for dialect, caller in (("craftdesk", craftdesk), ("creatopy", creatopy))
        }
        await office.close()
    return {
        "at_ms": clock.now_ms(),
        "secret_key": secret_key,
        "key": key,
        "client": {"clientId": pair.id, "clientSecret": secret},
        "workspace": asdict(team.workspace),
        "repeated": repeated.json(),
        "answers": answers,
    }


def main() -> None:
    """Write the release's database and what there is to know of it."""
    with tempfile.TemporaryDirectory() as folder:
        notes = asyncio.run(made(Path(folder), Fernet.generate_key().decode()))
        store = apsw.Connection(f"{folder}/maquette.db")
        store.execute("VACUUM").fetchall()
        store.close()
        packed = gzip.compress(Path(folder, "maquette.db").read_bytes(), mtime=0)
    (HERE / f"{__version__}.db.gz").write_bytes(packed)
    (HERE / f"{__version__}.json").write_text(json.dumps(notes, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
