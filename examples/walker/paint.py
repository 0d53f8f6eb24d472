"""How kits made through Creatopy, which knows no colours, get theirs: through CraftDesk, found there by name."""

from collections import defaultdict
from collections.abc import Iterable

from .calls import UNREADABLE, together
from .craftdesk import CraftDesk
from .rows import Difference, Made, RowId, Walk, changes
from .walk import take

WHERE = "kits · craftdesk · paint"


async def paint(craftdesk: CraftDesk, made: Iterable[Made], before: set[RowId]) -> list[Difference]:
    """Give each of these kits its colour. The differences: kits that aren't there, and answers that aren't right."""
    bare = await _bare(craftdesk, before)
    differences: list[Difference] = []

    async def one(kit: Made, row_id: RowId) -> None:
        try:
            row = await craftdesk.paint(row_id, str(kit.item.color))
        except UNREADABLE as error:
            what = f"{kit.item.name!r}: {type(error).__name__}: {error}"
            differences.append(Difference("refused", WHERE, what))
        else:
            differences.extend(Difference("changed", WHERE, change) for change in changes(kit.item, row))

    found = [(kit, bare[kit.item.name].pop() if bare[kit.item.name] else None) for kit in made]
    await together(one(kit, row_id) for kit, row_id in found if row_id is not None)
    lost = (kit.item.name for kit, row_id in found if row_id is None)
    return differences + [Difference("lost", WHERE, f"{name!r}, made through Creatopy") for name in lost]


async def _bare(craftdesk: CraftDesk, before: set[RowId]) -> dict[str, list[RowId]]:
    """The new kits without a colour, by name: whichever of two alike gets which colour makes no difference."""
    walk = await take(Walk("kits", craftdesk.door, craftdesk.orderings[0], 100), craftdesk)
    bare: dict[str, list[RowId]] = defaultdict(list)
    for row in walk.rows:
        if row.id not in before and row.color is None:
            bare[row.name].append(row.id)
    return bare
