"""Which slug is still free? The wanted one, else one with a number as its suffix."""

from maquette.model.ids import reads_as_uuid
from maquette.model.text import numbered, slugify
from maquette.store import projects
from maquette.store.database import Transaction


def first(name: str) -> str:
    """The first choice of a slug for a project of this name."""
    slug = slugify(name)
    return f"project-{slug}" if reads_as_uuid(slug) else slug


async def free(tx: Transaction, workspace: int, wanted: str) -> str:
    """The slug itself, or with a suffix: `-2`, `-3` …

    The number is found by exponential and then binary search, with a logarithmic number of look-ups. Where deletions
    have left gaps it is a free number, not always the lowest.
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


async def regenerate(tx: Transaction, workspace: int, wanted: str, own: str) -> str:
    """The slug made from its new name for a project that now has `own`, as if `own` were free.

    Where the wanted slug is taken, `own` is kept if it is that slug with the next number, which `free` finds taken.
    """
    if own == wanted or not await _taken(tx, workspace, wanted):
        return wanted
    number = _number(own, wanted)
    if number == 2 or (number > 2 and await _taken(tx, workspace, numbered(wanted, number - 1))):
        return own
    return await free(tx, workspace, wanted)


def _number(slug: str, wanted: str) -> int:
    """The number after the wanted slug in this one; 0 where this isn't the wanted slug with a number."""
    number = slug.rpartition("-")[2]
    return int(number) if number.isdecimal() and slug == numbered(wanted, int(number)) else 0


async def _taken(tx: Transaction, workspace: int, slug: str) -> bool:
    return bool(await projects.taken_slugs(tx, workspace, [slug]))
