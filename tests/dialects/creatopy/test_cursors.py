"""Does a cursor lead on, whatever happened to it or to its row on the way? On either engine."""

import base64
import json
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.creatopy.calls import listed, make_kit, make_project, names, refusal, remove, success
from tests.office import Office, StillClock

ORDERINGS = [
    {"orderBy": by, "orderDirection": direction}
    for by in ("ID", "NAME", "CREATED_AT", "UPDATED_AT")
    for direction in ("ASC", "DESC")
]
UNCHECKED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]  # a busy machine is no failure
thoroughly = settings(max_examples=100, deadline=None, suppress_health_check=UNCHECKED)


@pytest.fixture
def office(engine_office: Office) -> Office:
    """A runtime on each engine in turn."""
    return engine_office


@pytest.fixture
async def projects(creatopy: httpx2.AsyncClient, kit: int) -> list[dict[str, Any]]:
    """Three projects, the oldest first."""
    return [await make_project(creatopy, kit, f"Project {number}") for number in range(3)]


def cursor(content: Any) -> str:
    """A cursor of this content: JSON, or bytes as they are."""
    raw = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    return base64.b64encode(raw).decode()


def read(text: str) -> Any:
    """What a cursor says."""
    return json.loads(base64.b64decode(text, validate=True))


async def walked(caller: httpx2.AsyncClient, path: str = "/projects", **query: str | int) -> list[list[str]]:
    """Names page by page, until there is no next one."""
    pages, after = [], ""
    while True:
        found = await listed(caller, path, **query, **({"cursor": after} if after else {}))
        pages.append([node["name"] for node in found["nodes"]])
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            return pages


