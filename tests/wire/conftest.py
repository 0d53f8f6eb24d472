"""A second runtime on the same store, as the domain's tests have it."""

from tests.domain.conftest import next_door as next_door
from tests.domain.conftest import within_a_second as within_a_second
