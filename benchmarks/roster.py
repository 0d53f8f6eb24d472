"""Who may take part? Each one's name in a run's file, in tables and in pictures; this is their order everywhere."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entrant:
    """`title` heads a column, and `label` explains it beside a picture."""

    name: str
    title: str
    label: str
    colour: str


EVERY = (
    Entrant("maquette", "Maquette", "Maquette", "#1b6ca8"),
    Entrant("floor", "floor", "floor", "#9aa5b1"),
    Entrant("reference", "reference", "reference (FastAPI)", "#d1495b"),
    Entrant("django", "Django", "Django REST framework", "#e0a030"),
    Entrant("directus", "Directus", "Directus", "#7a5195"),
    Entrant("redmine", "Redmine", "Redmine", "#3c8d5a"),
)
BY_NAME = {each.name: each for each in EVERY}

# What other people run for such work. The last two have an API of their own, and join where they are installed.
PEERS = ("django", "directus", "redmine")

# Maquette's rates are told in times of each of these.
COMPARED = ("reference", *PEERS)
