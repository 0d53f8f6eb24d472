"""Are files whole or not there, on a real server, over a real socket? Cut off half-way, killed, and read back."""

import asyncio
import json
import random
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.office import LOGO
from tests.pictures import png
from tests.ports import PATIENCE_S
from tests.server.running import Served
from tests.server.supervised import LONG, Server

ROUNDS = 40 if LONG else 2
UPLOADERS = 3
BOUNDARY = "b0undary"
COLORS = [{"name": "Brand blue", "hex": "#1A2B3C"}, {"name": "Äpfel", "hex": "#abc"}]
FONTS = [{"font_id": 7, "font_name": "Noto Sans 中文", "font_size": 16, "font_weight": "bold", "type": "body"}]


def caller_of(port: int, key: str) -> httpx2.AsyncClient:
    """A caller of the CraftDesk API over a socket."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}/craftdesk/v1", headers=headers, timeout=PATIENCE_S, trust_env=False
    )


async def make_kit(caller: httpx2.AsyncClient, **given: Any) -> str:
    """The id of a new kit."""
    answer = await caller.post("/brand_kits", json={"name": "House", **given})
    assert 201 == answer.status_code, answer.text
    return str(answer.json()["data"]["id"])


async def upload(caller: httpx2.AsyncClient, kit: str, content: bytes, **options: Any) -> httpx2.Response:
    """A picture's upload."""
    form = {"kind": options.pop("kind", "logo")}
    return await caller.post(f"/brand_kits/{kit}/assets", data=form, files={"file": ("a", content)}, **options)


async def assets_of(caller: httpx2.AsyncClient, kit: str) -> list[dict[str, Any]]:
    """The kit's files as they are listed."""
    found: list[dict[str, Any]] = []
    for page in range(1, 10):
        answer = (await caller.get(f"/brand_kits/{kit}/assets", params={"per_page": 100, "page": page})).json()
        found += answer["data"]
        if page >= answer["meta"]["pagination"]["last_page"]:
            break
    return found


async def bytes_of(caller: httpx2.AsyncClient, kit: str, id: str, what: str = "content") -> bytes:
    """The file itself, or its thumbnail."""
    answer = await caller.get(f"/brand_kits/{kit}/assets/{id}/{what}")
    assert 200 == answer.status_code, answer.text
    return answer.content


def objects(data: Path) -> list[Path]:
    """What the object store's folder holds."""
    return [file for file in (data / "objects").rglob("*") if file.is_file()]


def form_of(content: bytes) -> bytes:
    """A multipart form with a logo."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="kind"\r\n\r\nlogo\r\n--{BOUNDARY}\r\n'
    file = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    return (head + file).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


async def send_half(port: int, key: str, kit: str, *, framing: str, body: bytes) -> None:
    """Begin an upload, and hang up in the middle of it without a word."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST /craftdesk/v1/brand_kits/{kit}/assets HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n{framing}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    writer.transport.abort()


