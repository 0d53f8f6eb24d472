"""`/v1/brand_kits`, whole: palettes and typography, logos and images, and all of it as an archive."""

import json
import tracemalloc
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest

from maquette.domain import assets
from maquette.domain.picture_sandbox import PictureSandbox
from maquette.domain.pictures import UPLOAD_BYTES, Picture
from maquette.model.actor import Role, Scope
from maquette.model.errors import Unavailable
from maquette.model.records import AssetKind
from maquette.store.folder import Folder
from maquette.wire.asgi import as_asgi
from maquette.wire.bodies import MAX_FORM_BYTES
from tests.dialects.craftdesk.calls import ABSENT, data, fields, listed, make_kit, make_project, names, refusal, total
from tests.office import Office, Team
from tests.pictures import billion_laughs, opened, png, png_claiming, raster, svg
from tests.wire.asgi import Answer, ask, scope_of

SAMPLE = Path(__file__).parents[3] / "examples" / "data" / "brands.sample.jsonl"
COLORS: list[dict[str, Any]] = [{"name": "Brand blue", "hex": "#1A2B3C"}, {"name": "Äpfel", "hex": "#abc"}]
FONTS: list[dict[str, Any]] = [
    {"font_id": 7, "font_name": "Inter", "font_size": 1000, "font_weight": "bold", "type": "title"},
    {"font_id": None, "font_name": "Noto Sans 中文", "font_size": 1, "font_weight": "100", "type": "body"},
]
HARMLESS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}

File = tuple[str, bytes, str]


async def upload(
    caller: httpx2.AsyncClient, kit: str, content: bytes, filename: str = "logo.png", **options: Any
) -> httpx2.Response:
    """An upload's answer; a logo unless said otherwise."""
    sent: File = (filename, content, options.pop("declared", "application/octet-stream"))
    form = {"kind": "logo"} | options.pop("form", {})
    headers = options.pop("headers", {})
    assert not options
    return await caller.post(f"/brand_kits/{kit}/assets", files={"file": sent}, data=form, headers=headers)


async def add(caller: httpx2.AsyncClient, kit: str, content: bytes | None = None, **options: Any) -> dict[str, Any]:
    """A new file, as it is answered."""
    made: dict[str, Any] = data(await upload(caller, kit, png() if content is None else content, **options), 201)
    return made


async def bytes_at(caller: httpx2.AsyncClient, url: str) -> httpx2.Response:
    """What is at one of the addresses that files are shown with."""
    return await caller.get(url.removeprefix("/v1"))


def objects(tmp_path: Path) -> list[Path]:
    """The files that the object store holds."""
    return [file for file in (tmp_path / "objects").rglob("*") if file.is_file()]


pytestmark = pytest.mark.usefixtures("examined_here")


@pytest.fixture
async def kit(craftdesk: httpx2.AsyncClient) -> str:
    """The id of a kit of the team's."""
    return str((await make_kit(craftdesk))["id"])


