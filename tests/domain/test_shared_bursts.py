"""Bursts over all nodes: counted together in Redis, alone while it is away."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from maquette.app import open_runtime
from maquette.domain.bursts import BurstRule, Bursts
from maquette.domain.shared_bursts import SharedBursts
from maquette.model.errors import BurstSpent
from maquette.settings import Settings
from maquette.store.valkey import Valkey
from tests.conftest import missing
from tests.office import StillClock

REDIS = os.environ.get("MAQUETTE_TEST_REDIS", "redis://127.0.0.1:6379/0")
NOBODY = "redis://127.0.0.1:1/0"
RULE = BurstRule(5, 60)
PATIENCE_S = 20
"""A busy machine is not a server that is away."""

pytestmark = pytest.mark.redis


@pytest.fixture
async def prefix() -> AsyncIterator[str]:
    """Keys of this test's own, dropped at its end."""
    client = Redis.from_url(REDIS)
    try:
        await client.ping()
    except (RedisError, OSError):
        missing("Redis on 127.0.0.1:6379")
    name = f"maquette-test-{uuid.uuid4().hex}:"
    yield name
    if keys := [key async for key in client.scan_iter(f"{name}*")]:
        await client.delete(*keys)
    await client.aclose()


@pytest.fixture
async def nodes(prefix: str, clock: StillClock) -> AsyncIterator[list[SharedBursts]]:
    """Two nodes that count in the same place."""
    servers = [Valkey(REDIS, prefix, PATIENCE_S), Valkey(REDIS, prefix, PATIENCE_S)]
    yield [SharedBursts(server, Bursts(clock), clock) for server in servers]
    for server in servers:
        await server.close()


async def admitted(node: SharedBursts, calls: int, workspace: int = 1) -> int:
    """How many of so many calls at once come in."""

    async def one() -> bool:
        try:
            await node.count(workspace, "some", RULE)
        except BurstSpent:
            return False
        return True

    return sum(await asyncio.gather(*(one() for _ in range(calls))))


class TestTogether:
    async def test_two_nodes_let_in_as_many_as_one(self, nodes: list[SharedBursts]) -> None:
        """Whatever mix of nodes is called, the window holds its limit exactly."""
        first, second = await asyncio.gather(admitted(nodes[0], 6), admitted(nodes[1], 6))
        assert RULE.limit == first + second

    async def test_what_is_shown_is_what_is_left(self, nodes: list[SharedBursts]) -> None:
        """One node's count is seen by the other."""
        await admitted(nodes[0], 2)
        window = await nodes[1].current(1, "some", RULE)
        assert 3 == window.remaining()

    async def test_teams_do_not_share_a_window(self, nodes: list[SharedBursts]) -> None:
        """A team that calls too often is nobody else's harm."""
        await admitted(nodes[0], 6, workspace=1)
        assert RULE.limit == await admitted(nodes[1], 6, workspace=2)

    async def test_a_call_that_is_taken_back_leaves_room(self, nodes: list[SharedBursts]) -> None:
        """A call refused for another reason costs nothing, on any node."""
        window = await nodes[0].count(1, "some", RULE)
        await nodes[0].take_back(1, "some", window)
        assert RULE.limit == await admitted(nodes[1], 6)

    async def test_the_refusal_says_how_long_to_wait(self, nodes: list[SharedBursts]) -> None:
        """`Retry-After` is what is left of the window that all nodes see."""
        await admitted(nodes[0], 5)
        with pytest.raises(BurstSpent) as caught:
            await nodes[1].count(1, "some", RULE)
        assert 1 <= caught.value.retry_after_s <= RULE.window_s


class TestGreeting:
    async def test_a_server_that_is_away_is_told_of_at_once(
        self, clock: StillClock, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A runtime starts without it, and its log says so before the first call."""
        async with open_runtime(replace(settings, valkey_url=NOBODY), clock):
            assert [message for message in caplog.messages if "Valkey is away" in message]

    async def test_one_that_answers_is_passed_over(
        self, nodes: list[SharedBursts], caplog: pytest.LogCaptureFixture
    ) -> None:
        """There is nothing to tell."""
        await nodes[0].ping()
        assert [] == caplog.messages


class TestAlone:
    async def test_a_node_without_redis_counts_by_itself_and_says_so(
        self, clock: StillClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Calls come in up to the limit, and the log tells why it is this node's own."""
        valkey = Valkey(NOBODY)
        node = SharedBursts(valkey, Bursts(clock), clock)
        assert RULE.limit == await admitted(node, 8)
        assert "counts bursts alone" in caplog.text
        await valkey.close()