class TestEnd:
    async def test_it_says_limit_and_last_id(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """By id, `endCursor` is padded Base64 of compact JSON with the page's limit and the last node's id alone."""
        found = await listed(creatopy, limit=2)
        expected = b'{"limit":2,"lastId":%d}' % projects[1]["id"]
        assert base64.b64encode(expected).decode() == found["pageInfo"]["endCursor"]

    @pytest.mark.parametrize("ordering", ORDERINGS[2:], ids=str)
    async def test_another_ordering_adds_keys_behind_these(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]], ordering: dict[str, str]
    ) -> None:
        """Whatever else it needs, `limit` and `lastId` come first."""
        found = await listed(creatopy, limit=1, **ordering)
        content = read(found["pageInfo"]["endCursor"])
        assert ["limit", "lastId"] == list(content)[:2]
        assert {"limit": 1, "lastId": found["nodes"][0]["id"]}.items() <= content.items()

    async def test_it_names_the_last_node_on_the_last_page_too(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """A page that isn't full, one that is just full, and the default one end with their last node's id."""
        sizes: list[dict[str, str | int]] = [{"limit": 5}, {"limit": 3}, {}]
        for size in sizes:
            found = await listed(creatopy, **size)
            assert found["pageInfo"]["hasNextPage"] is False
            assert projects[0]["id"] == read(found["pageInfo"]["endCursor"])["lastId"]
        assert {"limit": 10, "lastId": projects[0]["id"]} == read(found["pageInfo"]["endCursor"])

    async def test_it_is_empty_exactly_when_the_page_is(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """Nothing found, and nothing after the last, end with no cursor; `totalCount` still counts all matches."""
        nothing = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": ""}}
        end = (await listed(creatopy))["pageInfo"]["endCursor"]
        assert {"totalCount": 3, **nothing} == await listed(creatopy, cursor=end)
        assert {"totalCount": 0, **nothing} == await listed(creatopy, keyword="nowhere")


class TestWalk:
    @pytest.mark.parametrize("path", ["/projects", "/brandkits"])
    async def test_every_row_is_shown_once_in_every_ordering(
        self, creatopy: httpx2.AsyncClient, kit: int, clock: StillClock, path: str
    ) -> None:
        """Names and times with ties among them: the pages put together are the list, and `totalCount` stays."""
        for number in range(8):
            clock.advance(seconds=number % 3 == 0)
            name = f"{'Äa' if number % 2 else 'zß'} {number // 4}"
            _ = await make_project(creatopy, kit, name) if path == "/projects" else await make_kit(creatopy, name)
        for ordering in ORDERINGS:
            whole = await listed(creatopy, path, limit=100, **ordering)
            for limit in (1, 3, 4):
                pages = await walked(creatopy, path, limit=limit, **ordering)
                assert [node["name"] for node in whole["nodes"]] == [name for page in pages for name in page], ordering
                assert {limit} >= {len(page) for page in pages[:-1]}, ordering
            assert len(whole["nodes"]) == whole["totalCount"]

    async def test_the_total_is_told_on_every_page(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """`totalCount` counts all matches, not the page, nor what is left of the walk."""
        after = (await listed(creatopy, limit=1, keyword="project"))["pageInfo"]["endCursor"]
        found = await listed(creatopy, limit=1, keyword="project", cursor=after)
        assert (3, 1, True) == (found["totalCount"], len(found["nodes"]), found["pageInfo"]["hasNextPage"])

    @pytest.mark.parametrize("ordering", ORDERINGS, ids=str)
    async def test_it_goes_on_where_its_row_was(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]], ordering: dict[str, str]
    ) -> None:
        """A cursor is valid after its row has been deleted."""
        all_names = await names(creatopy, **ordering)
        first = await listed(creatopy, limit=2, **ordering)
        await remove(creatopy, first["nodes"][1]["id"])
        after = first["pageInfo"]["endCursor"]
        assert all_names[2:] == await names(creatopy, cursor=after, **ordering)

    async def test_rows_made_during_the_walk_are_not_in_its_way(
        self, creatopy: httpx2.AsyncClient, kit: int, projects: list[dict[str, Any]]
    ) -> None:
        """From the newest on, what is made meanwhile comes before the cursor, and nothing is shown twice."""
        first = await listed(creatopy, limit=2)
        await make_project(creatopy, kit, "Newest")
        assert ["Project 0"] == await names(creatopy, cursor=first["pageInfo"]["endCursor"])

    async def test_another_teams_cursor_is_a_place_and_no_more(
        self, office: Office, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """It leads into one's own list."""
        other = await (await office.team()).creatopy()
        foreign = (await make_project(other, (await make_kit(other))["id"]))["id"]
        end = cursor({"limit": 10, "lastId": foreign})
        assert ["Project 2", "Project 1", "Project 0"] == await names(creatopy, cursor=end)


class TestLimit:
    async def test_the_querys_limit_wins(self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]) -> None:
        """A query's limit is taken before the cursor's, and is in the next one."""
        found = await listed(creatopy, limit=1, cursor=cursor({"limit": 50, "lastId": projects[2]["id"]}))
        assert ["Project 1"] == [node["name"] for node in found["nodes"]]
        assert 1 == read(found["pageInfo"]["endCursor"])["limit"]

    async def test_the_cursors_limit_is_used_else(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """A walk keeps the size it began with."""
        found = await listed(creatopy, cursor=cursor({"limit": 1, "lastId": projects[2]["id"]}))
        assert ["Project 1"] == [node["name"] for node in found["nodes"]]
        assert {"limit": 1, "lastId": projects[1]["id"]} == read(found["pageInfo"]["endCursor"])

    async def test_ten_is_taken_where_neither_says(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A cursor without a limit goes on by ten."""
        made = [await make_project(creatopy, kit) for _ in range(12)]
        found = await listed(creatopy, cursor=cursor({"lastId": made[-1]["id"]}))
        assert (10, True) == (len(found["nodes"]), found["pageInfo"]["hasNextPage"])

    async def test_one_out_of_range_is_refused(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """A cursor whose own limit isn't 1 to 100 is 400, also beside a limit in the query."""
        out_of_range: tuple[Any, ...] = (0, -1, 101, 2**63, 10**30, 1.5, "10", True, [], {})
        for limit in out_of_range:
            text = cursor({"limit": limit, "lastId": 1})
            for query in ({}, {"limit": 10}):
                answer = await creatopy.get("/projects", params={"cursor": text, **query})
                assert "cursor has a limit out of range." == refusal(answer, 400), limit

    async def test_its_edges_are_within(self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]) -> None:
        """1 and 100 are limits."""
        for limit in (1, 100):
            assert [] == await names(creatopy, cursor=cursor({"limit": limit, "lastId": 1}))


class TestOnItsWay:
    @pytest.fixture
    async def text(self, creatopy: httpx2.AsyncClient, kit: int) -> str:
        """A cursor with padding, a plus and a slash in it, that leads from the first of two."""
        for name in ("~~~a>>>?~~~???", "~~~a>>>?~~~???z"):
            await make_project(creatopy, kit, name)
        found = await listed(creatopy, limit=1, orderBy="NAME", orderDirection="ASC")
        end = str(found["pageInfo"]["endCursor"])
        assert {"+", "/"} <= set(end)
        return end

    async def second(self, creatopy: httpx2.AsyncClient, query: str) -> None:
        """The query, as it stands, leads to the second."""
        answer = await creatopy.get(f"/projects?orderBy=NAME&cursor={query}")
        assert ["~~~a>>>?~~~???z"] == [node["name"] for node in success(answer)["nodes"]]

    async def test_it_comes_back_encoded(self, creatopy: httpx2.AsyncClient, text: str) -> None:
        """As a client should send it: `%2B`, `%2F`, `%3D`."""
        await self.second(creatopy, text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"))

    async def test_it_may_come_back_as_it_was(self, creatopy: httpx2.AsyncClient, text: str) -> None:
        """A plus that nobody encoded has become a blank, and is a plus again."""
        await self.second(creatopy, text)
        await self.second(creatopy, text.replace("+", "%20"))

    async def test_its_alphabet_may_be_the_url_safe_one(self, creatopy: httpx2.AsyncClient, text: str) -> None:
        """`-` and `_` are read as `+` and `/`."""
        await self.second(creatopy, text.replace("+", "-").replace("/", "_"))

    @pytest.mark.parametrize("extra", ["", "x", "xx"])
    async def test_its_padding_may_be_missing(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]], extra: str
    ) -> None:
        """With two, one or none of its `=` gone, it is the same cursor."""
        text = cursor({"limit": 1, "lastId": projects[1]["id"], "x": extra})
        for sent in (text, text.rstrip("=")):
            assert ["Project 0"] == await names(creatopy, cursor=sent)

    async def test_a_blank_one_is_none(self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]) -> None:
        """`cursor=` starts at the front."""
        assert ["Project 2", "Project 1", "Project 0"] == await names(creatopy, cursor="")


