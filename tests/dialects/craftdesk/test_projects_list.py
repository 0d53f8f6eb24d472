"""`GET /v1/projects`: pages, links, orderings, search and filters."""

import itertools
import re

import httpx2
import pytest

from maquette.model.actor import Role
from maquette.model.text import fold
from tests.dialects.craftdesk.calls import (
    ABSENT,
    data,
    fields,
    left,
    listed,
    make_kit,
    make_project,
    make_projects,
    names,
    total,
)
from tests.office import Office, Team

ORDERINGS = ("created_at", "-created_at", "updated_at", "-updated_at", "name", "-name")

NO_PAGES = ("", "0", "-1", "-0", "1e9", "1000000000", "9" * 20, "1.0", "+1", " 1", "one", "１", "null")

FOUND_BY_Q = {
    "ÉCOLE": ["École d'été"],
    "école": ["École d'été"],
    "ecole": [],
    "e\u0301cole": ["École d'été"],
    "STRASSE": ["Straße"],
    "straße": ["Straße"],
    "ΣΊΣΥΦΟΣ": ["σίσυφος"],
    "ПЛАКАТ": ["Плакат"],
    "本": ["日本語"],
    "abc": ["ＡＢＣ Ltd"],
    "ﬁ": ["Café fit"],
    "100%": ["100% off"],
    "%": ["100% off"],
    "_": ["snake_case"],
    "\\": ["back\\slash"],
    "OFF": ["100% off"],
    "in a description": ["described"],
    "À LA CARTE": ["described"],
    " of": ["100% off"],
    "nowhere": [],
}

FOUND_BY_NAME = {
    "École": ["École"],
    "ÉCOLE": ["École"],
    " école ": ["École"],
    "col": [],
    "ecole": [],
    "twin": ["Twin", "TWIN"],
    "": [],
}

FOUND_BY_ARCHIVED: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["active"]),
    ({"archived": "false"}, ["active"]),
    ({"archived": "true"}, ["archived"]),
    ({"archived": "any"}, ["archived", "active"]),
]

FOUND_BY_TIME: list[tuple[dict[str, str], list[str]]] = [
    ({"after": "2026-03-10T12:00:00Z"}, ["later", "noon"]),
    ({"before": "2026-03-10T12:00:00Z"}, []),
    ({"after": "2026-03-10T12:00:01Z"}, ["later"]),
    ({"before": "2026-03-10T12:00:01Z"}, ["noon"]),
    ({"after": "2026-03-10T12:00:00.000001Z"}, ["later"]),
    ({"before": "2026-03-10T12:00:00.000001Z"}, ["noon"]),
    ({"after": "2026-03-11T12:00:00.123Z"}, ["later"]),
    ({"after": "2026-03-11T12:00:00.124Z"}, []),
    ({"before": "2026-03-11T12:00:00.123Z"}, ["noon"]),
    ({"before": "2026-03-11T12:00:00.124Z"}, ["later", "noon"]),
    ({"after": "2026-03-10T13:00:00+01:00"}, ["later", "noon"]),
    ({"after": "2026-03-10T13:00:00.5+01:00"}, ["later"]),
    ({"after": "2026-03-10t12:00:01z"}, ["later"]),
    ({"after": "2026-03-10"}, ["later", "noon"]),
    ({"after": "2026-03-11"}, ["later"]),
    ({"before": "2026-03-11"}, ["noon"]),
    ({"after": "2026-03-10", "before": "2026-03-11"}, ["noon"]),
    ({"after": "2026-03-12", "before": "2026-03-11"}, []),
]

NO_TIMES = (
    "", "yesterday", "1773144000", "20260310", "2026-3-1", "2026-02-30", "0000-01-01", "２０２６-03-10",
    "2026-03-10T12:00:00", "2026-03-10T12:00Z", "2026-03-10T25:00:00Z", "2026-03-10T12:00:00+99:99",
)  # fmt: skip


def links(answer: httpx2.Response) -> dict[str, str]:
    """Where each relation of the `Link` header leads."""
    return {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["link"])}


