"""Where do webhooks go? To a server that takes everything: `python -m benchmarks.sink [COUNT]`.

It takes COUNT messages, or until SIGTERM. Prints its port, and at the end how many came, in how many seconds from the
first to the last.
"""

import asyncio
import signal
import sys
import time

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Sink:
    """Counts what comes."""

    def __init__(self, limit: int | None) -> None:
        self.count = 0
        self.over = asyncio.Event()
        self._limit = limit
        self._first_s = self._last_s = 0.0

    @property
    def seconds(self) -> float:
        """From the first message to the last."""
        return self._last_s - self._first_s

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                await reader.readexactly(length)
                self._note(time.perf_counter())
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    def _note(self, now_s: float) -> None:
        self._first_s, self._last_s = self._first_s or now_s, now_s
        self.count += 1
        if self.count == self._limit:
            self.over.set()


async def main(arguments: list[str]) -> None:
    sink = Sink(int(arguments[0]) if arguments else None)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sink.over.set)
    server = await asyncio.start_server(sink.take, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await sink.over.wait()
    server.close()
    print(sink.count, sink.seconds)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