BROKEN = (
    "x",
    "%",
    "=",
    "null",
    "2313714",
    '{"limit":10,"lastId":1}',
    "é",
    "😀",
    "eyJsaW1pdCI6MTAsImxhc3RJZCI6MX",
    "eyJsaW1pdCI6MTAsImxhc3RJZCI6MX0=A",
    "eyJsaW1p\ndCI6MTAsImxhc3RJZCI6MX0=",
    cursor(b"\xff\xfe"),
    cursor(b"null"),
    cursor(b"[]"),
    cursor(b"1"),
    cursor(b'"lastId"'),
    cursor(b'{"limit":10,"lastId":1'),
    cursor(b'{"limit":10,"lastId":1}}'),
    cursor(b'{"limit":10,"lastId":"\\ud800"}'),
    cursor(b"[" * 10_000),
    cursor(b'{"lastId":' * 2_000),
    cursor({}),
    cursor({"limit": 10}),
    cursor({"limit": 10, "lastid": 1}),
    cursor({"limit": 10, "lastId": None}),
    cursor({"limit": 10, "lastId": "1"}),
    cursor({"limit": 10, "lastId": True}),
    cursor({"limit": 10, "lastId": 1.5}),
    cursor({"limit": 10, "lastId": -1}),
    cursor({"limit": 10, "lastId": 2**63}),
    cursor({"limit": 10, "lastId": 10**400}),
    cursor(b'{"limit":10,"lastId":1e999}'),
    cursor({"limit": 10, "lastId": 1, "x": "y" * 20_000}),
)


