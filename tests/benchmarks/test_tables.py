"""Do the tables of rates have a column for each who took part, and no other?"""

from typing import Any

from benchmarks import tables
from benchmarks.tables import Table


def rate(per_second: float) -> dict[str, float]:
    return {"per_second": per_second}


def run(*peers: str) -> dict[str, Any]:
    """One scenario with these peers, and one without."""
    shared = {"connections": 32, "of_floor": 0.5, "of_floor_by_cpu": 0.6, "times_reference": None}
    ours = {"maquette": rate(2_000), "floor": rate(4_000)}
    ratios = {f"times_{name}{ending}": 1_234.5 if ending else 20.0 for name in peers for ending in ("", "_by_cpu")}
    beside = shared | {
        "times_reference_by_cpu": None,
        "title": "list",
        "contenders": ours | {n: rate(100) for n in peers},
    }
    alone = shared | {"times_reference_by_cpu": None, "title": "304", "contenders": ours}
    return {"rates": {"scenarios": [beside | ratios, alone]}}


def made(found: dict[str, Any]) -> dict[str, Table]:
    return {each.name: each for each in tables.every(found)}


class TestRates:
    def test_floor_and_reference_stand_beside_maquette(self) -> None:
        """Who was not asked has an empty cell."""
        assert ("list", "32", "2,000", "4,000", "", "50%", "60%", "", "") == made(run())["rates"].rows[0]

    def test_a_run_without_peers_has_no_table_of_them(self) -> None:
        """The page says then that there was none."""
        assert "peers" not in made(run())


class TestPeers:
    def test_each_has_a_rate_and_how_many_times_maquettes_that_is(self) -> None:
        """Large ratios without decimals."""
        table = made(run("django", "redmine"))["peers"]
        columns = ("Maquette is ×", "by cpu")
        assert ("requests a second", "connections", "Maquette", "Django", *columns, "Redmine", *columns) == table.header
        assert ("list", "32", "2,000", "100", "20.0", "1,234", "100", "20.0", "1,234") == table.rows[0]

    def test_what_no_peer_was_asked_is_left_out(self) -> None:
        """Of two scenarios one stays."""
        assert ["list"] == [row[0] for row in made(run("directus"))["peers"].rows]
