"""Does every API get the same questions: parts of the list that are there, and a name with a place for its own part?"""

import random
import re

import pytest

from benchmarks.dialects import BOTH, PAGE_SIZES, Dialect, stretch
from benchmarks.peers.directus.dialect import DIRECTUS
from benchmarks.peers.redmine.dialect import REDMINE
from benchmarks.world import LISTED_PROJECTS, Tenant

TENANT = Tenant("key", "token", ("id",), tuple(range(LISTED_PROJECTS)), 7)
EVERY = [*BOTH.values(), DIRECTUS, REDMINE]
NAMES = [*BOTH, "directus", "redmine"]


@pytest.mark.parametrize("dialect", EVERY, ids=NAMES)
class TestDialect:
    def test_a_part_from_anywhere_is_as_long_as_a_page(self, dialect: Dialect) -> None:
        """About 20, whatever it's called."""
        chance = random.Random(1)
        sizes = {int(re.findall(r"(?:per_page|limit)=(\d+)", dialect.anywhere(TENANT, chance))[0]) for _ in range(500)}
        assert set(PAGE_SIZES) == sizes

    def test_the_driver_can_add_to_its_query(self, dialect: Dialect) -> None:
        """It appends a parameter that never comes back."""
        assert "?" in dialect.anywhere(TENANT, random.Random(1))

    def test_a_new_name_has_one_place_for_its_own_part(self, dialect: Dialect) -> None:
        """The driver puts a number there."""
        assert 1 == str(dialect.body(TENANT)).count("@")


class TestStretch:
    def test_it_ends_within_the_list(self) -> None:
        """No answer is shorter than asked for."""
        chance = random.Random(1)
        found = [stretch(chance) for _ in range(5_000)]
        assert max(offset + size for offset, size in found) <= LISTED_PROJECTS
        assert min(offset for offset, _ in found) >= 0
