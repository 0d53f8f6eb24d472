"""Does the table of aims read a run rightly, and say nothing of what was not measured?"""

from typing import Any

import pytest

from benchmarks import aims
from benchmarks.aims import MILLION, per_tenfold


def scenario(name: str, **numbers: Any) -> dict[str, Any]:
    usual = {"of_floor": 0.8, "of_floor_by_cpu": 0.9, "times_reference": 50.0, "times_reference_by_cpu": 50.0}
    return {"name": name, "contenders": {"maquette": {"per_second": 1_000}}} | usual | numbers


def rates(*scenarios: dict[str, Any]) -> dict[str, Any]:
    return {"rates": {"scenarios": list(scenarios)}}


def found(run: dict[str, Any], work: str, aim: str) -> tuple[str, bool] | None:
    chosen = next(each for each in aims.every() if each.work.startswith(work) and aim in each.aim)
    reached = chosen.reached(run)
    return None if reached is None else (reached.value, reached.enough)


class TestReached:
    def test_an_empty_run_reaches_nothing_and_misses_nothing(self) -> None:
        """What was not measured is neither."""
        assert [None] * len(aims.every()) == [aim.reached({}) for aim in aims.every()]

    def test_the_worse_dialect_counts(self) -> None:
        """Both have to be good."""
        run = rates(scenario("list-craftdesk"), scenario("list-creatopy", of_floor=0.7))
        assert ("0.80 and 0.70 (by cpu 0.90 and 0.90)", False) == found(run, "list of 20, the same", "floor")

    def test_one_dialect_alone_does_not_show_it(self) -> None:
        """A run of some scenarios says nothing of both."""
        assert found(rates(scenario("list-craftdesk")), "list of 20, the same", "floor") is None

    @pytest.mark.parametrize(("times", "enough"), [(40.0, True), (39.9, False)], ids=["reached", "missed"])
    def test_times_the_reference(self, times: float, enough: bool) -> None:
        """The aim itself is enough."""
        run = rates(scenario("create-craftdesk"), scenario("create-creatopy", times_reference=times))
        assert (f"50.0 and {times} (by cpu 50 and 50)", enough) == found(run, "durable create", "reference")

    @pytest.mark.parametrize(("page_ms", "enough"), [(0.4, True), (0.5, False)], ids=["near", "far"])
    def test_a_deep_page_beside_the_first(self, page_ms: float, enough: bool) -> None:
        """At most twice page 1."""
        sizes = [{"projects": MILLION, "calls_ms": {"page 1": 0.2, "page 10,000": page_ms}}]
        assert (f"{page_ms / 0.2:.1f} ×", enough) == found({"projects": {"sizes": sizes}}, "page 10,000", "page 1")

    def test_fewer_projects_than_a_million_show_nothing(self) -> None:
        """The usual run stops earlier."""
        sizes = [{"projects": 1_000, "calls_ms": {"page 1": 0.2, "page 10,000": 0.2}}]
        assert found({"projects": {"sizes": sizes}}, "page 10,000", "page 1") is None

    def test_the_slowest_search_counts(self) -> None:
        """Its name is told."""
        calls = {"page 1": 0.2, "q, rare": 0.4, "q, some": 0.8, "q, common, first time": 1.0, "create": 9.0}
        run = {"projects": {"sizes": [{"projects": MILLION, "calls_ms": calls}]}}
        assert ("4.0 × (q, some)", True) == found(run, "q and keyword", "page")
        assert ("5.0 × (q, common)", False) == found(run, "the same, the first time", "page")

    def test_a_full_start_has_to_be_as_quick_as_an_empty_one(self) -> None:
        """Less than a second is not enough."""
        run = {"starts": [{"projects": 0, "start_s": 0.4}, {"projects": MILLION, "start_s": 0.8}]}
        assert ("0.80 s (2.00 × empty)", False) == found(run, "cold start to the first answer, 1", "< 1 s")

    def test_the_steepest_line_of_growth_counts(self) -> None:
        """The mix is shown, but may be answered from memory while that lasts."""
        one = {"size": 1, "cpu_us": {"list of any": 100, "create": 100, "mix": 10}}
        many = {"size": 10_000, "cpu_us": {"list of any": 140, "create": 110, "mix": 100}}
        run = {"tenants": {"workspaces": [one, many]}}
        assert ("+10% (list of any)", True) == found(run, "cost from 1 to 10,000 workspaces", "ten times")


class TestPerTenfold:
    @pytest.mark.parametrize(
        ("sizes", "costs", "expected"),
        [
            pytest.param([1, 10], [100, 125], 0.25, id="a-quarter-more"),
            pytest.param([1_000, 10_000, 1_000_000], [100, 400, 160], 0.2, id="from-first-to-last"),
            pytest.param([1, 100], [100, 50], -0.25, id="less"),
        ],
    )
    def test_it_is_a_part_of_the_smallest(self, sizes: list[int], costs: list[float], expected: float) -> None:
        """A logarithm's slope in parts of its start."""
        assert expected == pytest.approx(per_tenfold(sizes, costs))