class TestBroken:
    async def test_it_is_refused(self, creatopy: httpx2.AsyncClient) -> None:
        """What is no Base64, no JSON, no object, or lacks a `lastId` that can be one, is 400 and names the cursor."""
        for text in BROKEN:
            answer = await creatopy.get("/projects", params={"cursor": text})
            assert refusal(answer, 400).startswith("cursor "), text

    async def test_one_of_another_ordering_is_refused(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """Each ordering takes its own; one by id doesn't say its direction, and leads either way."""
        for made in ORDERINGS:
            text = (await listed(creatopy, limit=1, **made))["pageInfo"]["endCursor"]
            taken = [
                used
                for used in ORDERINGS
                if (await creatopy.get("/projects", params={"cursor": text, **used})).is_success
            ]
            assert (ORDERINGS[:2] if made["orderBy"] == "ID" else [made]) == taken

    async def test_one_without_its_value_is_refused(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]]
    ) -> None:
        """Where the order isn't by id, the place needs a value of the right kind."""
        wrong: dict[str, tuple[Any, ...]] = {"NAME": (1, None, True, [], {}, "\0")}
        for ordering in ORDERINGS[2:]:
            content = read((await listed(creatopy, limit=1, **ordering))["pageInfo"]["endCursor"])
            for value in wrong.get(ordering["orderBy"], ("1", None, True, 1.5, -1, 2**63, [])):
                query = {"cursor": cursor(content | {"lastValue": value}), **ordering}
                assert "cursor has no lastValue." == refusal(await creatopy.get("/projects", params=query), 400), query


PLACES = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.integers() | st.none() | st.text(max_size=3),
        "lastId": st.integers() | st.integers(0, 100) | st.floats(),
        "orderBy": st.sampled_from(["ID", "NAME", "CREATED_AT", "UPDATED_AT", "", None]),
        "orderDirection": st.sampled_from(["ASC", "DESC", "ID", None, 1]),
        "lastValue": st.text() | st.integers() | st.none(),
    },
)


class TestAnything:
    @thoroughly
    @given(text=st.text(max_size=40) | st.binary(max_size=40).map(cursor) | st.from_regex(r"[\w+/=-]{1,40}"))
    async def test_any_text_is_a_cursor_or_refused(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]], text: str
    ) -> None:
        """No text in the cursor's place breaks anything."""
        await require_page_or_refusal(await creatopy.get("/projects", params={"cursor": text}))

    @thoroughly
    @given(raw=st.binary(max_size=40).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw)))
    async def test_any_bytes_are_a_cursor_or_refused(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]], raw: str
    ) -> None:
        """Nor do bytes that are no text."""
        await require_page_or_refusal(await creatopy.get(f"/projects?cursor={raw}"))

    @thoroughly
    @given(content=PLACES, ordering=st.sampled_from(ORDERINGS))
    async def test_any_content_is_a_place_or_refused(
        self, creatopy: httpx2.AsyncClient, projects: list[dict[str, Any]], content: Any, ordering: dict[str, str]
    ) -> None:
        """A well-formed cursor that says anything is a place in the list or 400."""
        query = {"cursor": cursor(content), **ordering}
        await require_page_or_refusal(await creatopy.get("/projects", params=query))


async def require_page_or_refusal(answer: httpx2.Response) -> None:
    """A valid page of the three projects, or 400."""
    if answer.status_code != 200:
        refusal(answer, 400)
        return
    page = success(answer)
    assert 3 == page["totalCount"]
    assert 3 >= len(page["nodes"])
    assert bool(page["nodes"]) == bool(page["pageInfo"]["endCursor"])