class TestPage:
    async def test_an_empty_list_has_one_page(self, craftdesk: httpx2.AsyncClient) -> None:
        """All four numbers are there even where there is nothing to number."""
        expected = {"current_page": 1, "total": 0, "per_page": 20, "last_page": 1}
        assert {"data": [], "meta": {"pagination": expected}} == await listed(craftdesk)

    async def test_a_listed_project_is_the_one_that_was_made(self, craftdesk: httpx2.AsyncClient) -> None:
        """A row has every field that the project has alone."""
        kit = await make_kit(craftdesk)
        made = await make_project(
            craftdesk, description="Modernize our web presence", color="#fff", brand_kit_id=kit["id"]
        )
        assert [made] == (await listed(craftdesk))["data"]

    async def test_a_page_is_20_rows_and_the_newest_come_first(self, craftdesk: httpx2.AsyncClient) -> None:
        """Twenty-one projects have two pages where nothing says otherwise."""
        made = [f"Project {number}" for number in range(21)]
        await make_projects(craftdesk, *made)
        newest_first = made[::-1]
        assert newest_first[:20] == await names(craftdesk)
        assert newest_first[20:] == await names(craftdesk, page=2)

    async def test_page_and_per_page_cut_the_list(self, craftdesk: httpx2.AsyncClient) -> None:
        """The pages follow each other without a gap, and each says where it stands."""
        await make_projects(craftdesk, "a", "b", "c", "d", "e")
        pages = [await listed(craftdesk, page=page, per_page=2) for page in (1, 2, 3)]
        assert [["e", "d"], ["c", "b"], ["a"]] == [[row["name"] for row in page["data"]] for page in pages]
        expected = [{"current_page": page, "total": 5, "per_page": 2, "last_page": 3} for page in (1, 2, 3)]
        assert expected == [page["meta"]["pagination"] for page in pages]

    async def test_a_full_last_page_is_the_last(self, craftdesk: httpx2.AsyncClient) -> None:
        """No empty page follows a list that fills its pages."""
        await make_projects(craftdesk, "a", "b", "c", "d")
        assert 2 == (await listed(craftdesk, per_page=2))["meta"]["pagination"]["last_page"]

    @pytest.mark.parametrize("page", [2, 3, 999_999_999])
    async def test_a_page_past_the_end_is_empty(self, craftdesk: httpx2.AsyncClient, page: int) -> None:
        """It is a 200 without rows, whose numbers are those of the list."""
        await make_project(craftdesk)
        expected = {"current_page": page, "total": 1, "per_page": 20, "last_page": 1}
        assert {"data": [], "meta": {"pagination": expected}} == await listed(craftdesk, page=page)

    async def test_per_page_goes_up_to_100(self, craftdesk: httpx2.AsyncClient) -> None:
        """A hundred rows are one page."""
        await make_projects(craftdesk, *(f"Project {number}" for number in range(101)))
        page = await listed(craftdesk, per_page=100)
        assert 100 == len(page["data"])
        assert {"current_page": 1, "total": 101, "per_page": 100, "last_page": 2} == page["meta"]["pagination"]

    @pytest.mark.parametrize("name", ["page", "per_page"])
    async def test_what_is_no_page_is_refused(self, craftdesk: httpx2.AsyncClient, name: str) -> None:
        """Left blank, out of range or not a plain number below 10⁹: 400 that names the parameter."""
        for value in NO_PAGES:
            assert [name] == fields(await craftdesk.get("/projects", params={name: value})), value

    async def test_more_than_100_on_a_page_are_refused(self, craftdesk: httpx2.AsyncClient) -> None:
        """A client that asks for more than it would get is told."""
        assert ["per_page"] == fields(await craftdesk.get("/projects", params={"per_page": 101}))

    async def test_every_bad_parameter_is_named(self, craftdesk: httpx2.AsyncClient) -> None:
        """One answer tells all that is wrong."""
        answer = await craftdesk.get("/projects", params={"page": 0, "per_page": 0, "sort": "size"})
        assert ["page", "per_page", "sort"] == fields(answer)

    async def test_unknown_parameters_are_ignored(self, craftdesk: httpx2.AsyncClient) -> None:
        """A cache-buster changes nothing."""
        await make_project(craftdesk)
        assert await listed(craftdesk) == await listed(craftdesk, _=1773144000, fields="id", nonsense="")


