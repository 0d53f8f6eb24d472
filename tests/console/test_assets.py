"""A brand kit's files in the console: added by a form, shown in pages, downloaded and deleted."""

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Page

from maquette.domain import assets
from maquette.domain.picture_sandbox import PictureSandbox
from maquette.domain.pictures import UPLOAD_BYTES, Picture
from maquette.model.actor import Role
from maquette.model.errors import Unavailable
from maquette.model.records import AssetKind
from maquette.store.folder import Folder
from maquette.wire.asgi import as_asgi
from maquette.wire.bodies import MAX_FORM_BYTES
from tests.console.people import Person, forms_of, signed_in
from tests.office import LOGO, Office, Team
from tests.pictures import png, raster, svg
from tests.wire.asgi import ask

HARMLESS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-cache",
}


pytestmark = pytest.mark.usefixtures("examined_here")


@pytest.fixture
async def kit(team: Team) -> str:
    """The path of a kit of the team's."""
    return await new_kit(team)


async def new_kit(team: Team) -> str:
    """The path of a new kit."""
    made = (await (await team.craftdesk()).post("/brand_kits", json={"name": "House"})).json()["data"]
    return f"/brand-kits/{made['id']}"


async def upload(
    person: Person, kit: str, content: bytes | None = None, filename: str = "a.png", **fields: Any
) -> httpx2.Response:
    """What the form for a new file is answered with."""
    files = {"file": (filename, png() if content is None else content)}
    return await person.submit(kit, f"{kit}/assets", files=files, without=("file",), **fields)


async def listed(team: Team, kit: str) -> list[dict[str, Any]]:
    """The kit's files as the API lists them, the newest first."""
    path = kit.replace("/brand-kits/", "/brand_kits/")
    found: list[dict[str, Any]] = (await (await team.craftdesk()).get(f"{path}/assets")).json()["data"]
    return found


def objects(tmp_path: Path) -> list[Path]:
    """The files that the object store holds."""
    return [file for file in (tmp_path / "objects").rglob("*") if file.is_file()]


