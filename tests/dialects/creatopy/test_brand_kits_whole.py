"""`/v1/brandkits/upload` and `/v1/brandkits/assets`: a kit's files, in Creatopy's words."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role
from tests.dialects.creatopy.calls import listed, make_kit, make_project, names, refusal, success
from tests.office import Office, Team
from tests.pictures import billion_laughs, opened, png, svg

NOBODYS = 2**40


async def upload(
    caller: httpx2.AsyncClient, kit: int | str, content: bytes, name: str = "logo.png", **headers: str
) -> httpx2.Response:
    """An upload's answer."""
    form = {"brandkitId": str(kit), "kind": "logo"}
    return await caller.post("/brandkits/upload", files={"file": (name, content)}, data=form, headers=headers)


async def add(caller: httpx2.AsyncClient, kit: int, content: bytes = b"", name: str = "logo.png") -> dict[str, Any]:
    """A new file, as it is answered."""
    made: dict[str, Any] = success(await upload(caller, kit, content or png(), name))["asset"]
    return made


async def drop(caller: httpx2.AsyncClient, asset: int, **headers: str) -> httpx2.Response:
    """A file's DELETE."""
    return await caller.request("DELETE", "/brandkits/assets", json={"assetId": asset}, headers=headers)


def objects(tmp_path: Path) -> list[Path]:
    """The files that the object store holds."""
    return [file for file in (tmp_path / "objects").rglob("*") if file.is_file()]