class TestPalette:
    async def test_it_is_kept_as_it_was_given(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """Colours and typography in their order, shown alone and in the list."""
        body = {"name": "Whole", "colors": COLORS, "typography": FONTS}
        made = data(await engine_craftdesk.post("/brand_kits", json=body), 201)
        assert (COLORS, FONTS, []) == (made["colors"], made["typography"], made["logos"])
        assert made == data(await engine_craftdesk.get(f"/brand_kits/{made['id']}"))
        assert [made] == (await listed(engine_craftdesk, "/brand_kits"))["data"]

    async def test_an_empty_list_is_not_a_missing_one(self, craftdesk: httpx2.AsyncClient) -> None:
        """Only where nothing is said, a kit starts with fonts."""
        made = data(await craftdesk.post("/brand_kits", json={"name": "Bare", "colors": [], "typography": []}), 201)
        assert ([], []) == (made["colors"], made["typography"])
        assert (await make_kit(craftdesk))["typography"]

    async def test_a_given_list_takes_the_place_of_the_old(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """What isn't there stays."""
        path = f"/brand_kits/{(await make_kit(craftdesk))['id']}"
        fonts = data(await craftdesk.get(path))["typography"]
        office.clock.advance(seconds=1)
        changed = data(await craftdesk.patch(path, json={"colors": COLORS}))
        assert (COLORS, fonts, "2026-03-10T12:00:01Z") == (
            changed["colors"],
            changed["typography"],
            changed["updated_at"],
        )
        changed = data(await craftdesk.patch(path, json={"colors": COLORS[::-1], "typography": FONTS[:1]}))
        assert (COLORS[::-1], FONTS[:1]) == (changed["colors"], changed["typography"])
        assert changed == data(await craftdesk.patch(path, json={}))
        assert [] == data(await craftdesk.patch(path, json={"colors": []}))["colors"]

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            ({"colors": None}, ["colors"]),
            ({"colors": {}}, ["colors"]),
            ({"colors": ["#abc"]}, ["colors[0]"]),
            ({"colors": [COLORS[0], {"name": "x", "hex": "blue"}]}, ["colors[1].hex"]),
            ({"colors": [{"name": "x"}, {"hex": "#abc", "name": ""}]}, ["colors[0].hex"]),
            ({"colors": [{"name": "", "hex": "#ab"}]}, ["colors[0].name", "colors[0].hex"]),
            ({"colors": [COLORS[0] | {"rgb": 1}]}, ["colors[0].rgb"]),
            ({"colors": COLORS * 101}, ["colors"]),
            ({"typography": FONTS * 150}, ["typography"]),
            ({"typography": [FONTS[0] | {"font_size": 0}]}, ["typography[0].font_size"]),
            ({"typography": [*FONTS, FONTS[0] | {"font_size": 1001}]}, ["typography[2].font_size"]),
            ({"typography": [FONTS[0] | {"font_size": "12"}]}, ["typography[0].font_size"]),
            ({"typography": [FONTS[0] | {"font_size": 1.5}]}, ["typography[0].font_size"]),
            ({"typography": [FONTS[0] | {"font_weight": "450"}]}, ["typography[0].font_weight"]),
            ({"typography": [FONTS[0] | {"font_weight": 400}]}, ["typography[0].font_weight"]),
            (
                {"typography": [FONTS[0] | {"font_name": "a\nb", "type": ""}]},
                ["typography[0].font_name", "typography[0].type"],
            ),
            ({"logos": []}, ["logos"]),
        ],
        ids=str,
    )
    async def test_what_is_wrong_is_named_with_its_place(
        self, craftdesk: httpx2.AsyncClient, body: dict[str, Any], named: list[str]
    ) -> None:
        """400, on making as on changing; nothing is changed."""
        kit = await make_kit(craftdesk)
        assert named == fields(await craftdesk.post("/brand_kits", json={"name": "New"} | body))
        assert named == fields(await craftdesk.patch(f"/brand_kits/{kit['id']}", json={"name": "New"} | body))
        assert [kit] == (await listed(craftdesk, "/brand_kits"))["data"]

    async def test_as_much_as_may_be(self, craftdesk: httpx2.AsyncClient) -> None:
        """200 colours and 100 fonts."""
        body = {"name": "Full", "colors": COLORS * 100, "typography": FONTS * 50}
        made = data(await craftdesk.post("/brand_kits", json=body), 201)
        assert (COLORS * 100, FONTS * 50) == (made["colors"], made["typography"])

    async def test_real_brands_are_kept_and_found(self, craftdesk: httpx2.AsyncClient) -> None:
        """Each with its colour, by any part of its name in any case."""
        brands = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines() if line.strip()]
        for brand in brands:
            colors = [{"name": "Primary", "hex": brand["color"]}]
            made = data(await craftdesk.post("/brand_kits", json={"name": brand["name"], "colors": colors}), 201)
            assert (brand["name"].strip(), colors) == (made["name"], made["colors"])
        assert len(brands) == await total(craftdesk, "/brand_kits")
        for brand in brands:
            wanted = brand["name"].strip().upper()
            assert brand["name"].strip() in await names(craftdesk, "/brand_kits", q=wanted, per_page=100)