class TestLink:
    async def test_a_page_in_the_middle_leads_everywhere(self, craftdesk: httpx2.AsyncClient) -> None:
        """`first`, `prev`, `next` and `last`, with the rest of the query as it was."""
        await make_projects(craftdesk, "a", "b", "c", "d", "e")
        answer = await craftdesk.get("/projects", params={"per_page": 1, "page": 3, "sort": "name"})
        at = "/craftdesk/v1/projects?per_page=1&sort=name&page="
        assert {"first": f"{at}1", "prev": f"{at}2", "next": f"{at}4", "last": f"{at}5"} == links(answer)

    async def test_the_ends_lead_only_inwards(self, craftdesk: httpx2.AsyncClient) -> None:
        """The first page has no `prev`, the last no `next`."""
        await make_projects(craftdesk, "a", "b")
        first, last = [await craftdesk.get("/projects", params={"per_page": 1, "page": page}) for page in (1, 2)]
        assert ["first", "next", "last"] == list(links(first))
        assert ["first", "prev", "last"] == list(links(last))

    async def test_past_the_end_prev_is_the_last_page(self, craftdesk: httpx2.AsyncClient) -> None:
        """Whoever went too far is led back."""
        await make_projects(craftdesk, "a", "b")
        found = links(await craftdesk.get("/projects", params={"per_page": 1, "page": 9}))
        assert found["last"] == found["prev"]
        assert "next" not in found

    async def test_following_next_reads_the_whole_list(self, office: Office, team: Team) -> None:
        """A client that knows nothing but `Link` gets every row once, filters in any script kept."""
        craftdesk = await team.craftdesk()
        await make_projects(craftdesk, *(f"École {number}" for number in range(5)), "Other")
        found: list[str] = []
        url: str | None = "/craftdesk/v1/projects?q=%C3%A9cole&per_page=2&sort=name"
        host = office.http(token=craftdesk.headers["authorization"].removeprefix("Bearer "))
        while url:
            answer = await host.get(url)
            found += [row["name"] for row in answer.json()["data"]]
            url = links(answer).get("next")
        assert [f"École {number}" for number in range(5)] == found

    async def test_links_begin_where_the_caller_came_in(self, office: Office, team: Team) -> None:
        """At a bare `/v1`, and at the vendor's host, they don't name the dialect's folder."""
        _, key = await team.key()
        bare = await office.http("/v1", key).get("/projects")
        hosted = await office.http("/v1", key, origin="https://api.craftdesk.app").get("/projects")
        assert "/v1/projects?page=1" == links(bare)["first"] == links(hosted)["first"]


class TestOrder:
    @pytest.mark.parametrize("sort", ORDERINGS)
    async def test_every_ordering_ends_in_a_tie_breaker(self, engine_office: Office, sort: str) -> None:
        """Page by page, each project comes exactly once, ties in the order they were made in."""
        craftdesk = await (await engine_office.team()).craftdesk()
        made = await make_projects(
            craftdesk, "Zebra", "ähre", "zebra", "Äpfel", "日本", "apfel", "𝒵ebra", "Zebra", "_", "9"
        )
        engine_office.clock.advance(seconds=60)
        made += await make_projects(craftdesk, "Zebra", "Éa", "éa", "𐐀", "\uffee")
        engine_office.clock.advance(seconds=60)
        for project in (made[11], made[0]):
            changed = data(await craftdesk.patch(f"/projects/{project['id']}", json={"color": "#000"}))
            made[made.index(project)] = changed
        places = {project["id"]: place for place, project in enumerate(made)}
        field = sort.removeprefix("-")

        def key(project: dict[str, str]) -> tuple[str, int]:
            value = fold(project["name"]) if field == "name" else project[field]
            return value, places[project["id"]]

        expected = sorted(made, key=key, reverse=sort.startswith("-"))
        found = [(await listed(craftdesk, sort=sort, per_page=4, page=page))["data"] for page in (1, 2, 3, 4)]
        assert expected == list(itertools.chain(*found))

    async def test_another_ordering_is_refused(self, craftdesk: httpx2.AsyncClient) -> None:
        """400 names `sort` and the orderings there are."""
        for sort in ("", "id", "NAME", "name,created_at", "--name", "slug"):
            answer = await craftdesk.get("/projects", params={"sort": sort})
            assert ["sort"] == fields(answer), sort
            assert all(ordering in answer.text for ordering in ORDERINGS)


