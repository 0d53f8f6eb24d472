"""Brand kits in the console: lists, the form with its rows, what is wrong with which row, and the archive."""

from typing import Any

import pytest

from maquette.domain.styles import MAX_COLORS, MAX_FONTS
from maquette.model.actor import Role
from tests.console.people import Person, forms_of, signed_in
from tests.office import Office, Team

COLORS: list[dict[str, Any]] = [{"name": f"Blue {number}", "hex": f"#00000{number}"} for number in range(5)]
FONTS: list[dict[str, Any]] = [
    {"font_id": 7, "font_name": "Inter", "font_size": 1000, "font_weight": "bold", "type": "title"},
    {"font_id": None, "font_name": "Noto Sans 中文", "font_size": 1, "font_weight": "100", "type": "body"},
]
ABSENT = "01890000-0000-7000-8000-000000000000"

Fields = dict[str, list[str]]


async def made(team: Team, **fields: Any) -> dict[str, Any]:
    """A kit, by the API."""
    answer = await (await team.craftdesk()).post("/brand_kits", json={"name": "Made", **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def read(team: Team, kit: dict[str, Any]) -> dict[str, Any]:
    """The kit as the API shows it now."""
    found: dict[str, Any] = (await (await team.craftdesk()).get(f"/brand_kits/{kit['id']}")).json()["data"]
    return found


async def opened(person: Person, path: str) -> Fields:
    """What the fields of a kit's form hold, by name."""
    form = next(form for form in forms_of(await person.page(path)) if "color_name" in dict(form.values))
    fields: Fields = {}
    for name, value in form.values:
        fields.setdefault(name, []).append(value)
    return fields


class TestForm:
    async def test_a_kit_made_here_is_read_through_the_apis(self, team: Team, owner: Person) -> None:
        """With its colours, and the fonts that every kit starts with; the rows left empty are not there."""
        fields = await opened(owner, "/brand-kits/new")
        fields |= {
            "name": [" <b>Größe</b> "],
            "color_name": ["Blue", "", " Äpfel "],
            "color_hex": ["#1A2B3C", "", "#abc"],
        }
        page = await owner.followed(await owner.browser.post("/brand-kits", data=fields))
        assert ("Created." in page.text, "&lt;b&gt;Größe&lt;/b&gt;" in page.text) == (True, True)
        (found,) = (await (await team.craftdesk()).get("/brand_kits")).json()["data"]
        assert ("<b>Größe</b>", ["Blue", "Äpfel"]) == (found["name"], [color["name"] for color in found["colors"]])
        assert ["title", "subtitle", "body"] == [font["type"] for font in found["typography"]]
        assert "<b>Größe</b>" in (await (await team.creatopy()).get("/brandkits")).text

    async def test_sent_untouched_it_changes_nothing(self, office: Office, team: Team, owner: Person) -> None:
        """Not the fonts' ids either, which aren't shown, nor when the kit was changed last."""
        kit = await made(team, colors=COLORS, typography=FONTS)
        office.clock.advance(seconds=1)
        path = f"/brand-kits/{kit['id']}"
        assert "Saved." in (await owner.followed(await owner.submit(path, path))).text
        assert kit == await read(team, kit)

    async def test_as_much_as_may_be_fits(self, team: Team, owner: Person) -> None:
        """200 colours and 100 fonts, without room for one more; those sent all the same are told to be too many."""
        kit = await made(team, colors=COLORS * (MAX_COLORS // 5), typography=FONTS * (MAX_FONTS // 2))
        path = f"/brand-kits/{kit['id']}"
        fields = await opened(owner, path)
        assert (MAX_COLORS, MAX_FONTS) == (len(fields["color_name"]), len(fields["font_name"]))
        assert 303 == (await owner.browser.post(path, data={**fields, "name": "Full"})).status_code
        assert {**kit, "name": "Full"} == await read(team, kit)
        more = {"color_name": [*fields["color_name"], "More"], "color_hex": [*fields["color_hex"], "#FFF"]}
        refused = await owner.browser.post(path, data={**await opened(owner, path), **more})
        assert (400, True) == (refused.status_code, "The palette must have at most 200 entries." in refused.text)

    async def test_rows_are_added_changed_and_cleared(self, team: Team, owner: Person) -> None:
        """A cleared row is dropped, wherever it is; there is always room for more."""
        kit = await made(team, colors=COLORS[:3], typography=FONTS)
        path = f"/brand-kits/{kit['id']}"
        fields = await opened(owner, path)
        assert ["Blue 0", "Blue 1", "Blue 2", "", "", ""] == fields["color_name"]
        fields["color_name"], fields["color_hex"] = (
            ["", "Blue 1", "Red", "", "New", ""],
            ["", "#000001", "#F00", "", "#0F0", ""],
        )
        for name in ("font_name", "font_size", "font_kind"):
            fields[name][0] = " "
        fields["font_name"][3], fields["font_size"][3], fields["font_kind"][3] = "Lato", "12", "quote"
        assert 303 == (await owner.browser.post(path, data=fields)).status_code
        found = await read(team, kit)
        assert [("Blue 1", "#000001"), ("Red", "#F00"), ("New", "#0F0")] == [
            (color["name"], color["hex"]) for color in found["colors"]
        ]
        lato = {"font_id": None, "font_name": "Lato", "font_size": 12, "font_weight": "400", "type": "quote"}
        assert [FONTS[1], lato] == found["typography"]
        assert 6 == len((await opened(owner, path))["color_name"])


class TestProblems:
    async def test_each_is_told_at_its_row(self, team: Team, owner: Person) -> None:
        """Empty rows before it don't shift it; all that was typed stays, and nothing is saved."""
        kit = await made(team, colors=COLORS, typography=FONTS)
        path = f"/brand-kits/{kit['id']}"
        fields = await opened(owner, path)
        fields["color_name"][0] = fields["color_hex"][0] = ""
        fields["color_hex"][3], fields["color_name"][6] = "green", "Unfinished"
        fields["font_size"][1], fields["font_kind"][3] = "large", "quote"
        answer = await owner.browser.post(path, data=fields)
        told = [f"colors[{row}].hex" for row in (3, 6)]
        told += ["typography[1].font_size", "typography[3].font_name", "typography[3].font_size"]
        assert 400 == answer.status_code
        assert [f'id="problem-{name}"' in answer.text for name in told] == [True] * len(told)
        assert len(told) == answer.text.count('class="problem"')
        for sentence in ("Colour 4 must be a colour such as", "The size of font 2 must be 1 to 1,000."):
            assert sentence in answer.text
        again = next(form for form in forms_of(answer) if form.action == path)
        assert {*fields["color_hex"], *fields["color_name"]} == {
            value for name, value in again.values if name in ("color_hex", "color_name")
        }
        assert kit == await read(team, kit)

    @pytest.mark.parametrize(
        ("size", "weight"),
        [
            ("", "400"),
            ("0", "400"),
            ("1001", "400"),
            ("1.5", "400"),
            ("²", "400"),
            ("9" * 30, "400"),
            ("9", "450"),
            ("9", ""),
        ],
    )
    async def test_what_is_no_size_or_weight(self, team: Team, owner: Person, size: str, weight: str) -> None:
        """Whatever it is, it is told, and no kit is made."""
        fields = {"name": "X", "font_name": "Lato", "font_size": size, "font_weight": weight, "font_kind": "body"}
        answer = await owner.force("/brand-kits", **fields)
        assert (400, 1) == (answer.status_code, answer.text.count('class="problem"'))
        assert [] == (await (await team.craftdesk()).get("/brand_kits")).json()["data"]

    @pytest.mark.parametrize("id", ["x", "-1", "7.5", "²", "9" * 19, "9" * 20])
    async def test_what_is_no_id(self, team: Team, owner: Person, id: str) -> None:
        """It is told at its row, rather than dropped: the font would become another one."""
        kit = await made(team, typography=FONTS)
        path = f"/brand-kits/{kit['id']}"
        fields = await opened(owner, path)
        fields["font_id"][0] = id
        answer = await owner.browser.post(path, data=fields)
        assert (400, True) == (answer.status_code, "The id of font 1 is out of range." in answer.text)
        assert kit == await read(team, kit)

    async def test_fields_that_are_missing_are_empty(self, owner: Person) -> None:
        """A form that names half of them isn't misread: its rows are what they would be as typed."""
        answer = await owner.force("/brand-kits", name="X", color_hex=["#FFF", "#000"], color_name="White")
        assert (400, True) == (answer.status_code, 'id="problem-colors[1].name"' in answer.text)


class TestTogether:
    async def test_nobody_overwrites_what_they_have_not_seen(self, team: Team, owner: Person) -> None:
        """A form opened before somebody else's change is refused, as often as it is sent, and keeps what was typed."""
        kit = await made(team, colors=COLORS)
        path = f"/brand-kits/{kit['id']}"
        fields = await opened(owner, path)
        await (await team.craftdesk()).patch(f"/brand_kits/{kit['id']}", json={"colors": COLORS[:1]})
        for _ in range(2):
            answer = await owner.browser.post(path, data={**fields, "name": "Mine"})
            assert (412, True) == (answer.status_code, "Somebody was faster" in answer.text)
            (form,) = [form for form in forms_of(answer) if form.action == path]
            assert ("now: Made" in answer.text, '<details class="edit" open>' in answer.text) == (True, True)
            assert ("Mine", fields["version"][0]) == (dict(form.values)["name"], dict(form.values)["version"])
        assert COLORS[:1] == (await read(team, kit))["colors"]

    async def test_a_file_that_is_added_meanwhile_is_no_change(self, team: Team, owner: Person) -> None:
        """The form doesn't touch files, so it is saved."""
        kit = await made(team)
        path = f"/brand-kits/{kit['id']}"
        fields = await opened(owner, path)
        await team.logo(kit["id"])
        assert 303 == (await owner.browser.post(path, data={**fields, "name": "Mine"})).status_code
        found = await read(team, kit)
        assert ("Mine", 1) == (found["name"], len(found["logos"]))


class TestPage:
    async def test_a_form_that_is_sent_twice_makes_one_kit(self, team: Team, owner: Person) -> None:
        """As by a double click: the second is told that it has been done."""
        fields = {**await opened(owner, "/brand-kits/new"), "name": ["Once"]}
        first, second = [await owner.browser.post("/brand-kits", data=fields) for _ in range(2)]
        assert (303, 422) == (first.status_code, second.status_code)
        assert "That was sent before" in second.text
        assert 1 == len((await (await team.craftdesk()).get("/brand_kits")).json()["data"])

    async def test_what_it_looks_like_comes_first(self, team: Team, owner: Person) -> None:
        """The form is behind a button; who made the kit is said, and what happened to it is a link away."""
        kit = await made(team, colors=COLORS)
        page = (await owner.page(f"/brand-kits/{kit['id']}")).text
        assert page.index("<h2>Colours</h2>") < page.index('<details class="edit">') < page.index('name="color_hex"')
        assert f'by <a href="/members/{team.owner.id}">' in page
        assert f'href="/events?subject={kit["id"]}"' in page


class TestDelete:
    async def test_a_kit_goes_for_good(self, team: Team, owner: Person) -> None:
        """Back to the list, without it."""
        path = f"/brand-kits/{(await made(team))['id']}"
        page = await owner.followed(await owner.submit(path, f"{path}/delete"))
        assert ("Deleted." in page.text, "There are no brand kits yet." in page.text) == (True, True)
        assert "There is no such brand kit" in (await owner.page(path, 404)).text

    async def test_one_in_use_stays(self, team: Team, owner: Person) -> None:
        """And it is said on its page which projects use it."""
        kit = await made(team)
        body = {"name": "Poster <1>", "brand_kit_id": kit["id"]}
        assert 201 == (await (await team.craftdesk()).post("/projects", json=body)).status_code
        path = f"/brand-kits/{kit['id']}"
        refused = await owner.submit(path, f"{path}/delete")
        assert 409 == refused.status_code
        assert ("in use" in refused.text, "Poster &lt;1&gt;" in refused.text) == (True, True)
        assert path in [form.action for form in forms_of(refused)]


class TestList:
    async def test_it_is_searched_ordered_and_paged(self, office: Office, team: Team, owner: Person) -> None:
        """The search and the order stay from page to page; a page past the end is empty, and leads back."""
        for number in range(26):
            await made(team, name=f"House {number:02}")
        office.clock.advance(seconds=1)
        await made(team, name="Zürich 中文")
        first = await owner.page("/brand-kits")
        assert ("27 brand kits" in first.text, "Page 1 of 2" in first.text) == (True, True)
        assert ("House 23" in first.text, "House 24" in first.text) == (True, False)
        assert "Zürich" in (await owner.page("/brand-kits?page=2")).text
        newest = (await owner.page("/brand-kits?sort=created")).text
        assert newest.index("Zürich") < newest.index("House 25")
        assert "26 brand kits" in (await owner.page("/brand-kits?q=hOUSE")).text
        assert 'href="/brand-kits?q=house&amp;page=2"' in (await owner.page("/brand-kits?q=house")).text
        assert "1 brand kit<" in (await owner.page("/brand-kits?q=%E4%B8%AD%E6%96%87")).text
        assert "No brand kit matches." in (await owner.page("/brand-kits?q=nothing")).text
        past = (await owner.page("/brand-kits?page=9")).text
        assert ("nothing on this page" in past, 'href="/brand-kits?page=2"' in past) == (True, True)
        for odd in ("?page=0", "?page=x", "?page=99999999999", "?sort=y"):
            await owner.page(f"/brand-kits{odd}")

    async def test_it_shows_what_a_kit_looks_like(self, team: Team, owner: Person) -> None:
        """Its colours, and its first logo, whose address answers."""
        kit = await made(team, colors=[*COLORS[:2], {"name": '"<x>', "hex": "#abc"}])
        logos = [await team.logo(kit["id"]) for _ in range(2)]
        page = (await owner.page("/brand-kits")).text
        assert [True] * 3 == [f'fill="{color}"' in page for color in ("#000000", "#000001", "#abc")]
        assert 'aria-label="Blue 0, Blue 1, &#34;&lt;x&gt;"' in page
        thumbnails = [f"/brand-kits/{kit['id']}/assets/{logo['id']}/thumbnail" for logo in logos]
        assert [True, False] == [f'src="{thumbnail}"' in page for thumbnail in thumbnails]
        assert b"\x89PNG" == (await owner.page(thumbnails[0])).content[:4]


class TestArchive:
    async def test_it_is_the_apis_own(self, team: Team, owner: Person) -> None:
        """The same bytes under the same tag, named after the kit; a browser that has them isn't sent them again."""
        kit = await made(team, name="Größe/1", colors=COLORS, typography=FONTS)
        await team.logo(kit["id"])
        path = f"/brand-kits/{kit['id']}/archive"
        assert f'href="{path}"' in (await owner.page(f"/brand-kits/{kit['id']}")).text
        sent = await owner.page(path)
        same = await (await team.craftdesk()).get(f"/brand_kits/{kit['id']}/archive")
        assert (same.content, same.headers["etag"]) == (sent.content, sent.headers["etag"])
        assert (b"PK\x03\x04", "private, no-cache") == (sent.content[:4], sent.headers["cache-control"])
        assert "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%2F1.zip" == sent.headers["content-disposition"]
        answer = await owner.browser.get(path, headers={"If-None-Match": sent.headers["etag"]})
        assert (304, b"", "private, no-cache") == (
            answer.status_code,
            answer.content,
            answer.headers["cache-control"],
        )
        head = await owner.browser.head(path)
        assert (200, b"", "application/zip") == (head.status_code, head.content, head.headers["content-type"])


class TestRights:
    async def test_members_look_on(self, team: Team) -> None:
        """All of it is shown and nothing can be changed, nor by whoever knows the addresses."""
        kit = await made(team, colors=COLORS, typography=FONTS)
        person = await signed_in(team, await team.member(Role.MEMBER))
        path = f"/brand-kits/{kit['id']}"
        page = await person.page(path)
        shown = ["Blue 0", "#000004", "Inter", "1000 pt", "bold", "Noto Sans 中文", f'href="{path}/archive"']
        assert [True] * len(shown) == [part in page.text for part in shown]
        assert ["/sign-out"] == [form.action for form in forms_of(page)]
        assert "New brand kit" not in (await person.page("/brand-kits")).text
        await person.page("/brand-kits/new", 403)
        for target in ("/brand-kits", path, f"{path}/delete"):
            answer = await person.force(target, name="Mine")
            assert (403, True) == (answer.status_code, "You may not do that" in answer.text)
        assert kit == await read(team, kit)

    async def test_another_workspace_is_not_there(self, office: Office, owner: Person) -> None:
        """Its kits are 404, to read and to change, as those that never were."""
        other = await made(await office.team(), name="Theirs")
        for ref in (other["id"], ABSENT, "nonsense", "1"):
            await owner.page(f"/brand-kits/{ref}", 404)
            await owner.page(f"/brand-kits/{ref}/archive", 404)
            for target in ("", "/delete"):
                assert 404 == (await owner.force(f"/brand-kits/{ref}{target}", name="Mine")).status_code
        assert "Theirs" not in (await owner.page("/brand-kits")).text