class TestCutOff:
    @pytest.mark.parametrize("server", ["granian", "uvicorn"])
    async def test_nothing_of_it_is_kept(self, start: Callable[..., Served], tmp_path: Path, server: str) -> None:
        """Counted or in chunks, wherever it's cut: no row and no file; a whole one comes through beside them."""
        served = start(tmp_path, "--server", server)
        form = form_of(png(1))
        halves = [(f"Content-Length: {len(form)}", form[:kept]) for kept in (0, 60, len(form) // 2, len(form) - 1)]
        halves += [("Transfer-Encoding: chunked", b"%x\r\n%s" % (len(form), form[: len(form) // 2]))]
        halves += [("Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(form), form))]  # all, but for the end
        async with caller_of(served.port, served.key) as caller:
            kit = await make_kit(caller)
            for framing, body in halves:
                await send_half(served.port, served.key, kit, framing=framing, body=body)
            whole = await upload(caller, kit, png(2))
            assert 201 == whole.status_code, whole.text
            assert [whole.json()["data"]["id"]] == [asset["id"] for asset in await assets_of(caller, kit)]
        assert 2 == len(objects(tmp_path))
        served.signal()
        assert 0 == served.ended(30)
        assert 2 == len(objects(tmp_path))


class TestArchive:
    async def test_it_is_read_back(self, start: Callable[..., Served], tmp_path: Path) -> None:
        """Colours, typography and every file, as any unpacker sees them, larger than one part."""
        served = start(tmp_path)
        large = png(3, size=(900, 900)) + bytes(300_000)  # what stands behind a picture is kept with it
        async with caller_of(served.port, served.key) as caller:
            kit = await make_kit(caller, colors=COLORS, typography=FONTS)
            for kind, content in (("logo", LOGO), ("image", large), ("image", png(4))):
                assert 201 == (await upload(caller, kit, content, kind=kind)).status_code
            answer = await caller.get(f"/brand_kits/{kit}/archive")
            listed = {asset["id"]: asset["kind"] for asset in await assets_of(caller, kit)}
            kept = {await bytes_of(caller, kit, id): kind for id, kind in listed.items()}
        archive = zipfile.ZipFile(BytesIO(answer.content))
        assert archive.testzip() is None
        manifest = json.loads(archive.read("brand-kit.json"))
        assert ("House", COLORS, FONTS) == (manifest["name"], manifest["colors"], manifest["typography"])
        assert ["brand-kit.json", *(file["path"] for file in manifest["files"])] == archive.namelist()
        assert kept == {archive.read(file["path"]): file["kind"] for file in manifest["files"]}
        assert {large, png(4)} < set(kept)


@dataclass
class Journal:
    """What was acknowledged: each file's id, with what was sent."""

    kept: dict[str, bytes] = field(default_factory=dict)
    shades: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    async def reaches(self, number: int) -> None:
        """Return when so many are kept."""
        async with asyncio.timeout(60):
            while len(self.kept) < number:
                await asyncio.sleep(0.005)


async def upload_on(caller: httpx2.AsyncClient, kit: str, journal: Journal, enough: asyncio.Event) -> None:
    """Upload one picture after the other, each until it is acknowledged, under one `Idempotency-Key`."""
    while not enough.is_set():
        content, key = png(next(journal.shades) % 256, size=(300 + len(journal.kept), 200)), uuid.uuid4().hex
        answer = None
        while answer is None or answer.status_code >= 500:
            try:
                answer = await upload(caller, kit, content, kind="image", headers={"Idempotency-Key": key})
            except httpx2.TransportError:
                await asyncio.sleep(0.01)
        assert 201 == answer.status_code, answer.text
        journal.kept[answer.json()["data"]["id"]] = content


@pytest.mark.kill
class TestKilled:
    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[Server]:
        """A server on an empty folder."""
        server = Server(tmp_path / "data")
        yield server
        server.abandon()

    async def test_what_was_answered_for_is_there_and_nothing_is_half(self, server: Server) -> None:
        """Every acknowledged file reads as it was sent, once; every file that is listed reads whole."""
        chance, journal, enough = random.Random(ROUNDS), Journal(), asyncio.Event()
        await server.start()
        (workspace,) = (await server.command("workspace", "list"))["workspaces"]
        await server.command("workspace", "plan", workspace["slug"], "unlimited")
        key = (await server.command("key", "create", "--workspace", workspace["slug"], "--name", "load"))["key"]
        async with caller_of(server.port, key) as caller:
            kits = [await make_kit(caller) for _ in range(UPLOADERS)]
            working = asyncio.gather(*(upload_on(caller, kit, journal, enough) for kit in kits))
            for _ in range(ROUNDS):
                await journal.reaches(len(journal.kept) + UPLOADERS)
                await asyncio.sleep(chance.uniform(0.005, 0.3))
                server.kill()
                await server.start()
            enough.set()
            await working
            listed = [(kit, asset["id"]) for kit in kits for asset in await assets_of(caller, kit)]
            assert sorted(journal.kept) == sorted(id for _, id in listed)
            for kit, id in listed:
                assert journal.kept[id] == await bytes_of(caller, kit, id)
                assert (await bytes_of(caller, kit, id, "thumbnail")).endswith(b"IEND\xaeB`\x82")
        await server.stop()
        assert len(journal.kept) > UPLOADERS * ROUNDS