class TestSearch:
    async def test_q_finds_what_name_or_description_contains(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """In any case and any script, with no character that means another one."""
        made = ["École d'été", "Straße", "σίσυφος", "Плакат", "日本語", "ＡＢＣ Ltd", "Café fit", "100% off"]
        await make_projects(engine_craftdesk, *made, "snake_case", "back\\slash")
        await make_project(engine_craftdesk, "described", description="Only\tIn A Description,\nà la carte")
        for q, found in FOUND_BY_Q.items():
            assert found == await names(engine_craftdesk, q=q), q
            assert len(found) == await total(engine_craftdesk, q=q), q

    async def test_what_is_found_is_paged_as_any_list(self, craftdesk: httpx2.AsyncClient) -> None:
        """The numbers are those of the matches."""
        await make_projects(craftdesk, "Poster 1", "Flyer", "poster 2", "POSTER 3")
        page = await listed(craftdesk, q="poster", per_page=2, page=2)
        assert ["Poster 1"] == [row["name"] for row in page["data"]]
        assert {"current_page": 2, "total": 3, "per_page": 2, "last_page": 2} == page["meta"]["pagination"]

    async def test_a_search_sees_a_change_at_once(self, craftdesk: httpx2.AsyncClient) -> None:
        """The folded text follows the name and the description."""
        made = await make_project(craftdesk, "Before", description="Then")
        await craftdesk.patch(f"/projects/{made['id']}", json={"name": "After", "description": "Now"})
        assert [["After"], ["After"], [], []] == [
            await names(craftdesk, q=q) for q in ("after", "now", "before", "then")
        ]

    async def test_a_blank_q_is_no_condition(self, craftdesk: httpx2.AsyncClient) -> None:
        """An empty search box lists everything."""
        await make_projects(craftdesk, "a", "b")
        assert ["b", "a"] == await names(craftdesk, q="")

    async def test_an_endless_q_is_refused(self, craftdesk: httpx2.AsyncClient) -> None:
        """No text of that length could be searched for in time."""
        assert ["q"] == fields(await craftdesk.get("/projects", params={"q": "x" * 1_001}))

    async def test_a_query_that_is_no_text_is_refused(self, craftdesk: httpx2.AsyncClient) -> None:
        """NUL, lone surrogates and bytes that are not UTF-8, in any parameter, are 400."""
        for query in ("q=%00", "name=a%00b", "nonsense=%00", "%00=x", "q=%ED%A0%80", "q=%FF", "q=%"):
            assert ["query"] == fields(await craftdesk.get(f"/projects?{query}")), query


class TestFilter:
    async def test_name_is_the_whole_folded_name(self, craftdesk: httpx2.AsyncClient) -> None:
        """Case doesn't count, accents do, and a part of a name is not the name."""
        await make_projects(craftdesk, "École", "TWIN", "Twin")
        for name, found in FOUND_BY_NAME.items():
            assert found == await names(craftdesk, name=name), name

    async def test_slug_is_the_exact_slug(self, craftdesk: httpx2.AsyncClient) -> None:
        """It finds the one project that has it, or none."""
        await make_projects(craftdesk, "Poster", "Poster")
        assert ["poster"] == [row["slug"] for row in (await listed(craftdesk, slug="poster"))["data"]]
        assert ["poster-2"] == [row["slug"] for row in (await listed(craftdesk, slug="poster-2"))["data"]]
        assert [[], []] == [await names(craftdesk, slug=slug) for slug in ("post", "")]

    async def test_archived_projects_are_left_out_unless_asked_for(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """Rows and total agree, whether it's the kept count or one made with another filter."""
        _, archived = await make_projects(engine_craftdesk, "active", "archived")
        await engine_craftdesk.post(f"/projects/{archived['id']}/archive")
        for query, found in FOUND_BY_ARCHIVED:
            assert found == await names(engine_craftdesk, **query), query
            assert len(found) == await total(engine_craftdesk, **query), query
            assert len(found) == await total(engine_craftdesk, q="a", **query), query

    async def test_archived_takes_three_words(self, craftdesk: httpx2.AsyncClient) -> None:
        """Any other is 400."""
        for archived in ("", "1", "True", "all"):
            assert ["archived"] == fields(await craftdesk.get("/projects", params={"archived": archived})), archived

    async def test_brand_kit_id_finds_the_projects_of_a_kit(self, craftdesk: httpx2.AsyncClient) -> None:
        """In either case of its letters; a kit that isn't there has none."""
        kit = await make_kit(craftdesk)
        await make_project(craftdesk, "with", brand_kit_id=kit["id"])
        await make_project(craftdesk, "without")
        for id, found in ((kit["id"], ["with"]), (kit["id"].upper(), ["with"]), (ABSENT, [])):
            assert found == await names(craftdesk, brand_kit_id=id), id

    async def test_created_by_finds_the_projects_of_a_person(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Whoever's key made it made it."""
        admin = await team.member(Role.ADMIN)
        await make_project(craftdesk, "the owner's")
        await make_project(await team.craftdesk(admin), "the admin's")
        assert ["the admin's"] == await names(craftdesk, created_by=admin.id)
        assert ["the owner's"] == await names(craftdesk, created_by=team.owner.id)
        assert [] == await names(craftdesk, created_by=ABSENT)

    @pytest.mark.parametrize("name", ["brand_kit_id", "created_by"])
    async def test_what_is_no_uuid_is_refused(self, craftdesk: httpx2.AsyncClient, name: str) -> None:
        """400 names the parameter."""
        for value in ("", "1", "not-a-uuid", ABSENT.replace("-", ""), f"{{{ABSENT}}}"):
            assert [name] == fields(await craftdesk.get("/projects", params={name: value})), value

    @pytest.mark.parametrize("field", ["created", "updated"])
    async def test_after_includes_its_instant_and_before_excludes_it(
        self, office: Office, craftdesk: httpx2.AsyncClient, field: str
    ) -> None:
        """Both take RFC 3339 times in any zone, and dates, which are midnight UTC."""
        await make_project(craftdesk, "noon")
        office.clock.advance(days=1, seconds=0.123)
        await make_project(craftdesk, "later")
        for edges, found in FOUND_BY_TIME:
            query = {f"{field}_{edge}": at for edge, at in edges.items()}
            assert found == await names(craftdesk, **query), query

    async def test_updated_is_not_created(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """A change moves the one and leaves the other."""
        made = await make_project(craftdesk)
        office.clock.advance(days=1)
        await craftdesk.patch(f"/projects/{made['id']}", json={"name": "New name"})
        assert ["New name"] == await names(craftdesk, updated_after="2026-03-11")
        assert [] == await names(craftdesk, created_after="2026-03-11")

    @pytest.mark.parametrize("name", ["created_after", "created_before", "updated_after", "updated_before"])
    async def test_what_is_no_time_is_refused(self, craftdesk: httpx2.AsyncClient, name: str) -> None:
        """400 names the parameter."""
        for value in NO_TIMES:
            assert [name] == fields(await craftdesk.get("/projects", params={name: value})), value

    async def test_filters_are_joined_by_and(self, craftdesk: httpx2.AsyncClient) -> None:
        """A project has to fulfil all of them."""
        kit = await make_kit(craftdesk)
        await make_project(craftdesk, "Poster", brand_kit_id=kit["id"])
        await make_project(craftdesk, "Poster")
        await make_project(craftdesk, "Flyer", brand_kit_id=kit["id"])
        assert ["Poster"] == await names(craftdesk, q="poster", brand_kit_id=kit["id"])


class TestIds:
    async def test_many_projects_are_read_in_one_call(self, craftdesk: httpx2.AsyncClient) -> None:
        """The named ones come on one page of as many as were asked for, in the order that `sort` says."""
        made = await make_projects(craftdesk, "c", "a", "b", "not asked for")
        ids = ",".join(project["id"] for project in made[:3])
        found = await listed(craftdesk, ids=ids, sort="name")
        assert ["a", "b", "c"] == [row["name"] for row in found["data"]]
        assert {"current_page": 1, "total": 3, "per_page": 3, "last_page": 1} == found["meta"]["pagination"]

    async def test_unknown_ids_are_skipped(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """One that is absent, no id at all, or another workspace's leaves the others as they are."""
        mine = await make_project(craftdesk)
        theirs = await make_project(await (await office.team()).craftdesk())
        found = await listed(craftdesk, ids=f"{ABSENT},{mine['id'].upper()},nonsense,{theirs['id']}")
        assert [mine] == found["data"]
        assert {"current_page": 1, "total": 1, "per_page": 4, "last_page": 1} == found["meta"]["pagination"]

    async def test_archived_ones_are_among_them(self, craftdesk: httpx2.AsyncClient) -> None:
        """`archived` is then `any`, unless it says otherwise."""
        active, archived = await make_projects(craftdesk, "active", "archived")
        await craftdesk.post(f"/projects/{archived['id']}/archive")
        ids = f"{active['id']},{archived['id']}"
        assert ["archived", "active"] == await names(craftdesk, ids=ids)
        assert ["active"] == await names(craftdesk, ids=ids, archived="false")
        assert ["archived"] == await names(craftdesk, ids=ids, archived="true")

    async def test_a_hundred_ids_are_one_call(self, office: Office) -> None:
        """That is what the page advises batches for: it costs one call of the month."""
        team = await office.team(plan="business")
        craftdesk = await team.craftdesk()
        made = await make_projects(craftdesk, *(f"Project {number}" for number in range(100)))
        answer = await craftdesk.get("/projects", params={"ids": ",".join(project["id"] for project in made)})
        assert made[::-1] == answer.json()["data"]
        assert 500_000 - 101 == left(answer)

    async def test_more_than_100_are_refused(self, craftdesk: httpx2.AsyncClient) -> None:
        """None is left out silently."""
        ids = ",".join(ABSENT[:-3] + f"{number:03}" for number in range(101))
        assert ["ids"] == fields(await craftdesk.get("/projects", params={"ids": ids}))

    async def test_none_at_all_are_refused(self, craftdesk: httpx2.AsyncClient) -> None:
        """A list that came out empty isn't answered with all projects."""
        for ids in ("", ",", " , "):
            assert ["ids"] == fields(await craftdesk.get("/projects", params={"ids": ids})), ids


class TestCounts:
    async def test_total_follows_every_change(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """Made, archived, taken up, made visible and deleted: the kept count is the one of the rows."""
        craftdesk = engine_craftdesk
        first, second, third = await make_projects(craftdesk, "a", "b", "c")

        async def counts() -> list[int]:
            found = [await listed(craftdesk, archived=archived) for archived in ("false", "true", "any")]
            assert [len(page["data"]) for page in found] == [page["meta"]["pagination"]["total"] for page in found]
            return [page["meta"]["pagination"]["total"] for page in found]

        assert [3, 0, 3] == await counts()
        await craftdesk.post(f"/projects/{first['id']}/archive")
        assert [2, 1, 3] == await counts()
        await craftdesk.patch(f"/projects/{first['id']}", json={"visibility": "team"})
        await craftdesk.patch(f"/projects/{second['id']}", json={"visibility": "team"})
        assert [2, 1, 3] == await counts()
        await craftdesk.delete(f"/projects/{third['id']}")
        assert [1, 1, 2] == await counts()
        await craftdesk.post(f"/projects/{first['id']}/unarchive")
        assert [2, 0, 2] == await counts()
        await craftdesk.delete(f"/projects/{first['id']}")
        await craftdesk.delete(f"/projects/{second['id']}")
        assert [0, 0, 0] == await counts()
