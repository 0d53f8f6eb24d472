"""Do a run's tables get into the page, and only where they belong?"""

from typing import Any

from benchmarks.pages import PAGE, filled, markdown
from benchmarks.tables import Table

MACHINE = {"processor": "P", "cores": 2, "python": "3", "file_system": "ext4", "sync_us": 50, "wrk": "4", "apsw": "3"}
RUN: dict[str, Any] = {"machine": MACHINE, "starts": []}
LEVEL = {"contender": "maquette", "part": 0.5, "while": "webhooks", "times": 1_000, "rate": 900.0,
         "sent_late_p99_ms": 0.0, "requests": 100, "p50_ms": 1.234, "p99_ms": 12.34, "p999_ms": 50.0,
         "most_ms": 60.0}  # fmt: skip


class TestFilled:
    def test_what_stands_between_the_marks_is_replaced(self) -> None:
        """The rest of the page stays as it is."""
        page = "before\n<!-- table: versions -->\nold\n<!-- end -->\nafter\n"
        expected = "before\n<!-- table: versions -->\n- versions: wrk 4, apsw 3\n<!-- end -->\nafter\n"
        assert expected == filled(page, RUN)

    def test_filling_twice_changes_nothing(self) -> None:
        """The marks are still there."""
        once = filled(PAGE.read_text(), RUN)
        assert once == filled(once, RUN)

    def test_a_part_that_was_not_run_says_so(self) -> None:
        """No table of an older run stays behind."""
        page = "<!-- table: rates -->\n| old |\n<!-- end -->"
        assert "<!-- table: rates -->\n*Not in the run that is kept.*\n<!-- end -->" == filled(page, RUN)

    def test_a_latency_says_what_it_was_measured_beside(self) -> None:
        """And no last thousandth of a hundred calls."""
        run = RUN | {"latency": {"levels": [LEVEL], "skipped": {}}}
        page = filled("<!-- table: latency -->\n<!-- end -->", run)
        assert "| Maquette, while a storm of webhooks is sent (1,000 ×) | 50% | 900 | 1.23 | 12.3 | – | 60.0 |" in page


class TestMarkdown:
    def test_a_table_in_markdown(self) -> None:
        """Text to the left, numbers to the right."""
        table = Table("rates", "", ("work", "rate"), (("list", "5"),))
        assert "| work | rate |\n| --- | --: |\n| list | 5 |" == markdown(table)