class TestUpload:
    @pytest.mark.parametrize(
        ("content", "media_type", "size"),
        [
            (png(), "image/png", (300, 200)),
            (raster("JPEG"), "image/jpeg", (300, 200)),
            (raster("GIF", mode="P"), "image/gif", (300, 200)),
            (raster("WEBP"), "image/webp", (300, 200)),
            (svg(), "image/svg+xml", (24, 12)),
        ],
        ids=["png", "jpeg", "gif", "webp", "svg"],
    )
    async def test_its_kind_is_what_its_content_is(
        self, craftdesk: httpx2.AsyncClient, kit: str, content: bytes, media_type: str, size: tuple[int, int]
    ) -> None:
        """Whatever its name and its sender say."""
        answer = await upload(craftdesk, kit, content, "page.html", declared="text/html")
        made = data(answer, 201)
        assert (media_type, size) == (made["media_type"], (made["width"], made["height"]))
        assert answer.content == (await craftdesk.get(answer.headers["location"].removeprefix("/craftdesk/v1"))).content
        sent = await bytes_at(craftdesk, made["url"])
        assert (media_type, made["size"]) == (sent.headers["content-type"], len(sent.content))

    async def test_it_is_shown_whole(self, team: Team, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """And among its kit's logos."""
        made = await add(craftdesk, kit, form={"name": " Main logo "})
        path = f"/v1/brand_kits/{kit}/assets/{made['id']}"
        assert {
            "id": made["id"],
            "kind": "logo",
            "name": "Main logo",
            "media_type": "image/png",
            "size": len(png()),
            "width": 300,
            "height": 200,
            "url": f"{path}/content",
            "thumbnail_url": f"{path}/thumbnail",
            "created_by": team.owner.id,
            "created_at": "2026-03-10T12:00:00Z",
        } == made
        assert [made] == data(await craftdesk.get(f"/brand_kits/{kit}"))["logos"]
        assert [made] == (await listed(craftdesk, "/brand_kits"))["data"][0]["logos"]

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"hello",
            png()[:-20],
            png_claiming(60_000, 60_000),
            billion_laughs(),
            b"GIF89a<script>alert(1)</script>",
            raster("TIFF"),
        ],
        ids=["nothing", "text", "cut off", "bomb", "laughs", "polyglot", "TIFF"],
    )
    async def test_what_is_no_picture_is_refused(
        self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path, content: bytes
    ) -> None:
        """400 for the field, and nothing is kept."""
        assert ["file"] == fields(await upload(craftdesk, kit, content))
        assert ([], 0) == (objects(tmp_path), await total(craftdesk, f"/brand_kits/{kit}/assets"))

    @pytest.mark.parametrize(
        ("form", "named"),
        [
            ({"kind": "poster"}, ["kind"]),
            ({"kind": ""}, ["kind"]),
            ({"name": ""}, ["name"]),
            ({"name": "x" * 256}, ["name"]),
            ({"name": "a\nb"}, ["name"]),
            ({"size": "3", "kind": "x"}, ["kind", "size"]),
        ],
    )
    async def test_what_is_wrong_in_the_form_is_named(
        self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path, form: dict[str, str], named: list[str]
    ) -> None:
        """Before the file is looked at."""
        assert named == sorted(fields(await upload(craftdesk, kit, b"no picture", form=form)))
        assert [] == objects(tmp_path)

    async def test_file_and_kind_are_required(self, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """And a text is no file."""
        path = f"/brand_kits/{kit}/assets"
        assert ["file", "kind"] == fields(await craftdesk.post(path, files={"name": (None, "x")}))
        assert ["file"] == fields(await craftdesk.post(path, files={"file": (None, "x"), "kind": (None, "logo")}))

    async def test_json_is_no_form(self, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """415, naming what is wanted."""
        answer = await craftdesk.post(f"/brand_kits/{kit}/assets", json={"kind": "logo"})
        assert {"content_type": ["Send the file in a form, as multipart/form-data."]} == refusal(answer, 415)

    async def test_a_file_may_be_so_large(self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path) -> None:
        """10 MiB exactly; a byte more is 413, and so is a form that is larger still."""
        behind = UPLOAD_BYTES - len(png())
        made = await add(craftdesk, kit, png() + bytes(behind))
        assert UPLOAD_BYTES == made["size"]
        for more, limit in ((1, UPLOAD_BYTES), (100_000, MAX_FORM_BYTES)):
            answer = await upload(craftdesk, kit, png() + bytes(behind + more))
            assert {"body": [f"The body must have at most {limit:,} bytes."]} == refusal(answer, 413)
        assert 2 == len(objects(tmp_path))

    async def test_other_routes_take_no_more_than_before(self, craftdesk: httpx2.AsyncClient) -> None:
        """1 MiB, though this one takes ten."""
        refusal(await craftdesk.post("/brand_kits", content=b'{"name":"' + b"x" * 1_048_576 + b'"}'), 413)

    async def test_a_kit_that_is_full_takes_no_more(
        self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """400 for the kind of which there are enough; the other kind has room."""
        monkeypatch.setattr(assets, "MAX_PER_KIT", {AssetKind.LOGO: 1, AssetKind.IMAGE: 1})
        await add(craftdesk, kit)
        assert ["kind"] == fields(await upload(craftdesk, kit, png()))
        await add(craftdesk, kit, form={"kind": "image"})
        assert 4 == len(objects(tmp_path))


class TestHarmless:
    DRAWING = svg(
        '<script>alert(1)</script><rect onload="alert(1)" width="9" height="9"/><a href="https://evil.test"/>'
    )

    async def test_an_svg_loses_what_acts(self, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """Scripts, handlers and links; it is sent to be saved, not shown."""
        made = await add(craftdesk, kit, self.DRAWING, filename="ló go.svg")
        sent = await bytes_at(craftdesk, made["url"])
        assert b"<rect" in sent.content
        assert [] == [word for word in (b"alert", b"onload", b"evil") if word in sent.content]
        assert "attachment; filename*=UTF-8''l%C3%B3%20go.svg" == sent.headers["content-disposition"]
        assert HARMLESS == {name: sent.headers[name] for name in HARMLESS}

    async def test_a_picture_with_a_page_behind_it_is_sent_as_a_picture(
        self, craftdesk: httpx2.AsyncClient, kit: str
    ) -> None:
        """As it came, with what keeps a browser from guessing."""
        content = png() + b"<html><script>alert(1)</script></html>"
        made = await add(craftdesk, kit, content, filename="x.html", declared="text/html")
        sent = await bytes_at(craftdesk, made["url"])
        assert (content, "image/png") == (sent.content, sent.headers["content-type"])
        assert HARMLESS == {name: sent.headers[name] for name in HARMLESS}

    @pytest.mark.parametrize(
        ("kind", "name", "saved_as"),
        [
            ("PNG", "x.html", "x.html.png"),
            ("PNG", "x.PNG", "x.PNG"),
            ("JPEG", "x.jpeg", "x.jpeg"),
            ("JPEG", "x.jpg.exe", "x.jpg.exe.jpg"),
            ("GIF", "x", "x.gif"),
        ],
    )
    async def test_it_is_saved_as_what_it_is(
        self, craftdesk: httpx2.AsyncClient, kit: str, kind: str, name: str, saved_as: str
    ) -> None:
        """With the ending of its content, whatever it was called."""
        made = await add(craftdesk, kit, raster(kind), form={"name": name})
        sent = await bytes_at(craftdesk, made["url"])
        assert f"inline; filename*=UTF-8''{saved_as}" == sent.headers["content-disposition"]

    @pytest.mark.parametrize(("name", "saved_as"), [("logo.png", "logo"), ("Logo.SVG", "Logo"), ("v1.2", "v1.2")])
    async def test_its_thumbnail_is_saved_beside_it(
        self, craftdesk: httpx2.AsyncClient, kit: str, name: str, saved_as: str
    ) -> None:
        """Under a name of its own, with one ending."""
        made = await add(craftdesk, kit, form={"name": name})
        sent = await bytes_at(craftdesk, made["thumbnail_url"])
        assert f"inline; filename*=UTF-8''{saved_as}-thumbnail.png" == sent.headers["content-disposition"]

    async def test_a_name_cant_end_its_header(self, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """Quotes, semicolons and other scripts travel encoded."""
        made = await add(craftdesk, kit, form={"name": 'a";x="b é 圖'})
        sent = await bytes_at(craftdesk, made["url"])
        assert (
            "inline; filename*=UTF-8''a%22%3Bx%3D%22b%20%C3%A9%20%E5%9C%96.png" == sent.headers["content-disposition"]
        )


class TestRead:
    async def test_a_thumbnail_is_a_small_png(self, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """Of drawings too; small pictures stay as small as they are."""
        for content, size in ((png(), (256, 171)), (svg(), (256, 128)), (png(size=(5, 5)), (5, 5))):
            made = await add(craftdesk, kit, content)
            sent = await bytes_at(craftdesk, made["thumbnail_url"])
            assert ("image/png", size) == (sent.headers["content-type"], opened(sent.content).size)
            assert sent.headers["content-disposition"].endswith("-thumbnail.png")
            assert HARMLESS == {name: sent.headers[name] for name in HARMLESS}

    @pytest.mark.parametrize("what", ["url", "thumbnail_url", "archive"])
    async def test_who_has_it_gets_no_bytes(self, craftdesk: httpx2.AsyncClient, kit: str, what: str) -> None:
        """304 by its tag; another file has another."""
        urls = [
            f"/v1/brand_kits/{kit}/archive" if what == "archive" else (await add(craftdesk, kit, png(shade)))[what]
            for shade in range(2)
        ]
        first = await bytes_at(craftdesk, urls[0])
        again = await craftdesk.get(urls[0].removeprefix("/v1"), headers={"If-None-Match": first.headers["etag"]})
        assert (304, b"", first.headers["etag"]) == (again.status_code, again.content, again.headers["etag"])
        assert (what == "archive") == (first.headers["etag"] == (await bytes_at(craftdesk, urls[1])).headers["etag"])
        head = await craftdesk.head(urls[0].removeprefix("/v1"))
        assert (200, b"", first.headers["etag"]) == (head.status_code, head.content, head.headers["etag"])

    async def test_files_are_listed(self, office: Office, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """In pages, the newest first; by kind, name and time."""
        for name, kind in (("Zebra", "logo"), ("École", "image"), ("apple", "logo")):
            await add(craftdesk, kit, form={"name": name, "kind": kind})
            office.clock.advance(seconds=1)
        path = f"/brand_kits/{kit}/assets"
        cases: list[tuple[dict[str, str | int], list[str]]] = [
            ({}, ["apple", "École", "Zebra"]),
            ({"sort": "name"}, ["apple", "Zebra", "École"]),
            ({"kind": "logo"}, ["apple", "Zebra"]),
            ({"q": "ÉCOLE"}, ["École"]),
            ({"q": "e", "kind": "logo", "sort": "created_at"}, ["Zebra", "apple"]),
            ({"per_page": 2, "page": 2}, ["Zebra"]),
            ({"page": 9}, []),
        ]
        for query, found in cases:
            assert found == await names(craftdesk, path, **query), query
        page = await listed(craftdesk, path, per_page=2, kind="logo")
        assert {"current_page": 1, "total": 2, "per_page": 2, "last_page": 1} == page["meta"]["pagination"]
        for name, value in (("kind", "poster"), ("per_page", "101"), ("sort", "size")):
            assert [name] == fields(await craftdesk.get(path, params={name: value}))

    async def test_a_file_whose_bytes_are_gone_is_told_apart(
        self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path
    ) -> None:
        """503, of the archive too; one that was deleted is 404."""
        made = await add(craftdesk, kit)
        for file in objects(tmp_path):
            file.unlink()
        for url in (made["url"], made["thumbnail_url"], f"/v1/brand_kits/{kit}/archive"):
            told = refusal(await bytes_at(craftdesk, url), 503)
            assert ["The file is known, and its bytes are not where they were kept."] == told["store"]
        assert 204 == (await craftdesk.delete(made["url"].removeprefix("/v1").removesuffix("/content"))).status_code
        refusal(await bytes_at(craftdesk, made["url"]), 404)


class TestArchive:
    async def test_it_holds_the_kit(self, craftdesk: httpx2.AsyncClient) -> None:
        """`brand-kit.json`, and every file as it is kept."""
        body = {"name": "Häuser", "colors": COLORS, "typography": FONTS}
        kit = data(await craftdesk.post("/brand_kits", json=body), 201)["id"]
        await add(craftdesk, kit, png(1), filename="logo.png")
        await add(craftdesk, kit, png(2), filename="logo.png")
        await add(craftdesk, kit, raster("JPEG"), filename="photo.jpeg", form={"kind": "image"})
        answer = await craftdesk.get(f"/brand_kits/{kit}/archive")
        assert (200, "application/zip") == (answer.status_code, answer.headers["content-type"])
        assert "attachment; filename*=UTF-8''H%C3%A4user.zip" == answer.headers["content-disposition"]
        archive = zipfile.ZipFile(BytesIO(answer.content))
        paths = ["logos/logo.png", "logos/logo-2.png", "images/photo.jpg"]
        assert ["brand-kit.json", *paths] == archive.namelist()
        assert [png(1), png(2), raster("JPEG")] == [archive.read(path) for path in paths]
        manifest = json.loads(archive.read("brand-kit.json"))
        assert ["name", "colors", "typography", "files"] == list(manifest)
        assert body == {name: manifest[name] for name in body}
        assert {
            "path": "images/photo.jpg",
            "kind": "image",
            "name": "photo.jpeg",
            "media_type": "image/jpeg",
            "width": 300,
            "height": 200,
        } == manifest["files"][2]

    async def test_it_changes_with_the_kit(self, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """Its tag, too: with its colours, and with its files."""
        path, tags = f"/brand_kits/{kit}", set()
        for change in ("nothing", "a colour", "a file", "the same again"):
            if change == "a colour":
                await craftdesk.patch(path, json={"colors": COLORS})
            elif change != "nothing":
                await add(craftdesk, kit)
            tags.add((await craftdesk.get(f"{path}/archive")).headers["etag"])
        assert 4 == len(tags)

    async def test_a_store_that_is_away_is_told_before_anything_is_sent(
        self, craftdesk: httpx2.AsyncClient, kit: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """503, not half an archive."""

        async def away(*_: object) -> bytes:
            raise Unavailable("the bucket is away")

        await add(craftdesk, kit)
        monkeypatch.setattr(Folder, "get", away)
        refusal(await craftdesk.get(f"/brand_kits/{kit}/archive"), 503)


class TestOnce:
    async def test_the_same_upload_happens_once(self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path) -> None:
        """Though a client's second try has another boundary; no bytes are left over."""
        headers = {"Idempotency-Key": "one"}
        first, again = [await upload(craftdesk, kit, png(), headers=headers) for _ in range(2)]
        assert first.request.headers["content-type"] != again.request.headers["content-type"]
        assert (201, first.content, "true") == (again.status_code, again.content, again.headers["idempotency-replayed"])
        assert (1, 2) == (await total(craftdesk, f"/brand_kits/{kit}/assets"), len(objects(tmp_path)))

    async def test_another_file_with_the_key_is_told(
        self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path
    ) -> None:
        """422, and nothing of it is kept."""
        headers = {"Idempotency-Key": "one"}
        await add(craftdesk, kit, headers=headers)
        refusal(await upload(craftdesk, kit, png(9), headers=headers), 422)
        refusal(await upload(craftdesk, kit, png(), form={"kind": "image"}, headers=headers), 422)
        assert 2 == len(objects(tmp_path))

    async def test_a_kit_that_is_full_or_gone_repeats_its_answer(
        self, craftdesk: httpx2.AsyncClient, kit: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was done was done."""
        monkeypatch.setattr(assets, "MAX_PER_KIT", {AssetKind.LOGO: 1, AssetKind.IMAGE: 0})
        headers = {"Idempotency-Key": "one"}
        first = await upload(craftdesk, kit, png(), headers=headers)
        assert first.content == (await upload(craftdesk, kit, png(), headers=headers)).content
        assert 204 == (await craftdesk.delete(f"/brand_kits/{kit}")).status_code
        again = await upload(craftdesk, kit, png(), headers=headers)
        assert (201, first.content) == (again.status_code, again.content)

    async def test_a_refused_upload_may_be_repeated(self, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """It changed nothing, so its key is free."""
        headers = {"Idempotency-Key": "one"}
        refusal(await upload(craftdesk, kit, b"no picture", headers=headers), 400)
        assert 201 == (await upload(craftdesk, kit, png(), headers=headers)).status_code

    async def test_with_the_month_spent_a_repeat_is_answered_and_a_new_one_is_not(
        self, office: Office, team: Team, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path
    ) -> None:
        """Without its file being looked at."""
        headers = {"Idempotency-Key": "one"}
        first = await upload(craftdesk, kit, png(), headers=headers)
        await team.on_plan(await office.plan(month=0))
        assert first.content == (await upload(craftdesk, kit, png(), headers=headers)).content
        refusal(await upload(craftdesk, kit, png(), headers={"Idempotency-Key": "two"}), 429)
        assert 2 == len(objects(tmp_path))

    async def test_a_kits_version_guards_its_change(self, craftdesk: httpx2.AsyncClient, kit: str) -> None:
        """A new logo is a new version; a file's own tag guards its deletion."""
        path = f"/brand_kits/{kit}"
        tag = (await craftdesk.get(path)).headers["etag"]
        answer = await upload(craftdesk, kit, png())
        asset = f"{path}/assets/{data(answer, 201)['id']}"
        refusal(await craftdesk.patch(path, json={"name": "New"}, headers={"If-Match": tag}), 412)
        refusal(await craftdesk.delete(asset, headers={"If-Match": tag}), 412)
        deleted = await craftdesk.delete(asset, headers={"If-Match": answer.headers["etag"]})
        assert (204, b"") == (deleted.status_code, deleted.content)


class TestMemory:
    async def test_a_file_is_held_once(
        self, office: Office, team: Team, kit: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While it is examined, and while it is kept: not the body beside the file, nor the file beside the picture."""
        content, held = raster(size=(1200, 900), compress_level=0), list[int]()
        _, key = await team.key()

        def examined(_: PictureSandbox, content: bytes) -> Picture:
            held.append(tracemalloc.get_traced_memory()[0])
            return Picture("image/png", 1200, 900, content, b"a thumbnail")

        async def put(*_: object) -> None:
            held.append(tracemalloc.get_traced_memory()[0])

        monkeypatch.setattr(PictureSandbox, "_run_worker", examined)
        monkeypatch.setattr(Folder, "put", put)
        request = httpx2.Request("POST", "http://x", files={"file": ("a.png", content)}, data={"kind": "logo"})
        body, headers = request.read(), {"authorization": f"Bearer {key}", **request.headers}
        pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
        tracemalloc.start()
        try:
            answer = await ask(
                as_asgi(office.runtime.application),
                "POST",
                f"/craftdesk/v1/brand_kits/{kit}/assets",
                body=pieces,
                headers=headers.items(),
            )
        finally:
            tracemalloc.stop()
        assert (201, 3) == (answer.status, len(held))
        assert max(held) < 1.5 * len(content)


class TestCutOff:
    async def ask(self, office: Office, key: str, path: str, pieces: Sequence[bytes]) -> Answer:
        """An upload whose sender hangs up after these pieces."""
        messages = iter([{"type": "http.request", "body": piece, "more_body": True} for piece in pieces])

        async def receive() -> dict[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        answer = Answer()
        headers = [("authorization", f"Bearer {key}"), ("content-type", "multipart/form-data; boundary=b")]
        scope = scope_of("POST", f"/craftdesk/v1{path}", headers=headers)
        await as_asgi(office.runtime.application)(scope, receive, answer.send)
        return answer

    async def test_half_an_upload_leaves_nothing(
        self, office: Office, team: Team, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path
    ) -> None:
        """Wherever it's cut: no row, no object, and the kit as it was."""
        _, key = await team.key()
        before = (await craftdesk.get(f"/brand_kits/{kit}")).content
        form = httpx2.Request("POST", "http://x", files={"file": ("a.png", png())}, data={"kind": "logo"})
        boundary = form.headers["content-type"].partition("boundary=")[2].encode()
        body = form.read().replace(boundary, b"b")
        for kept in (0, 10, len(body) // 2, len(body) - 4):
            answer = await self.ask(office, key, f"/brand_kits/{kit}/assets", [body[:kept]])
            assert (400, ["body"]) == (answer.status, list(json.loads(answer.body)["errors"]))
        assert ([], before) == (objects(tmp_path), (await craftdesk.get(f"/brand_kits/{kit}")).content)

    async def test_a_form_without_its_end_is_none(
        self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path
    ) -> None:
        """Though its sender says that this is all."""
        request = craftdesk.build_request(
            "POST", f"/brand_kits/{kit}/assets", files={"file": ("a.png", png())}, data={"kind": "logo"}
        )
        body = request.read()
        answer = await craftdesk.post(
            f"/brand_kits/{kit}/assets", content=body[:-10], headers={"Content-Type": request.headers["content-type"]}
        )
        assert ["body"] == fields(answer)
        assert [] == objects(tmp_path)

    async def test_a_store_that_fails_keeps_nothing(
        self, office: Office, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """503; what was saved before is swept up, and the next try succeeds."""
        put, calls = Folder.put, iter(range(9))

        async def full(self: Folder, key: str, content: bytes) -> None:
            if next(calls) == 1:
                raise Unavailable("the disk is full")
            await put(self, key, content)

        monkeypatch.setattr(Folder, "put", full)
        refusal(await upload(craftdesk, kit, png()), 503)
        assert 0 == await total(craftdesk, f"/brand_kits/{kit}/assets")
        await add(craftdesk, kit)
        office.clock.advance(seconds=3600)
        await office.runtime.services.files.sweep()
        assert 2 == len(objects(tmp_path))


class TestRemove:
    async def test_a_file_goes_for_good(
        self, office: Office, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path
    ) -> None:
        """Row, logo and bytes; the others stay."""
        gone, kept = await add(craftdesk, kit), await add(craftdesk, kit, form={"name": "Kept"})
        path = f"/brand_kits/{kit}/assets/{gone['id']}"
        answer = await craftdesk.delete(path)
        assert (204, b"") == (answer.status_code, answer.content)
        await office.runtime.services.files.idle()
        assert [kept] == data(await craftdesk.get(f"/brand_kits/{kit}"))["logos"]
        assert 2 == len(objects(tmp_path))
        for each in (path, f"{path}/content", f"{path}/thumbnail"):
            assert ["asset"] == fields(await craftdesk.get(each), 404)
        assert ["asset"] == fields(await craftdesk.delete(path), 404)

    async def test_a_kit_takes_its_files_along(
        self, office: Office, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path
    ) -> None:
        """All of them."""
        for kind in ("logo", "image"):
            await add(craftdesk, kit, form={"kind": kind})
        assert 204 == (await craftdesk.delete(f"/brand_kits/{kit}")).status_code
        await office.runtime.services.files.idle()
        assert [] == objects(tmp_path)

    async def test_a_kit_in_use_stays_with_all_it_has(
        self, craftdesk: httpx2.AsyncClient, kit: str, tmp_path: Path
    ) -> None:
        """400 with the number of projects, and the first five names."""
        await add(craftdesk, kit)
        for number in range(7):
            await make_project(craftdesk, f"Project {number}", brand_kit_id=kit)
        told = refusal(await craftdesk.delete(f"/brand_kits/{kit}"), 400)
        first = ", ".join(f"Project {number}" for number in range(5))
        assert {"brand_kit": [f"It is used by 7 projects ({first}, …)."]} == told
        assert (2, 1) == (len(objects(tmp_path)), await total(craftdesk, f"/brand_kits/{kit}/assets"))


class TestWhoMay:
    @pytest.fixture
    async def asset(self, craftdesk: httpx2.AsyncClient, kit: str) -> str:
        """A file of the kit's."""
        return str((await add(craftdesk, kit))["id"])

    async def test_members_look_and_change_nothing(self, team: Team, kit: str, asset: str) -> None:
        """403 for uploads and deletions, by a member as with a read-only key."""
        member = await team.craftdesk(await team.member(Role.MEMBER))
        reader = await team.craftdesk(scope=Scope.READ_ONLY)
        path = f"/brand_kits/{kit}/assets/{asset}"
        for caller in (member, reader):
            for read in (path, f"{path}/content", f"{path}/thumbnail", f"/brand_kits/{kit}/archive"):
                assert 200 == (await caller.get(read)).status_code
            refusal(await upload(caller, kit, png()), 403)
            refusal(await caller.delete(path), 403)

    async def test_another_team_sees_nothing(self, office: Office, kit: str, asset: str) -> None:
        """404, byte for byte as for ids that nobody has."""
        other = await (await office.team()).craftdesk()
        own = str((await make_kit(other))["id"])
        for method, path in (
            ("GET", "/brand_kits/{kit}"),
            ("GET", "/brand_kits/{kit}/archive"),
            ("GET", "/brand_kits/{kit}/assets"),
            ("GET", "/brand_kits/{kit}/assets/{asset}"),
            ("GET", "/brand_kits/{kit}/assets/{asset}/content"),
            ("GET", "/brand_kits/{kit}/assets/{asset}/thumbnail"),
            ("DELETE", "/brand_kits/{kit}/assets/{asset}"),
            ("GET", f"/brand_kits/{own}/assets/{{asset}}"),
            ("GET", f"/brand_kits/{own}/assets/{{asset}}/content"),
            ("DELETE", f"/brand_kits/{own}/assets/{{asset}}"),
        ):
            theirs = await other.request(method, path.format(kit=kit, asset=asset))
            nobodys = await other.request(method, path.format(kit=ABSENT, asset=ABSENT))
            assert (404, nobodys.content) == (theirs.status_code, theirs.content), path
        assert (await upload(other, kit, png())).content == (await upload(other, ABSENT, png())).content

    async def test_a_file_is_found_in_its_own_kit_alone(self, craftdesk: httpx2.AsyncClient, asset: str) -> None:
        """Another kit of the same team's doesn't have it."""
        other = str((await make_kit(craftdesk))["id"])
        for end in ("", "/content", "/thumbnail"):
            assert ["asset"] == fields(await craftdesk.get(f"/brand_kits/{other}/assets/{asset}{end}"), 404)
        assert ["asset"] == fields(await craftdesk.delete(f"/brand_kits/{other}/assets/{asset}"), 404)
