"""Servers for tests: each is ended, however its test ends."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import SECRET_KEY
from tests.server.certificate import Certificate, certified
from tests.server.running import Served, serve


@pytest.fixture
def start() -> Iterator[Callable[..., Served]]:
    """Starts servers, as `serve` does."""
    started: list[Served] = []

    def start_one(*args: Any, **options: Any) -> Served:
        started.append(serve(*args, **options))
        return started[-1]

    yield start_one
    for served in started:
        served.stop()


@pytest.fixture(scope="session")
def sealing_key() -> str:
    """The key that this run's stores are sealed with."""
    return SECRET_KEY


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For 127.0.0.1."""
    return certified(tmp_path_factory.mktemp("tls"))
