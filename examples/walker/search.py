"""Whether kits are found by their names in any case and any script: the same ones in both dialects as in the file."""

from collections import Counter
from collections.abc import Iterator

from .calls import together
from .rows import Difference, Made, Ordering, Walk, fold
from .walk import Before, Dialect, take

MAX_NAMES = 40
"""How many names are searched for, those in other scripts and with accents first."""

SHORTEST = 3


async def search(dialects: tuple[Dialect, ...], made: list[Made], before: Before) -> tuple[int, list[Difference]]:
    """How many searches were made, and what was wrong with them."""
    names = [one.item.name for one in made if one.item.noun == "kits"]
    planned = [(dialect, word) for word in words(names) for dialect in dialects]
    found: list[Difference] = []

    async def one(dialect: Dialect, word: str) -> None:
        ordering = Ordering(f"search {word!r}", "id", True, {dialect.search_by: word})
        walk = await take(Walk("kits", dialect.door, ordering, 100), dialect)
        found.extend(differences(walk, word, names, before))

    await together(one(dialect, word) for dialect, word in planned)
    return len(planned), found


def words(names: list[str]) -> list[str]:
    """What to look for: whole names and pieces of names, written in the other case."""
    odd = [name for name in names if not name.isascii()][:MAX_NAMES]
    plain = [name for name in names if name.isascii() and len(name) > SHORTEST]
    count = min(MAX_NAMES - len(odd) // 2, len(plain))
    spread = [plain[n * len(plain) // count] for n in range(count)]
    pieces = [name[len(name) // 4 : len(name) // 4 + SHORTEST].strip() for name in spread]
    return sorted({_other_case(word) for word in (*odd, *pieces) if word})


def differences(walk: Walk, word: str, names: list[str], before: Before) -> Iterator[Difference]:
    """What the search showed too much or too little, compared with the file's names; rows from before don't count."""
    yield from (Difference("wire", walk.where, fault) for fault in walk.faults)
    expected = Counter(name for name in names if fold(word) in fold(name))
    shown = Counter(row.name for row in walk.rows if row.id not in before[walk.noun, walk.door])
    for name in expected - shown:
        yield Difference("search", walk.where, f"{name!r} is not found")
    for name in shown - expected:
        yield Difference("search", walk.where, f"{name!r} is found, which doesn't hold the word, or once too often")


def _other_case(word: str) -> str:
    return word.upper() if word.upper() != word else word.lower()
