"""Names of records: UUIDv7, in order of time, and what reads as a UUID."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from maquette.model import ids
from maquette.model.ids import new_event_id, new_id, new_person_id, reads_as_uuid

NOW_MS = 1_773_144_000_123


SOME_UUID = "550e8400-e29b-41d4-a716-446655440000"


class TestNewId:
    def test_it_is_a_uuid_of_version_7_with_the_time_in_front(self) -> None:
        """Version, variant and the first 48 bits are those of RFC 9562, section 5.7."""
        made = uuid.UUID(new_id(NOW_MS))
        assert (7, uuid.RFC_4122, NOW_MS) == (made.version, made.variant, made.int >> 80)

    def test_later_ones_sort_behind_earlier_ones(self) -> None:
        """Text order is order of time."""
        made = [new_id(NOW_MS + passed) for passed in range(1000)]
        assert sorted(made) == made

    def test_no_two_are_alike_in_one_millisecond(self) -> None:
        """74 random bits keep ids of the same moment apart."""
        assert len({new_id(NOW_MS) for _ in range(10_000)}) == 10_000

    def test_each_random_digit_takes_every_value(self) -> None:
        """But for the one that begins with the variant, which takes four."""
        made = [new_id(NOW_MS) for _ in range(2_000)]
        assert {(7, uuid.RFC_4122)} == {(id.version, id.variant) for id in map(uuid.UUID, made)}
        digits = zip(*(id.partition("-7")[2].replace("-", "") for id in made), strict=True)
        assert [16, 16, 16, 4, *[16] * 15] == [len(set(values)) for values in digits]

    def test_each_digit_that_is_drawn_is_in_one_id(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No digit of an id can be told from another one's, nor from its neighbours."""
        bits = os.urandom(10_000)
        monkeypatch.setattr(os, "urandom", lambda count: bits[:count])
        monkeypatch.setattr(ids, "_drawn", [])
        made = [new_id(NOW_MS)]
        made += [new_id(NOW_MS) for _ in range(len(ids._drawn))]
        digits = [bits.hex()[at : at + 19] for at in range(0, 19 * len(made), 19)]
        expected = {f"{each[:3]}{'89ab'[int(each[3], 16) % 4]}{each[4:]}" for each in digits}
        assert expected == {id.partition("-7")[2].replace("-", "") for id in made}

    def test_threads_get_no_two_alike(self) -> None:
        """They draw from the same bits."""
        with ThreadPoolExecutor(4) as threads:
            made = [*threads.map(lambda _: new_id(NOW_MS), range(20_000))]
        assert 20_000 == len(set(made))

    @pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # where the runner itself has threads
    def test_a_forked_process_draws_its_own(self) -> None:
        """What its parent has in store is the parent's."""
        new_id(NOW_MS)
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            os.write(writing, new_id(NOW_MS).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        with os.fdopen(reading) as told:
            assert told.read() not in {new_id(NOW_MS) for _ in range(1_000)}


class TestNewEventId:
    def test_it_is_readable_and_in_order_of_time(self) -> None:
        """`evt_` and 32 hex digits, sorting by time."""
        first, second = new_event_id(NOW_MS), new_event_id(NOW_MS + 1)
        assert first < second
        assert first.startswith("evt_")
        assert uuid.UUID(first.removeprefix("evt_")).int >> 80 == NOW_MS


class TestReadsAsUuid:
    @pytest.mark.parametrize("text", [SOME_UUID, SOME_UUID.upper(), "00000000-0000-0000-0000-000000000000"])
    def test_uuids_in_either_case_do(self, text: str) -> None:
        """The hyphenated form counts, whatever its version."""
        assert reads_as_uuid(text)

    @pytest.mark.parametrize(
        "text", ["", SOME_UUID.replace("-", ""), f"{{{SOME_UUID}}}", f"{SOME_UUID}\n", "a-b-c-d-e"]
    )
    def test_other_forms_don_t(self, text: str) -> None:
        """Without hyphens, in braces, or with something behind it, it's ordinary text."""
        assert not reads_as_uuid(text)


def test_a_person_s_id_tells_no_time() -> None:
    """A UUIDv4, another one each time."""
    made = {new_person_id() for _ in range(100)}
    assert 100 == len(made)
    assert {4} == {uuid.UUID(id).version for id in made}
