"""Are there pictures for all that the page shows?"""

import json
from pathlib import Path

import pytest

from benchmarks.pages import KEPT, PICTURES, filled

pytest.importorskip("matplotlib", reason="matplotlib is in the benchmarks' own lock")

from benchmarks import plots


class TestDraw:
    def test_every_picture_that_the_page_names_is_drawn(self, tmp_path: Path) -> None:
        """From the run that is kept, and no other."""
        run = json.loads(KEPT.read_text())
        page = filled("".join(f"<!-- table: {name} -->\n<!-- end -->" for name in PICTURES), run)
        named = {file for file in PICTURES.values() if f"]({KEPT.parent.name}/{file})" in page}
        assert named
        assert named == {path.name for path in plots.draw(run, tmp_path)}
        assert all(path.stat().st_size > 10_000 for path in tmp_path.iterdir())

    def test_a_part_that_was_not_run_has_none(self, tmp_path: Path) -> None:
        """A quick look at one part leaves the others out."""
        assert [] == plots.draw({"starts": []}, tmp_path)
