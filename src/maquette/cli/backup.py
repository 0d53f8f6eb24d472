"""`maquette backup`."""

import asyncio
from pathlib import Path

import rich_click as click
from rich.markup import escape

from maquette.cli.store import fail, print_result, require_store, store_options
from maquette.model.errors import Refusal
from maquette.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@store_options
def backup(file: Path, settings: Settings, as_json: bool) -> None:
    """Copy the embedded store's database to FILE, whole and of one moment, while the server runs or not.

    While it copies, it takes a third of a core at most, and leaves the rest to the server.

    To restore it, stop the server and put the copy in the place of `maquette.db` in the data folder, with no
    `maquette.db-wal` or `-shm` beside it. The sealing key is not in it: keep `secret.key` too, in another place.
    Nor are the files of brand kits: copy the folder `objects`, after this.
    """
    if settings.database_url:
        fail("A PostgreSQL store is backed up with PostgreSQL's own tools, such as pg_dump.")
    store = require_store(settings.data)
    if file.exists():
        fail(f"There is a file {file} already, and a backup replaces nothing.")
    if not file.absolute().parent.is_dir():
        fail(f"There is no folder {file.absolute().parent}.")
    try:
        asyncio.run(_copy(store, file))
    except Refusal as refusal:
        fail(f"The backup can't be made: {refusal}")
    size = file.stat().st_size
    text = f"[bold]{escape(str(file))}[/] holds the database ({size:,} bytes), as it was at one moment."
    print_result(as_json, {"file": str(file), "bytes": size}, text + escape(_reminder(settings)))


def _reminder(settings: Settings) -> str:
    """Names what else a restore needs, as far as it is on this machine."""
    paths = [str(path) for path in (settings.key_file(), settings.objects()) if path.exists()]
    return f"\nNot in it, so keep a copy too: {', '.join(paths)}" if paths else ""


async def _copy(store: Path, file: Path) -> None:
    from maquette.store.sqlite import SqliteDatabase

    database = SqliteDatabase(store)
    try:
        await database.backup(file)
    finally:
        await database.close()
