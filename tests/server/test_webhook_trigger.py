"""`maquette webhook list` and `trigger`: what the store holds, and what then arrives."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from maquette.app import Runtime, build_worker_dependencies, open_runtime
from maquette.domain import projects, webhooks, workspaces
from maquette.domain.projects import ProjectDraft
from maquette.domain.webhooks import WebhookDraft, WebhookPatch
from maquette.model.actor import Actor, Role, operator
from maquette.model.webhooks import Webhook
from maquette.settings import Settings
from maquette.worker import Worker
from tests.endpoint import Endpoint, endpoint
from tests.office import RECEIVER
from tests.server.test_cli import CommandLine, line_of

T = TypeVar("T")


class Shop:
    """A workspace of the name that a store has, as its operator finds it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = replace(settings, worker=False)
        self.line: CommandLine = line_of(settings)
        self.slug = self.line.workspace()

    async def add(self, runtime: Runtime, url: str, *types: str) -> Webhook:
        """A webhook."""
        services, actor = runtime.services, await self._actor(runtime)
        draft, now_ms = WebhookDraft(url, types or ("*",), "craftdesk"), services.clock.now_ms()
        made, _ = await services.database.write(
            lambda tx: webhooks.create(tx, actor, draft, services.sealer, now_ms=now_ms)
        )
        return made

    async def disable(self, runtime: Runtime, webhook: Webhook) -> None:
        """Turn it off."""
        actor, now_ms = await self._actor(runtime), runtime.services.clock.now_ms()
        patch = WebhookPatch(enabled=False)
        await runtime.services.database.write(
            lambda tx: webhooks.change(tx, actor, webhook.serial, patch, now_ms=now_ms)
        )

    async def project(self, runtime: Runtime, name: str) -> None:
        """Something that happens."""
        user, id = await runtime.services.database.read(lambda tx: tx.row("SELECT serial, id FROM users")) or (0, "")
        workspace, now_ms = (await self._actor(runtime)).workspace, runtime.services.clock.now_ms()
        actor = Actor(workspace, user, Role.OWNER, user_id=id)
        await runtime.services.database.write(lambda tx: projects.create(tx, actor, ProjectDraft(name), now_ms=now_ms))

    async def send(self, runtime: Runtime) -> None:
        """What is due, until it has arrived."""
        worker = Worker(build_worker_dependencies(runtime.services))
        await worker.step()
        await worker.settle()

    async def type(self, *arguments: str) -> list[dict[str, str]]:
        """What a command prints."""
        options = ("webhook", *arguments, "--workspace", self.slug)
        (rows,) = (await asyncio.to_thread(self.line.tell, *options)).values()
        return list(rows)

    async def refused(self, *arguments: str) -> str:
        """What a command ends with."""
        return await asyncio.to_thread(self.line.refused, "webhook", *arguments, "--workspace", self.slug)

    async def _actor(self, runtime: Runtime) -> Actor:
        found = await runtime.services.database.read(lambda tx: workspaces.by_slug(tx, self.slug))
        return operator(found.serial)


@pytest.fixture
def shop(settings: Settings) -> Shop:
    """A workspace on SQLite."""
    return Shop(settings)


class TestList:
    async def test_it_shows_them_without_their_secrets(self, shop: Shop) -> None:
        """The newest first, and why one is disabled."""
        assert [] == await shop.type("list")
        async with open_runtime(shop.settings) as runtime:
            made = [await shop.add(runtime, RECEIVER, *types) for types in ((), ("project.created", "member.joined"))]
            await shop.disable(runtime, made[0])
        newer, older = await shop.type("list")
        assert (made[1].id, RECEIVER, "member.joined project.created", "craftdesk", "yes") == tuple(newer.values())[:5]
        assert (made[0].id, "*", "It was disabled by hand.") == (older["id"], older["events"], older["enabled"])


class TestTrigger:
    async def test_a_test_arrives_at_all_that_are_enabled(self, shop: Shop) -> None:
        """Through the outbox, as everything else."""
        async with endpoint() as there, open_runtime(shop.settings) as runtime:
            made = [await shop.add(runtime, there.url(path)) for path in ("/a", "/b", "/off")]
            await shop.disable(runtime, made[2])
            sent = await shop.type("trigger")
            await shop.send(runtime)
            assert {(each["delivery"], each["url"]) for each in sent} == {
                (got.id, there.url(got.path)) for got in there.got
            }
            assert {"/a", "/b"} == {got.path for got in there.got}
            assert {"webhook.test"} == {got.message["type"] for got in there.got}

    async def test_the_last_of_a_type_arrives_at_the_one_that_is_named(self, shop: Shop) -> None:
        """Also at one that doesn't ask for it; nothing is made up."""
        async with endpoint() as there, open_runtime(shop.settings) as runtime:
            made, _ = [await shop.add(runtime, there.url(path), "member.joined") for path in ("/a", "/b")]
            for name in ("One", "Two"):
                await shop.project(runtime, name)
            (sent,) = await shop.type("trigger", "--webhook", made.id, "--type", "project.created")
            await shop.send(runtime)
            assert [("/a", sent["delivery"], "Two")] == _arrived(there, lambda data: data["name"])

    async def test_what_cannot_be_sent_is_said(self, shop: Shop) -> None:
        """A webhook that isn't there or is disabled, a type of which nothing has happened."""
        async with open_runtime(shop.settings) as runtime:
            made = await shop.add(runtime, RECEIVER)
            await shop.disable(runtime, made)
        assert f"No webhook of {shop.slug} is enabled." == await shop.refused("trigger")
        assert "There is no such webhook." in await shop.refused("trigger", "--webhook", "nonsense")
        assert "The webhook is disabled" in await shop.refused("trigger", "--webhook", made.id)
        told = await shop.refused("trigger", "--webhook", made.id, "--type", "project.deleted")
        assert "project.deleted hasn't happened here yet" in told
        told = await shop.refused("trigger", "--webhook", made.id, "--type", "subscription.created")
        assert "The webhook is disabled" in told


def _arrived(there: Endpoint, shown: Callable[[dict[str, str]], T]) -> list[tuple[str, str, T]]:
    return [(got.path, got.id, shown(got.message["data"])) for got in there.got]
