"""Which peers join where they are installed? Each says what it lacks, how it's set, and how it's started and seeded."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import contenders, servers
from benchmarks.contenders import Contender, Places
from benchmarks.peers.directus import installed as directus
from benchmarks.peers.directus.dialect import DIRECTUS
from benchmarks.peers.redmine import installed as redmine
from benchmarks.peers.redmine.dialect import REDMINE


@dataclass(frozen=True)
class Other:
    """`lacks` answers a sentence, or nothing where the peer can take part."""

    words: str
    lacks: Callable[[], str | None]
    versions: Callable[[], Mapping[str, str]]
    start: Callable[[ExitStack, Places], Contender]


@dataclass(frozen=True)
class Chosen:
    """The peers that take part, and why others do not."""

    names: tuple[str, ...]
    left_out: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Chosen":
        lacking = {name: EVERY[name].lacks() for name in names}
        left_out = {name: why for name, why in lacking.items() if why}
        return cls(tuple(name for name in lacking if name not in left_out), left_out)


def start_directus(stack: ExitStack, places: Places) -> Contender:
    database = places.data / "directus.db"
    listed, created, _ = contenders.seed_apart(
        "benchmarks.peers.directus.seed", 0, {"DIRECTUS_DATABASE": str(database)}
    )
    server = directus.server(servers.free_port(), database, places.logs / "directus.log")
    return contenders.foreign(stack, server, DIRECTUS, listed, created, patience=DIRECTUS_PATIENCE)


def start_redmine(stack: ExitStack, places: Places) -> Contender:
    folder, database = places.data / "redmine", places.data / "redmine.db"
    settings = {"REDMINE_FOLDER": str(folder), "REDMINE_DATABASE": str(database)}
    listed, created, _ = contenders.seed_apart("benchmarks.peers.redmine.seed", 0, settings)
    server = redmine.server(servers.free_port(), folder, places.logs / "redmine.log")
    return contenders.foreign(stack, server, REDMINE, listed, created, patience=REDMINE_PATIENCE)


# Directus takes up 128 creates together and ends them together, after about three seconds: seven times in 20.
DIRECTUS_PATIENCE, REDMINE_PATIENCE = 0.16, 0.1

EVERY = {
    "directus": Other(directus.WORDS, directus.lacks, directus.versions, start_directus),
    "redmine": Other(redmine.WORDS, redmine.lacks, redmine.versions, start_redmine),
}
