"""Which slug is still free? The wanted one, else the next number behind it."""

from maquette.model.ids import reads_as_uuid
from maquette.model.text import numbered, slugify
from maquette.store import projects
from maquette.store.database import Transaction


def first(name: str) -> str:
    """The slug that a project of this name gets where nobody has it."""
    slug = slugify(name)
    return f"project-{slug}" if reads_as_uuid(slug) else slug


async def free(tx: Transaction, workspace: int, wanted: str) -> str:
    """The slug itself, or with `-2`, `-3` … behind it.

    Numbers are sought by doubling and then halving, so the thousandth project of a name costs ten look-ups.
    """
    if not await _taken(tx, workspace, wanted):
        return wanted
    low, high = 1, 2
    while await _taken(tx, workspace, numbered(wanted, high)):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if await _taken(tx, workspace, numbered(wanted, middle)):
            low = middle
        else:
            high = middle
    return numbered(wanted, high)


async def anew(tx: Transaction, workspace: int, wanted: str, own: str) -> str:
    """What `free` would give to the project whose slug is `own`; that stays where it's the next number still."""
    if own == wanted or not await _taken(tx, workspace, wanted):
        return wanted
    number = _number(own, wanted)
    if number == 2 or (number > 2 and await _taken(tx, workspace, numbered(wanted, number - 1))):
        return own
    return await free(tx, workspace, wanted)


def _number(slug: str, wanted: str) -> int:
    """What stands behind the wanted one in this slug; 0 where it's another one."""
    number = slug.rpartition("-")[2]
    return int(number) if number.isdecimal() and slug == numbered(wanted, int(number)) else 0


async def _taken(tx: Transaction, workspace: int, slug: str) -> bool:
    return bool(await projects.taken_slugs(tx, workspace, [slug]))