class TestUpload:
    async def test_it_shows_the_file(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """200 with `asset` alone: what it is, and where its bytes are."""
        answer = success(await upload(creatopy, kit, png()))
        assert ["asset"] == list(answer)
        asset = answer["asset"]
        assert {
            "id": asset["id"],
            "name": "logo.png",
            "type": "logo",
            "mimeType": "image/png",
            "url": f"/v1/brandkits/assets/content?assetId={asset['id']}",
            "thumbnailUrl": f"/v1/brandkits/assets/thumbnail?assetId={asset['id']}",
            "width": 300,
            "height": 200,
            "size": len(png()),
        } == asset
        assert isinstance(asset["id"], int)

    @pytest.mark.parametrize(
        "content", [b"", b"hello", png()[:-20], billion_laughs()], ids=["nothing", "text", "cut off", "laughs"]
    )
    async def test_what_is_no_picture_is_refused(
        self, creatopy: httpx2.AsyncClient, kit: int, tmp_path: Path, content: bytes
    ) -> None:
        """400 in one sentence, and nothing is kept."""
        assert refusal(await upload(creatopy, kit, content), 400).startswith("file is ")
        assert [] == objects(tmp_path)

    async def test_every_wrong_field_is_named(self, creatopy: httpx2.AsyncClient) -> None:
        """Missing, unknown, no number and no choice."""
        answer = await creatopy.post("/brandkits/upload", files={"name": (None, "x")}, data={"brandkitId": "x"})
        told = refusal(answer, 400)
        for part in (
            "brandkitId must be a whole number",
            "name is not a field of this request",
            "file is required",
            "kind is required",
        ):
            assert part in told

    @pytest.mark.parametrize("kit", [NOBODYS, 0, -1])
    async def test_a_kit_that_is_not_there(self, creatopy: httpx2.AsyncClient, tmp_path: Path, kit: int) -> None:
        """404, before the file is looked at."""
        refusal(await upload(creatopy, kit, b"no picture"), 404)
        assert [] == objects(tmp_path)

    async def test_json_is_no_form(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """415, naming what is wanted."""
        answer = await creatopy.post("/brandkits/upload", json={"brandkitId": kit})
        assert "Send the file in a form, as multipart/form-data." == refusal(answer, 415)

    async def test_the_same_upload_happens_once(self, creatopy: httpx2.AsyncClient, kit: int, tmp_path: Path) -> None:
        """Though its second try has another boundary; another file with its key is 422."""
        headers = {"Idempotency-Key": "one"}
        first, again = [await upload(creatopy, kit, png(), **headers) for _ in range(2)]
        assert (first.content, "true") == (again.content, again.headers["idempotency-replayed"])
        refusal(await upload(creatopy, kit, png(9), **headers), 422)
        assert (1, 2) == (
            (await listed(creatopy, "/brandkits/assets", brandkitId=kit))["totalCount"],
            len(objects(tmp_path)),
        )


class TestList:
    async def test_it_is_a_connection(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """The newest first, walked by cursor, ordered and searched as kits are."""
        made = [await add(creatopy, kit, name=name) for name in ("Zebra", "École", "apple")]
        await add(creatopy, int((await make_kit(creatopy))["id"]))
        found = await listed(creatopy, "/brandkits/assets", brandkitId=kit, limit=2)
        assert (3, made[:0:-1], True) == (found["totalCount"], found["nodes"], found["pageInfo"]["hasNextPage"])
        cursor = found["pageInfo"]["endCursor"]
        rest = await listed(creatopy, "/brandkits/assets", brandkitId=kit, cursor=cursor)
        assert (made[:1], False) == (rest["nodes"], rest["pageInfo"]["hasNextPage"])
        for query, expected in (
            ({"orderBy": "NAME"}, ["apple", "Zebra", "École"]),
            ({"orderBy": "CREATED_AT", "orderDirection": "ASC"}, ["Zebra", "École", "apple"]),
            ({"orderBy": "UPDATED_AT", "limit": 1}, ["apple"]),
            ({"keyword": "ÉCOLE"}, ["École"]),
        ):
            assert expected == await names(creatopy, "/brandkits/assets", brandkitId=kit, **query), query

    async def test_it_needs_its_kit(self, creatopy: httpx2.AsyncClient) -> None:
        """400 without, 404 for one that isn't there."""
        assert "brandkitId is required." == refusal(await creatopy.get("/brandkits/assets"), 400)
        assert "brandkitId is required." == refusal(await creatopy.get("/brandkits/assets", params={"limit": 5}), 400)
        refusal(await creatopy.get("/brandkits/assets", params={"brandkitId": 999_999_999}), 404)


class TestRead:
    async def test_its_addresses_lead_to_its_bytes(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """The picture as it came, and a small PNG of it; an SVG is made harmless and saved, not shown."""
        made = await add(creatopy, kit)
        sent = await creatopy.get(made["url"].removeprefix("/v1"))
        assert (png(), "image/png", "nosniff") == (
            sent.content,
            sent.headers["content-type"],
            sent.headers["x-content-type-options"],
        )
        thumbnail = await creatopy.get(made["thumbnailUrl"].removeprefix("/v1"))
        assert ("image/png", (256, 171)) == (thumbnail.headers["content-type"], opened(thumbnail.content).size)
        drawing = await add(creatopy, kit, svg("<script>alert(1)</script>"), "x.svg")
        sent = await creatopy.get(drawing["url"].removeprefix("/v1"))
        assert b"alert" not in sent.content
        assert sent.headers["content-disposition"].startswith("attachment;")

    @pytest.mark.parametrize("path", ["content", "thumbnail"])
    async def test_who_has_it_gets_no_bytes(self, creatopy: httpx2.AsyncClient, kit: int, path: str) -> None:
        """304 by its tag."""
        asset = (await add(creatopy, kit))["id"]
        address = f"/brandkits/assets/{path}?assetId={asset}"
        tag = (await creatopy.get(address)).headers["etag"]
        again = await creatopy.get(address, headers={"If-None-Match": tag})
        assert (304, b"") == (again.status_code, again.content)


class TestDelete:
    async def test_it_goes_for_good(
        self, office: Office, creatopy: httpx2.AsyncClient, kit: int, tmp_path: Path
    ) -> None:
        """Its bytes too."""
        asset = (await add(creatopy, kit))["id"]
        assert {"status": "success"} == success(await drop(creatopy, asset))
        await office.runtime.services.files.idle()
        assert [] == objects(tmp_path)
        refusal(await drop(creatopy, asset), 404)

    async def test_its_version_guards_it(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """412 for another one's tag."""
        first, second = await upload(creatopy, kit, png(1)), await upload(creatopy, kit, png(2))
        asset = success(first)["asset"]["id"]
        refusal(await drop(creatopy, asset, **{"If-Match": second.headers["etag"]}), 412)
        success(await drop(creatopy, asset, **{"If-Match": first.headers["etag"]}))

    async def test_a_kit_takes_its_files_along_unless_it_is_used(
        self, office: Office, creatopy: httpx2.AsyncClient, kit: int, tmp_path: Path
    ) -> None:
        """The refusal names the projects."""
        await add(creatopy, kit)
        project = await make_project(creatopy, kit, "Website")
        body = {"brandkitId": kit}
        answer = await creatopy.request("DELETE", "/brandkits", json=body)
        assert "The brand kit is used by 1 project (Website)." == refusal(answer, 400)
        await creatopy.request("DELETE", "/projects", json={"projectId": project["id"]})
        success(await creatopy.request("DELETE", "/brandkits", json=body))
        await office.runtime.services.files.idle()
        assert [] == objects(tmp_path)


class TestWhoMay:
    async def test_members_look_and_change_nothing(self, team: Team, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """403 for uploads and deletions."""
        asset = await add(creatopy, kit)
        member = await team.creatopy(await team.member(Role.MEMBER))
        assert [asset] == (await listed(member, "/brandkits/assets", brandkitId=kit))["nodes"]
        assert 200 == (await member.get(asset["url"].removeprefix("/v1"))).status_code
        refusal(await upload(member, kit, png()), 403)
        refusal(await drop(member, asset["id"]), 403)

    async def test_another_team_sees_nothing(self, office: Office, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """404, byte for byte as for ids that nobody has."""
        asset = (await add(creatopy, kit))["id"]
        other = await (await office.team()).creatopy()
        for theirs, nobodys in (
            (await upload(other, kit, png()), await upload(other, 999_999_999, png())),
            (await drop(other, asset), await drop(other, NOBODYS)),
            *[
                (
                    await other.get(f"/brandkits/{path}", params={name: id}),
                    await other.get(f"/brandkits/{path}", params={name: 999_999_999}),
                )
                for path, name, id in (
                    ("assets", "brandkitId", kit),
                    ("assets/content", "assetId", asset),
                    ("assets/thumbnail", "assetId", asset),
                )
            ],
        ):
            assert (404, nobodys.content) == (theirs.status_code, theirs.content)


class TestParity:
    async def test_both_dialects_show_the_same_files(self, team: Team, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """What is uploaded through one is read through the other, and changes its kit there."""
        craftdesk = await team.craftdesk()
        made = await add(creatopy, kit)
        (other,) = (await craftdesk.get("/brand_kits")).json()["data"]
        (logo,) = other["logos"]
        pairs = (("name", "name"), ("kind", "type"), ("media_type", "mimeType"), ("width", "width"), ("size", "size"))
        assert [made[theirs] for _, theirs in pairs] == [logo[ours] for ours, _ in pairs]
        bytes_here = (await craftdesk.get(logo["url"].removeprefix("/v1"))).content
        assert bytes_here == (await creatopy.get(made["url"].removeprefix("/v1"))).content
        assert 204 == (await craftdesk.delete(f"/brand_kits/{other['id']}/assets/{logo['id']}")).status_code
        assert [] == (await listed(creatopy, "/brandkits/assets", brandkitId=kit))["nodes"]
