"""How the two files get into the server, half through each dialect.

The items go in two halves and some are renamed at the end, each step in a later second than the one before:
times are shown in whole seconds, and lists ordered by time prove nothing when all rows share one.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

from .calls import UNREADABLE, StoppedError, together
from .craftdesk import CraftDesk
from .creatopy import Creatopy
from .paint import paint
from .rows import NOUNS, Difference, Item, Made, Noun, Row, RowId, changes
from .walk import Before, Dialect

RENAME_EVERY = 5
LONGEST_TO_RENAME = 200
A_SECOND_LATER = 1.05


def read_items(projects: Path, brands: Path, sample: int | None) -> list[Item]:
    """Both files, or `sample` lines of each, evenly spread. Kits have their colour, some projects that of a brand."""
    kits = _read(brands, sample)
    colors = cycle([kit["color"] for kit in kits] or [None])
    return [Item("kits", n, kit["name"], None, kit["color"]) for n, kit in enumerate(kits)] + [
        Item("projects", n, line["name"], line["description"], next(colors) if n % 4 == 1 else None)
        for n, line in enumerate(_read(projects, sample))
    ]


def _read(path: Path, sample: int | None) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        lines = [json.loads(line) for line in file if line.strip()]
    if sample is None or sample >= len(lines):
        return lines
    return [lines[n * len(lines) // sample] for n in range(sample)]


class Load:
    """`made` and `differences` grow as the server answers; a refused item is a difference, not an end."""

    def __init__(
        self, creatopy: Creatopy, craftdesk: CraftDesk, before: Before, advance: Callable[[Noun], None]
    ) -> None:
        self.made: list[Made] = []
        self.differences: list[Difference] = []
        self._kits: list[RowId] = []
        self._painted = 0
        self._dialects: tuple[Dialect, Dialect] = (creatopy, craftdesk)
        self._craftdesk = craftdesk
        self._before = before
        self._advance = advance

    async def run(self, items: list[Item]) -> None:
        """Raises StoppedError when there is no kit for Creatopy to hang a project on."""
        for half in (0, 1):
            for noun in NOUNS:
                every = [item for item in items if item.noun == noun]
                middle = (len(every) + 1) // 2
                await together(map(self._create, (every[:middle], every[middle:])[half]))
                if not self._kits:
                    raise StoppedError("Creatopy made no brand kit, and its projects need one")
            await self._paint()
            await asyncio.sleep(A_SECOND_LATER)
        renamed = [place for place, made in enumerate(self.made) if _is_to_rename(made.item)]
        await together(map(self._rename, renamed))

    async def _create(self, item: Item) -> None:
        dialect = self._dialects[item.line % 2]
        kit = self._kits[item.line % len(self._kits)] if item.noun == "projects" else None
        row = await self._told(item, dialect, "create", dialect.create(item, kit))
        if row is not None:
            self.made.append(Made(item, dialect.door, row.id))
            if (item.noun, dialect.door) == ("kits", "creatopy"):
                self._kits.append(row.id)
        self._advance(item.noun)

    async def _paint(self) -> None:
        """Creatopy's kits are without a colour as yet."""
        kits = self.made[self._painted :]
        self._painted = len(self.made)
        bare = [made for made in kits if made.item.noun == "kits" and made.door == "creatopy" and made.item.color]
        self.differences += await paint(self._craftdesk, bare, self._before["kits", "craftdesk"])

    async def _rename(self, place: int) -> None:
        made = self.made[place]
        dialect = next(dialect for dialect in self._dialects if dialect.door == made.door)
        renamed = replace(made.item, written=f"{made.item.name} · renamed")
        call = dialect.rename(renamed.noun, made.id, renamed.written)
        if await self._told(renamed, dialect, "rename", call) is not None:
            self.made[place] = replace(made, item=renamed)

    async def _told(self, item: Item, dialect: Dialect, verb: str, call: Awaitable[Row]) -> Row | None:
        """The row in the answer, if it was one; whatever is wrong with it becomes a difference."""
        where = f"{item.noun} · {dialect.door} · {verb}"
        try:
            row = await call
        except UNREADABLE as error:
            what = f"{item.name!r}: {type(error).__name__}: {error}"
            self.differences.append(Difference("refused", where, what))
            return None
        self.differences += [Difference("changed", where, change) for change in changes(item, row)]
        return row


def _is_to_rename(item: Item) -> bool:
    return item.line % RENAME_EVERY == 0 and len(item.name) <= LONGEST_TO_RENAME