class TestUpload:
    async def test_a_file_is_added_and_shown(self, team: Team, owner: Person, kit: str) -> None:
        """Under its own name unless another is given; the APIs list it, and the page shows what it is."""
        answer = await upload(owner, kit, filename="C:\\pictures\\<b>.png", kind="image")
        assert f"{kit}#files" == answer.headers["location"]
        assert "The file is added." in (await owner.followed(answer)).text
        await upload(owner, kit, svg(), filename="x.png", file_name=" Größe ", kind="logo")
        logo, image = await listed(team, kit)
        assert ("Größe", "logo", "image/svg+xml", 24, 12) == tuple(
            logo[name] for name in ("name", "kind", "media_type", "width", "height")
        )
        assert ("<b>.png", "image") == (image["name"], image["kind"])
        page = (await owner.page(kit)).text
        for asset, says in ((logo, "SVG, 24 × 12 px"), (image, f"PNG, 300 × 200 px, {image['size']} Bytes")):
            assert [True] * 4 == [
                part in page
                for part in (
                    says,
                    f'src="{kit}/assets/{asset["id"]}/thumbnail"',
                    f'/{asset["id"]}/content" download',
                    "2 files",
                )
            ]
        assert ("&lt;b&gt;.png" in page, "<b>.png" in page) == (True, False)

    @pytest.mark.parametrize(
        ("fields", "field", "problem"),
        [
            ({"content": b"<html>"}, "file", "The file is not a picture: PNG, JPEG, GIF, WebP or SVG."),
            ({"content": b""}, "file", "The file is not a picture"),
            ({"content": b"", "filename": ""}, "file", "The file must be chosen."),
            ({"kind": "poster"}, "kind", "What it is must be logo or image."),
            ({"kind": ""}, "kind", "What it is must be logo or image."),
            ({"file_name": "x" * 256}, "file_name", "Name must have at most 255 characters."),
        ],
    )
    async def test_what_is_wrong_is_told_beside_its_field(
        self, team: Team, owner: Person, kit: str, tmp_path: Path, fields: dict[str, Any], field: str, problem: str
    ) -> None:
        """On the kit's page, which is as it was, with what was typed; nothing is stored."""
        answer = await upload(owner, kit, **{"file_name": "Typed", **fields})
        assert (400, 1) == (answer.status_code, answer.text.count('class="problem"'))
        assert f'<p class="problem" id="problem-{field}">{problem}' in answer.text
        assert fields.get("file_name", "Typed") in answer.text
        assert ([], []) == (await listed(team, kit), objects(tmp_path))

    async def test_a_form_that_is_sent_twice_adds_one_file(
        self, team: Team, owner: Person, kit: str, tmp_path: Path
    ) -> None:
        """As by a double click: the second is told that it has been done, and its bytes go again."""
        (form,) = [form for form in forms_of(await owner.page(kit)) if form.action == f"{kit}/assets"]
        data = {name: value for name, value in form.values if name != "file"}
        first, second = [
            await owner.browser.post(form.action, data=data, files={"file": ("a.png", png())}) for _ in range(2)
        ]
        assert (303, 422, True) == (first.status_code, second.status_code, "That was sent before" in second.text)
        assert (1, 2) == (len(await listed(team, kit)), len(objects(tmp_path)))

    async def test_a_form_of_the_other_encoding_holds_no_file(self, owner: Person, kit: str) -> None:
        """Nor one of JSON, which no browser sends."""
        answer = await owner.force(f"{kit}/assets", kind="logo", file="a.png")
        assert (400, True) == (answer.status_code, "The file must be chosen." in answer.text)
        assert 415 == (await owner.browser.post(f"{kit}/assets", json={"kind": "logo"})).status_code

    async def test_a_file_may_be_so_large(self, owner: Person, kit: str, tmp_path: Path) -> None:
        """10 MiB exactly, as the page says; a byte more is told there, and a form that is larger still on its own."""
        assert "up to 10 MiB and 50 megapixels" in (await owner.page(kit)).text
        behind = UPLOAD_BYTES - len(png())
        assert 303 == (await upload(owner, kit, png() + bytes(behind))).status_code
        for more, is_here in ((1, True), (MAX_FORM_BYTES - UPLOAD_BYTES, False)):
            answer = await upload(owner, kit, png() + bytes(behind + more))
            assert (413, True) == (answer.status_code, "At most 10 MiB can be sent at once." in answer.text)
            assert is_here == ("Add the file" in answer.text)
        assert 2 == len(objects(tmp_path))

    async def test_other_forms_take_no_file(self, owner: Person, kit: str) -> None:
        """415 for one that is sent to them, and 413 above 1 MiB."""
        fields = dict(forms_of(await owner.page(kit))[1].values)
        small = await owner.browser.post(kit, data=fields, files={"file": ("a.png", png())})
        large = await owner.browser.post(kit, data={**fields, "name": "x" * 1_048_576})
        assert (415, 413) == (small.status_code, large.status_code)

    async def test_a_kit_that_is_full_takes_no_more(
        self, owner: Person, kit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is told of which kind there are enough."""
        monkeypatch.setattr(assets, "MAX_PER_KIT", {AssetKind.LOGO: 1, AssetKind.IMAGE: 1})
        assert 303 == (await upload(owner, kit)).status_code
        answer = await upload(owner, kit)
        assert (400, True) == (answer.status_code, "holds at most 1 of them" in answer.text)
        assert 303 == (await upload(owner, kit, kind="image")).status_code
        assert 4 == len(objects(tmp_path))

    async def test_a_kit_that_goes_meanwhile_leaves_no_bytes(
        self, team: Team, owner: Person, kit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They are stored before their row is refused, and discarded then."""
        put, caller, seen = Folder.put, await team.craftdesk(), list[int]()

        async def slow(self: Folder, key: str, content: bytes) -> None:
            await put(self, key, content)
            seen.append(len(objects(tmp_path)))
            if len(seen) == 2:
                assert 204 == (await caller.delete(kit.replace("-", "_", 1))).status_code

        monkeypatch.setattr(Folder, "put", slow)
        assert 404 == (await upload(owner, kit)).status_code
        assert ([1, 2], []) == (seen, objects(tmp_path))

    async def test_a_store_that_fails_is_told(
        self, team: Team, owner: Person, kit: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """503 on the kit's page, and no row without its bytes."""

        async def full(self: Folder, key: str, content: bytes) -> None:
            raise Unavailable("the disk is full")

        monkeypatch.setattr(Folder, "put", full)
        answer = await upload(owner, kit)
        assert (503, True) == (answer.status_code, "Nothing has been changed." in answer.text)
        assert [] == await listed(team, kit)

    async def test_a_file_is_held_once(
        self, office: Office, owner: Person, kit: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While it is examined, and while it is kept: not the body beside the file, nor the file beside the picture."""
        content, held = raster(size=(1200, 900), compress_level=0), list[int]()

        def examined(_: PictureSandbox, content: bytes) -> Picture:
            held.append(tracemalloc.get_traced_memory()[0])
            return Picture("image/png", 1200, 900, content, b"a thumbnail")

        async def put(*_: object) -> None:
            held.append(tracemalloc.get_traced_memory()[0])

        monkeypatch.setattr(PictureSandbox, "_run_worker", examined)
        monkeypatch.setattr(Folder, "put", put)
        (form,) = [form for form in forms_of(await owner.page(kit)) if form.action == f"{kit}/assets"]
        fields = {name: value for name, value in form.values if name != "file"}
        request = httpx2.Request("POST", "http://x", files={"file": ("a.png", content)}, data=fields)
        body, headers = request.read(), {"cookie": f"maquette={owner.browser.cookies['maquette']}", **request.headers}
        pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
        application = as_asgi(office.runtime.application)
        tracemalloc.start()
        try:
            answer = await ask(application, "POST", f"{kit}/assets", body=pieces, headers=headers.items())
        finally:
            tracemalloc.stop()
        assert (303, 3) == (answer.status, len(held))
        assert max(held) < 1.5 * len(content)


class TestPictures:
    async def test_they_are_sent_so_that_nothing_of_them_runs(self, team: Team, owner: Person, kit: str) -> None:
        """A picture inline, a drawing to be saved, a thumbnail always as PNG; kept, and asked for again."""
        await upload(owner, kit, filename="ló go.png")
        await upload(owner, kit, svg('<script>alert(1)</script><rect width="9" height="9"/>'), filename="d.svg")
        drawing, picture = [f"{kit}/assets/{asset['id']}" for asset in await listed(team, kit)]
        expected = [
            (f"{picture}/content", "image/png", "inline; filename*=UTF-8''l%C3%B3%20go.png"),
            (f"{drawing}/content", "image/svg+xml", "attachment; filename*=UTF-8''d.svg"),
            (f"{drawing}/thumbnail", "image/png", "inline; filename*=UTF-8''d-thumbnail.png"),
        ]
        for path, media_type, disposition in expected:
            sent = await owner.page(path)
            assert (media_type, disposition) == (sent.headers["content-type"], sent.headers["content-disposition"])
            assert HARMLESS == {name: sent.headers[name] for name in HARMLESS}
            assert b"script" not in sent.content
            again = await owner.browser.get(path, headers={"If-None-Match": sent.headers["etag"]})
            assert (304, b"", HARMLESS["cache-control"]) == (
                again.status_code,
                again.content,
                again.headers["cache-control"],
            )
        assert png() == (await owner.page(f"{picture}/content")).content

    async def test_they_are_listed_by_kind_and_page(self, office: Office, team: Team, owner: Person, kit: str) -> None:
        """The newest first; the kind stays from page to page, and each link leads to the files."""
        path = kit.replace("-", "_", 1)
        caller = await team.craftdesk()
        for number in range(26):
            office.clock.advance(seconds=1)
            form = {"kind": "image" if number else "logo", "name": f"Picture {number:02}"}
            await caller.post(f"{path}/assets", data=form, files={"file": ("a.svg", LOGO)})
        first = (await owner.page(kit)).text
        assert ("26 files" in first, "Picture 02" in first, "Picture 01" in first) == (True, True, False)
        assert "Picture 00" in (await owner.page(f"{kit}?page=2")).text
        images = (await owner.page(f"{kit}?kind=image")).text
        assert f'href="{kit}?kind=image&amp;page=2#files"' in images
        logos = (await owner.page(f"{kit}?kind=logo")).text
        assert ("1 file<" in logos, "Picture 00" in logos, "Picture 01" in logos) == (True, True, False)
        assert "nothing on this page" in (await owner.page(f"{kit}?page=7")).text
        await owner.page(f"{kit}?kind=poster&page=x")
        assert "There are no such files." in (await owner.page(f"{await new_kit(team)}?kind=logo")).text

    async def test_one_is_deleted_for_good(
        self, office: Office, team: Team, owner: Person, kit: str, tmp_path: Path
    ) -> None:
        """Back to the page of files that it was on; its bytes go, the others stay."""
        for name in ("Kept", "Gone"):
            await upload(owner, kit, file_name=name)
        gone, kept = await listed(team, kit)
        page, target = f"{kit}?kind=logo&page=1", f"{kit}/assets/{gone['id']}/delete"
        answer = await owner.submit(page, f"{target}?kind=logo")
        assert f"{kit}?kind=logo#files" == answer.headers["location"]
        shown = (await owner.followed(answer)).text
        assert ("Deleted." in shown, "Gone" in shown) == (True, False)
        await office.runtime.services.files.idle()
        assert ([kept], 2) == (await listed(team, kit), len(objects(tmp_path)))
        assert 404 == (await owner.force(target)).status_code
        await owner.page(f"{kit}/assets/{gone['id']}/content", 404)

    @pytest.mark.chromium
    async def test_a_browser_adds_and_shows_them(
        self,
        office: Office,
        owner: Person,
        kit: str,
        listening: str,
        browser: Callable[[str], Awaitable[tuple[Page, list[str]]]],
    ) -> None:
        """The page's own policy lets it; a refused file has the focus on the field to choose another."""
        page, complaints = await browser(f"{listening}/sign-in")
        await page.context.add_cookies(
            [{"name": "maquette", "value": owner.browser.cookies["maquette"], "url": listening}]
        )
        await page.goto(f"{listening}{kit}")
        await page.set_input_files("#field-file", {"name": "Höhe.png", "mimeType": "image/png", "buffer": png(200)})
        await page.get_by_role("button", name="Add the file").click()
        image = page.get_by_alt_text("Höhe.png")
        await image.scroll_into_view_if_needed()
        async with asyncio.timeout(20):
            while not await image.evaluate("image => image.complete"):
                await asyncio.sleep(0.05)
        assert 256 == await image.evaluate("image => image.naturalWidth")
        await page.goto(f"{listening}/brand-kits")
        assert 256 == await page.locator(".picture img").evaluate(
            "image => image.decode().then(() => image.naturalWidth)"
        )
        assert [] == complaints
        await page.goto(f"{listening}{kit}")
        await page.set_input_files("#field-file", {"name": "x.png", "mimeType": "image/png", "buffer": b"nothing"})
        await page.get_by_role("button", name="Add the file").click()
        await page.wait_for_selector("#problem-file")
        assert "field-file" == await page.evaluate("document.activeElement.id")


class TestRights:
    async def test_members_look_on(self, team: Team, owner: Person, kit: str, tmp_path: Path) -> None:
        """They see and download; adding and deleting isn't offered, and refused before the file is looked at."""
        await upload(owner, kit)
        (asset,) = await listed(team, kit)
        person = await signed_in(team, await team.member(Role.MEMBER))
        page = await person.page(kit)
        assert (True, False) == ("Download</a>" in page.text, "Add the file" in page.text)
        assert ["/sign-out"] == [form.action for form in forms_of(page)]
        await person.page(f"{kit}/assets/{asset['id']}/content")
        token = dict(forms_of(page)[0].values)["form_token"]
        form = {"form_token": token, "kind": "logo"}
        answer = await person.browser.post(f"{kit}/assets", data=form, files={"file": ("a.png", b"no picture")})
        assert (403, True) == (answer.status_code, "You may not do that" in answer.text)
        assert 403 == (await person.force(f"{kit}/assets/{asset['id']}/delete")).status_code
        assert 2 == len(objects(tmp_path))

    async def test_other_kits_files_are_not_there(
        self, office: Office, team: Team, owner: Person, kit: str, tmp_path: Path
    ) -> None:
        """Neither another workspace's nor those of the kit beside it, to read, to delete, or to add to."""
        await upload(owner, kit)
        (asset,) = await listed(team, kit)
        stranger, beside = await signed_in(await office.team()), await new_kit(team)
        for person, path in ((stranger, kit), (owner, beside)):
            for what in ("content", "thumbnail"):
                await person.page(f"{path}/assets/{asset['id']}/{what}", 404)
            assert 404 == (await person.force(f"{path}/assets/{asset['id']}/delete")).status_code
        token = dict(forms_of(await stranger.page("/account"))[0].values)["form_token"]
        form = {"form_token": token, "kind": "logo"}
        answer = await stranger.browser.post(f"{kit}/assets", data=form, files={"file": ("a.png", png())})
        assert (404, 2) == (answer.status_code, len(objects(tmp_path)))

    async def test_nobody_else_is_shown_a_picture(self, office: Office, team: Team, owner: Person, kit: str) -> None:
        """Who isn't signed in is led to the page where one does, and a form without its token changes nothing."""
        await upload(owner, kit)
        (asset,) = await listed(team, kit)
        answer = await office.http().get(f"{kit}/assets/{asset['id']}/content")
        assert (303, True) == (answer.status_code, answer.headers["location"].startswith("/sign-in"))
        files = {"file": ("a.png", png())}
        assert 403 == (await owner.browser.post(f"{kit}/assets", data={"kind": "logo"}, files=files)).status_code
        assert 1 == len(await listed(team, kit))
