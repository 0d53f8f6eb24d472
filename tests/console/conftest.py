"""A team and its owner; a real browser, and an address at which it finds the runtime inside the test's own process."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright

from maquette.wire.asgi import as_asgi
from tests.conftest import missing
from tests.console.people import Person, signed_in
from tests.office import Office, Team


@pytest.fixture
async def team(office: Office) -> Team:
    """A team, on a plan with everything."""
    return await office.team(name="Acme")


@pytest.fixture
async def owner(team: Team) -> Person:
    """Its owner, signed in."""
    return await signed_in(team)


@pytest.fixture
async def listening(office: Office) -> AsyncIterator[str]:
    """The runtime's address, on a port of its own."""
    config = uvicorn.Config(cast(Any, as_asgi(office.runtime.application)), port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with suppress(NotImplementedError):
        serving = asyncio.create_task(server._serve())  # `serve` would take the test's signals
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def browser() -> AsyncIterator[Callable[[str], Awaitable[tuple[Page, list[str]]]]]:
    """Opens a page; beside it, what the browser complains about."""
    executable = shutil.which("chromium")
    if executable is None:
        missing("Chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])

        async def opened(address: str) -> tuple[Page, list[str]]:
            page, complaints = await chromium.new_page(), []
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(address)
            return page, complaints

        yield opened
        await chromium.close()
