"""Does a hostile file harm anybody but itself? Each is examined in a process of its own, with bounds."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from maquette.domain import picture_sandbox
from maquette.domain.picture_sandbox import MAX_QUEUED, PictureSandbox
from maquette.domain.picture_worker import result_of
from maquette.domain.pictures import NOT_A_PICTURE, TOO_MUCH
from maquette.model.errors import Invalid, Unavailable
from tests.pictures import png, png_bomb, svg, svg_that_takes_for_ever, svg_with_a_png

WORKSPACE = 1


@pytest.fixture
def sandbox() -> Iterator[PictureSandbox]:
    """A sandbox that has little patience."""
    made = PictureSandbox(seconds=8)
    yield made
    made.close()


async def problems(sandbox: PictureSandbox, content: bytes) -> Any:
    """What the sandbox says is wrong with the file."""
    with pytest.raises(Invalid) as refused:
        await sandbox.examine(content, WORKSPACE)
    return refused.value.problems


class TestExamine:
    async def test_a_picture_comes_back(self, sandbox: PictureSandbox) -> None:
        """As it was found in the other process."""
        picture = await sandbox.examine(png(), WORKSPACE)
        assert ("image/png", 300, 200, png()) == (picture.media_type, picture.width, picture.height, picture.content)
        assert picture.thumbnail.startswith(b"\x89PNG")

    @pytest.mark.parametrize("content", [png(), svg()], ids=["a picture", "a drawing"])
    def test_only_what_has_changed_comes_back(self, content: bytes) -> None:
        """A drawing, made harmless; a picture's bytes are known to who asks."""
        _, picture = result_of(content)
        assert picture is not None
        assert (picture.media_type == "image/svg+xml") == (picture.content is not None)

    async def test_what_is_wrong_comes_back(self, sandbox: PictureSandbox) -> None:
        """As a problem of the field `file`."""
        assert {"file": [NOT_A_PICTURE]} == await problems(sandbox, b"hello")

    async def test_pictures_are_examined_side_by_side(self, sandbox: PictureSandbox) -> None:
        """More of them than there are threads; each gets its own."""
        shades = range(5)
        found = await asyncio.gather(*(sandbox.examine(png(shade), shade % 3) for shade in shades))
        assert [png(shade) for shade in shades] == [picture.content for picture in found]


class TestBounds:
    async def test_what_takes_too_long_is_ended(self) -> None:
        """And the next one has its turn."""
        sandbox = PictureSandbox(seconds=0.5)
        assert {"file": [TOO_MUCH]} == await problems(sandbox, svg_that_takes_for_ever())
        sandbox.close()

    async def test_what_takes_too_much_memory_dies_alone(self, sandbox: PictureSandbox) -> None:
        """A bomb in a drawing's picture takes only its own process along."""
        assert {"file": [TOO_MUCH]} == await problems(sandbox, svg_with_a_png(png_bomb(40_000)))
        assert (await sandbox.examine(svg(), WORKSPACE)).width

    async def test_a_workspace_keeps_nobody_else_waiting(self) -> None:
        """However many files it sends at once, another one's turn comes."""
        sandbox = PictureSandbox(seconds=10)
        many = [asyncio.ensure_future(sandbox.examine(svg_that_takes_for_ever(), WORKSPACE)) for _ in range(4)]
        await asyncio.sleep(0.1)
        assert (await sandbox.examine(svg(), WORKSPACE + 1)).width
        assert sum(each.done() for each in many) <= 1, "two would have been under way at once"
        for each in many:
            each.cancel()
        sandbox.close()

    async def test_a_workspace_has_so_many_in_line(self, sandbox: PictureSandbox) -> None:
        """And no more: others have theirs, and its next one has a place again afterwards."""
        many = [asyncio.ensure_future(sandbox.examine(png(), WORKSPACE)) for _ in range(MAX_QUEUED)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await sandbox.examine(png(), WORKSPACE)
        assert (await sandbox.examine(png(), WORKSPACE + 1)).width
        await asyncio.gather(*many)
        assert (await sandbox.examine(png(), WORKSPACE)).width

    async def test_the_loop_goes_on(self) -> None:
        """While a file is examined, others are answered."""
        sandbox = PictureSandbox(seconds=2)
        under_way = asyncio.ensure_future(problems(sandbox, svg_that_takes_for_ever()))
        turns = 0
        while not under_way.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert turns > 10
        sandbox.close()

    async def test_no_process_to_be_had_is_no_fault_of_the_file(
        self, sandbox: PictureSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The store can't do it right now."""
        monkeypatch.setattr(picture_sandbox, "_PROGRAM", ("/no/such/program",))
        with pytest.raises(Unavailable):
            await sandbox.examine(png(), WORKSPACE)

    async def test_an_error_of_ours_is_not_the_files(
        self, sandbox: PictureSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A program that can't run is told as what it is."""
        monkeypatch.setattr(
            picture_sandbox, "_PROGRAM", (sys.executable, "-c", "raise ImportError('nothing to draw with')")
        )
        with pytest.raises(RuntimeError, match="nothing to draw with"):
            await sandbox.examine(png(), WORKSPACE)


class TestProcess:
    async def test_it_is_told_no_secret(self, sandbox: PictureSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither our settings nor a cloud's credentials are in its environment."""
        for name in ("MAQUETTE_SECRET_KEY", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"):
            monkeypatch.setenv(name, "a secret")
        program = "import os, sys, msgspec; sys.stdout.buffer.write(msgspec.msgpack.encode((str(os.environ), None)))"
        monkeypatch.setattr(picture_sandbox, "_PROGRAM", (sys.executable, "-c", program))
        assert "a secret" not in str(await problems(sandbox, b""))

    def test_it_can_write_no_file(self) -> None:
        """Nor use more memory than its bound."""
        program = (
            "import resource, sys, msgspec, maquette.domain.picture_worker as e; e._limit();"
            "limits = [resource.getrlimit(of) for of in (resource.RLIMIT_FSIZE, resource.RLIMIT_AS)];"
            "sys.stdout.buffer.write(msgspec.msgpack.encode(limits))"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=dict(os.environ))
        assert [[0, 0], [1024**3, 1024**3]] == msgspec.msgpack.decode(done.stdout)
