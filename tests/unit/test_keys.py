"""Does a key look as it should, and is text told from a key?"""

import re
import string

import pytest

from maquette.domain.keys import KEY_PATTERN, is_key, new_key


def test_a_key_has_the_shape_that_scanners_look_for() -> None:
    """The prefix, 30 random characters and 6 of checksum, in base62; and no two are alike."""
    made = {new_key() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(KEY_PATTERN, key) and is_key(key) for key in made)


def test_a_slip_of_the_pen_is_noticed() -> None:
    """Any one character changed, and it's no key: no look at the store is needed."""
    key = new_key()
    for place in range(len(key)):
        for other in ("0", "z", "-"):
            wrong = key[:place] + other + key[place + 1 :]
            assert wrong == key or not is_key(wrong)


def test_two_characters_in_the_wrong_order_are_noticed() -> None:
    """The other common slip."""
    key = new_key()
    for place in range(len(key) - 1):
        wrong = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
        assert wrong == key or not is_key(wrong)


@pytest.mark.parametrize("text", ["", "mq_live_", "mq_live_" + "a" * 36, "MQ_LIVE_" + "0" * 36, "a.b.c"])
def test_other_text_is_no_key(text: str) -> None:
    """Nor is a key with something before or behind it."""
    key = new_key()
    assert [False] * 4 == [is_key(one) for one in (text, f"{key}\n", f" {key}", key[:-1])]


def test_every_character_of_the_alphabet_is_used() -> None:
    """The randomness is spread over all of base62."""
    drawn = "".join(new_key()[8:38] for _ in range(300))
    assert set(drawn) == set(string.ascii_letters + string.digits)
