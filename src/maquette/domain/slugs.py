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


def is_made_of(slug: str, wanted: str) -> bool:
    """Whether the slug is what a name would get anyway, number included."""
    number = slug.rpartition("-")[2]
    return slug == wanted or (number.isdecimal() and slug == numbered(wanted, int(number)))


async def _taken(tx: Transaction, workspace: int, slug: str) -> bool:
    return bool(await projects.taken_slugs(tx, workspace, [slug]))
