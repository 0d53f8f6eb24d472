"""Is the pattern that secret scanners are told the one that keys have?"""

import re
from pathlib import Path

from maquette.domain.keys import KEY_PATTERN, new_key

PAGE = Path(__file__).parents[2] / "docs/guarantees.md"


def test_the_published_pattern_is_the_keys() -> None:
    """The page names exactly the pattern that the code checks, and a new key fits it."""
    published = re.findall(r"`(mq_live_\[[^`]*)`", PAGE.read_text("utf-8"))
    assert [KEY_PATTERN] == published
    assert re.fullmatch(published[0], new_key())
