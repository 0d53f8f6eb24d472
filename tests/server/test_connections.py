"""Can those who say nothing keep others out? And is nobody taken in for whom there is no descriptor?"""

import asyncio
import fcntl
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx2
import pytest

from maquette.server import connections
from maquette.server.connections import MAX_CONNECTIONS, RESERVED_DESCRIPTORS, close_silent, socket_of
from maquette.server.draining import listeners
from tests.server.running import Served

Start = Callable[..., Served]

PATIENCE_S = 30.0

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a connection is silent")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody to connect to."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@only_linux
class TestCloseSilent:
    async def closed(
        self, listener: socket.socket, said: bytes, *, is_encrypted: bool = False, within_s: float = PATIENCE_S
    ) -> bool:
        """Whether a connection that has said this, and nothing since, is closed."""
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = listener.accept()
            with accepted:
                client.sendall(said)
                watching = asyncio.create_task(
                    close_silent(port, is_encrypted=is_encrypted, silent_s=0.1, interval_s=0.02)
                )
                client.setblocking(False)
                try:
                    async with asyncio.timeout(within_s):
                        return await asyncio.get_running_loop().sock_recv(client, 1) == b""
                except TimeoutError:
                    return False
                finally:
                    watching.cancel()

    @pytest.mark.parametrize("said", [b"", b"PRI * HTTP"])
    async def test_who_never_says_which_http_it_is_has_to_go(self, listener: socket.socket, said: bytes) -> None:
        """What has come isn't enough to tell."""
        assert await self.closed(listener, said)

    async def test_who_has_said_something_stays(self, listener: socket.socket) -> None:
        """The HTTP server has a deadline of its own then."""
        assert not await self.closed(listener, b"GET /healthz HTTP/1.1\r\nHost: x\r\n", within_s=0.5)

    async def test_a_handshake_says_nothing(self, listener: socket.socket) -> None:
        """Some hundred bytes of it are silence too."""
        assert await self.closed(listener, bytes(700), is_encrypted=True)
        assert not await self.closed(listener, bytes(5_000), is_encrypted=True, within_s=0.5)

    async def test_looking_closes_nothing(self, listener: socket.socket, tmp_path: Path) -> None:
        """A file's locks would be gone with any descriptor of it, and with them what SQLite relies on."""
        file = tmp_path / "store"
        program = f"import fcntl; fcntl.lockf(open({str(file)!r}, 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        with file.open("w") as held:
            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for _ in range(3):
                assert [listener.fileno()] == listeners(listener.getsockname()[1])
            assert await self.closed(listener, b"")
            before = len([*Path("/dev/fd").iterdir()])
            with pytest.raises(OSError, match="socket"), socket_of(held.fileno()):
                pass
            assert before == len([*Path("/dev/fd").iterdir()])
            other = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
        assert b"BlockingIOError" in other.stderr

    async def test_others_ports_are_left_alone(self, listener: socket.socket) -> None:
        """Whoever we are connected to may be silent as long as they like."""
        port = listener.getsockname()[1]
        with (
            socket.create_server(("127.0.0.1", 0)) as other,
            socket.create_connection(other.getsockname()) as client,
            other.accept()[0],
        ):
            watching = asyncio.create_task(close_silent(port, is_encrypted=False, silent_s=0.1, interval_s=0.02))
            await asyncio.sleep(0.5)
            watching.cancel()
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)


class TestMaxConnections:
    @pytest.mark.parametrize(
        ("hard", "expected"),
        [(64, 32), (256, RESERVED_DESCRIPTORS), (1_024, 768), (4_096, 3_072), (65_536, MAX_CONNECTIONS)],
    )
    def test_it_fits_the_descriptors(self, hard: int, expected: int) -> None:
        """The limit in force is raised to the one that may not be passed, and something is kept for all else."""
        program = (
            "import resource; from maquette.server.connections import max_connections;"
            f"resource.setrlimit(resource.RLIMIT_NOFILE, (min(64, {hard}), {hard}));"
            "print(max_connections(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
        )
        if hard > resource.getrlimit(resource.RLIMIT_NOFILE)[1]:
            pytest.skip("this machine allows fewer")
        told = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)
        assert f"{expected} {hard}" == told.stdout.decode().strip()

    def test_where_it_is_forbidden_it_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A sandbox may know better."""

        def forbid(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(resource, "setrlimit", forbid)
        monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4_096))
        assert RESERVED_DESCRIPTORS == connections.max_connections()


class TestServed:
    def test_a_crowd_that_says_nothing_keeps_nobody_out(self, start: Start, tmp_path: Path) -> None:
        """More of them than the system lets wait to be taken in."""
        served = start(tmp_path)
        crowd = 2_500
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < crowd + 1_000:
            pytest.skip("this machine allows too few descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, crowd + 1_000), hard))
        with ExitStack() as stack:
            stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
            for _ in range(crowd):
                stack.enter_context(closing(socket.create_connection(("127.0.0.1", served.port), timeout=10)))
            assert 200 == httpx2.get(f"http://127.0.0.1:{served.port}/healthz", timeout=10).status_code
