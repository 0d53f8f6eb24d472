"""`GET /v1/projects`: which projects, how many, in which order? On either engine."""

from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role
from tests.dialects.creatopy.calls import change, listed, make_project, names, refusal
from tests.office import Office, StillClock, Team


@pytest.fixture
def office(engine_office: Office) -> Office:
    """A runtime on each engine in turn."""
    return engine_office


async def make(caller: httpx2.AsyncClient, kit: int, *named: str) -> None:
    """Projects of these names, one after the other."""
    for name in named:
        await make_project(caller, kit, name)


class TestNodes:
    async def test_a_node_shows_what_the_page_shows(self, team: Team, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Six fields in this order; ids are integers, the maker's too, and the kit is told by id and name."""
        made = await make_project(creatopy, kit, "Ünïcode ✓", color="#AbC", description="two\nlines")
        expected = {
            "id": made["id"],
            "name": "Ünïcode ✓",
            "createdBy": team.owner.serial,
            "color": "#AbC",
            "description": "two\nlines",
            "brandKit": {"id": kit, "name": "House style"},
        }
        (node,) = (await listed(creatopy))["nodes"]
        assert list(expected.items()) == list(node.items())

    async def test_colour_description_and_kit_may_be_null(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A project without them shows each as null."""
        made = await make_project(creatopy, kit)
        await change(creatopy, made["id"], assignedBrandKitId=None)
        (node,) = (await listed(creatopy))["nodes"]
        assert (None, None, None) == (node["color"], node["description"], node["brandKit"])

    async def test_an_empty_team_has_an_empty_list(self, creatopy: httpx2.AsyncClient) -> None:
        """No nodes, no total, no next page and no cursor."""
        expected = {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": ""}}
        assert expected == await listed(creatopy)


class TestLimit:
    async def test_ten_is_the_default(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Of eleven projects ten are shown, all are counted, and there is a next page."""
        await make(creatopy, kit, *map(str, range(11)))
        found = await listed(creatopy)
        assert [str(number) for number in range(10, 0, -1)] == [node["name"] for node in found["nodes"]]
        assert (11, True) == (found["totalCount"], found["pageInfo"]["hasNextPage"])

    async def test_one_to_a_hundred_may_be_asked_for(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """The limits themselves are allowed."""
        await make(creatopy, kit, "A", "B", "C")
        for limit, expected in (("1", ["C"]), ("3", ["C", "B", "A"]), ("100", ["C", "B", "A"])):
            found = await listed(creatopy, limit=limit)
            assert expected == [node["name"] for node in found["nodes"]]
            assert (limit == "1") == found["pageInfo"]["hasNextPage"]

    async def test_anything_else_is_refused(self, creatopy: httpx2.AsyncClient) -> None:
        """Out of range, blank, or no plain number: 400 that names it."""
        for limit in ("0", "101", "-1", "", " ", "ten", "5.0", "1e1", "0x5", "٥", "5 ", "+5", "9" * 30, "true", "null"):
            sentence = refusal(await creatopy.get("/projects", params={"limit": limit}), 400)
            assert sentence.startswith("limit must be "), limit


class TestKeyword:
    async def test_it_is_a_part_of_the_name(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """What holds the keyword anywhere in its name is found and counted; blank finds all."""
        await make(creatopy, kit, "Levai's project", "Project Levai", "Other")
        for keyword, expected in (
            ("Levai", ["Project Levai", "Levai's project"]),
            ("'s p", ["Levai's project"]),
            ("", ["Other", "Project Levai", "Levai's project"]),
            ("Levai Levai", []),
        ):
            found = await listed(creatopy, keyword=keyword)
            assert expected == [node["name"] for node in found["nodes"]], keyword
            assert len(expected) == found["totalCount"], keyword

    async def test_case_and_form_do_not_matter_in_any_script(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Names and keyword are compared folded: NFKC and casefolded, both ways."""
        await make(creatopy, kit, "Straße ΣΊΣΥΦΟΣ", "Ｆｕｌｌ ﬁne ½", "Ёлка ДОМ", "İstanbul", "cafe\u0301", "東京ﾀﾜｰ")
        for keyword, expected in (
            ("STRASSE", "Straße ΣΊΣΥΦΟΣ"),
            ("straße", "Straße ΣΊΣΥΦΟΣ"),
            ("σίσυφος", "Straße ΣΊΣΥΦΟΣ"),
            ("full FINE", "Ｆｕｌｌ ﬁne ½"),
            ("1⁄2", "Ｆｕｌｌ ﬁne ½"),
            ("ёЛКА дом", "Ёлка ДОМ"),
            ("İSTAN", "İstanbul"),
            ("CAFÉ", "cafe\u0301"),
            ("京タワー", "東京ﾀﾜｰ"),
        ):
            assert [expected] == await names(creatopy, keyword=keyword), keyword

    async def test_accents_count(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A letter with an accent is another letter."""
        await make(creatopy, kit, "cafe", "café", "ёлка", "елка")
        for keyword, expected in (("cafe", "cafe"), ("CAFÉ", "café"), ("ёлка", "ёлка"), ("елка", "елка")):
            assert [expected] == await names(creatopy, keyword=keyword), keyword

    async def test_no_character_is_a_wildcard(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Whatever means something to an engine means itself here."""
        odd = ["100%", "a_b", "c\\d", "*", "[x]", "'; --", '"q"', "$1", "{}", "?1"]
        await make(creatopy, kit, *odd, "100", "axb", "cd", "x")
        for keyword in odd:
            assert [keyword] == await names(creatopy, keyword=keyword)
        assert ["c\\d"] == await names(creatopy, keyword="\\")

    async def test_only_names_are_searched(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Neither description nor colour nor the kit's name."""
        await make_project(creatopy, kit, "Plain", description="needle", color="#abc")
        for keyword in ("needle", "#abc", "House"):
            assert [] == await names(creatopy, keyword=keyword)

    async def test_a_very_long_one_is_refused(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """1,000 characters are searched for, also of the kind that folding multiplies; more are 400."""
        await make(creatopy, kit, "Any")
        for letter in ("x", "\ufdfa", "%"):
            assert [] == await names(creatopy, keyword=letter * 1_000)
        assert "keyword must have at most 1000 characters." == refusal(
            await creatopy.get("/projects", params={"keyword": "x" * 1_001}), 400
        )


class TestOrder:
    async def test_each_field_orders_both_ways(self, creatopy: httpx2.AsyncClient, kit: int, clock: StillClock) -> None:
        """By id, folded name, and the times of making and last change."""
        made = {}
        for name in ("b", "C", "A"):
            clock.advance(seconds=1)
            made[name] = (await make_project(creatopy, kit, name))["id"]
        clock.advance(seconds=1)
        await change(creatopy, made["C"], color="#123")
        for by, expected in (
            ("ID", ["b", "C", "A"]),
            ("NAME", ["A", "b", "C"]),
            ("CREATED_AT", ["b", "C", "A"]),
            ("UPDATED_AT", ["b", "A", "C"]),
        ):
            assert expected == await names(creatopy, orderBy=by, orderDirection="ASC"), by
            assert expected[::-1] == await names(creatopy, orderBy=by, orderDirection="DESC"), by

    async def test_the_newest_id_is_first_where_nothing_says(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Each field descends by default, but names ascend; the page's stray `ID` is taken as the default."""
        await make(creatopy, kit, "B", "A", "C")
        newest_first = ["C", "A", "B"]
        assert newest_first == await names(creatopy)
        for by in ("ID", "CREATED_AT", "UPDATED_AT"):
            assert newest_first == await names(creatopy, orderBy=by)
            assert newest_first == await names(creatopy, orderBy=by, orderDirection="ID")
        assert newest_first == await names(creatopy, orderDirection="ID")
        assert newest_first[::-1] == await names(creatopy, orderDirection="ASC")
        assert ["A", "B", "C"] == await names(creatopy, orderBy="NAME")
        assert ["A", "B", "C"] == await names(creatopy, orderBy="NAME", orderDirection="ID")

    async def test_names_are_ordered_folded_by_code_point(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """The same on each engine, whatever its collation: what is equal but for case is equal, accents come behind."""
        expected = [
            "1",
            "10",
            "2",
            "_",
            "a b",
            "Ab",
            "B",
            "ﬁ",
            "fj",
            "STRASSE",
            "straßf",
            "z",
            "é",
            "ω",
            "Я",
            "東",
            "😀",
        ]
        await make(creatopy, kit, *expected[::-1])
        assert expected == await names(creatopy, orderBy="NAME", limit=100)

    async def test_equal_ones_end_in_the_id(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Ties are broken by id, in the direction asked for: one moment, one folded name."""
        await make(creatopy, kit, "same", "SAME", "Same")
        made = ["same", "SAME", "Same"]
        for by in ("NAME", "CREATED_AT", "UPDATED_AT"):
            assert made == await names(creatopy, orderBy=by, orderDirection="ASC")
            assert made[::-1] == await names(creatopy, orderBy=by, orderDirection="DESC")

    async def test_another_field_or_direction_is_refused(self, creatopy: httpx2.AsyncClient) -> None:
        """It is 400 and says what there is; case counts."""
        for by in ("id", "COLOR", "", "NAME,ID"):
            expected = "orderBy must be one of ID, NAME, CREATED_AT, UPDATED_AT."
            assert expected == refusal(await creatopy.get("/projects", params={"orderBy": by}), 400)
        for direction in ("asc", "NAME", "", "DESC "):
            sentence = refusal(await creatopy.get("/projects", params={"orderDirection": direction}), 400)
            assert sentence.startswith("orderDirection must be one of ASC, DESC")


class TestQuery:
    async def test_unknown_parameters_are_ignored(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A cache-buster, a filter of the other dialect and a field's name change nothing."""
        await make(creatopy, kit, "A", "B")
        assert ["B", "A"] == await names(creatopy, _="1", q="A", per_page="1", name="A", Limit="0")

    async def test_every_problem_is_told_at_once(self, creatopy: httpx2.AsyncClient) -> None:
        """Two wrong parameters are in one sentence."""
        sentence = refusal(await creatopy.get("/projects", params={"limit": 0, "orderBy": "X"}), 400)
        assert "limit must be at least 1; orderBy must be one of ID, NAME, CREATED_AT, UPDATED_AT." == sentence

    async def test_what_is_no_text_is_refused(self, creatopy: httpx2.AsyncClient) -> None:
        """A broken escape, bytes that aren't UTF-8, and NUL are 400."""
        for query in ("keyword=%", "keyword=%zz", "keyword=%ff", "keyword=%00", "keyword=%ed%a0%80", "%00=1"):
            refusal(await creatopy.get(f"/projects?{query}"), 400)


class TestWhose:
    async def test_another_teams_projects_are_not_there(
        self, office: Office, creatopy: httpx2.AsyncClient, kit: int
    ) -> None:
        """Neither listed nor counted nor found."""
        await make(creatopy, kit, "Ours")
        other = await (await office.team()).creatopy()
        assert [] == await names(other)
        assert [] == await names(other, keyword="Ours")
        assert 0 == (await listed(other))["totalCount"]

    async def test_an_admin_sees_all_and_a_member_what_is_theirs(
        self, team: Team, creatopy: httpx2.AsyncClient, kit: int
    ) -> None:
        """A member's list and totals hold what is team-wide or assigned to them."""
        craftdesk = await team.craftdesk()
        member = await team.member()
        for name, visibility in (("Private", "private"), ("Assigned", "private"), ("Team-wide", "team")):
            made = await craftdesk.post("/projects", json={"name": name, "visibility": visibility})
            if name == "Assigned":
                await team.assign(member, made.json()["data"]["id"])
        for caller, expected in (
            (creatopy, ["Team-wide", "Assigned", "Private"]),
            (await team.creatopy(await team.member(Role.ADMIN)), ["Team-wide", "Assigned", "Private"]),
            (await team.creatopy(member), ["Team-wide", "Assigned"]),
            (await team.creatopy(await team.member()), ["Team-wide"]),
        ):
            for query in ({}, {"keyword": "E"}):
                found: dict[str, Any] = await listed(caller, **query)
                assert expected == [node["name"] for node in found["nodes"]]
                assert len(expected) == found["totalCount"]

    async def test_archived_projects_are_neither_listed_nor_counted(
        self, team: Team, creatopy: httpx2.AsyncClient, kit: int
    ) -> None:
        """Archived through the other API, a project is gone from here, and is back when it is unarchived."""
        await make(creatopy, kit, "Kept", "Aside")
        craftdesk = await team.craftdesk()
        await craftdesk.post("/projects/aside/archive")
        assert (["Kept"], 1) == (await names(creatopy), (await listed(creatopy))["totalCount"])
        assert ([], 0) == (
            await names(creatopy, keyword="Aside"),
            (await listed(creatopy, keyword="aside"))["totalCount"],
        )
        await craftdesk.post("/projects/aside/unarchive")
        assert (["Aside", "Kept"], 2) == (await names(creatopy), (await listed(creatopy))["totalCount"])

    async def test_a_write_is_in_the_next_list(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A list read twice is remembered; after any change it is read anew."""
        assert [] == await names(creatopy) == await names(creatopy)
        made = await make_project(creatopy, kit, "One")
        assert ["One"] == await names(creatopy) == await names(creatopy)
        await change(creatopy, made["id"], name="Two")
        assert ["Two"] == await names(creatopy)
        await creatopy.put("/brandkits", json={"brandkitId": kit, "name": "New style"})
        assert "New style" == (await listed(creatopy))["nodes"][0]["brandKit"]["name"]
        await creatopy.request("DELETE", "/projects", json={"projectId": made["id"]})
        assert [] == await names(creatopy)
