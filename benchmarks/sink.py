"""Where do the webhooks of a storm go? To a server that takes everything: `python -m benchmarks.sink`, until SIGTERM.

Prints its port, and at the end how many messages came.
"""

import asyncio
import signal

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Sink:
    """Counts what comes."""

    def __init__(self) -> None:
        self.count = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                await reader.readexactly(length)
                self.count += 1
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()


async def main() -> None:
    sink, over = Sink(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    server = await asyncio.start_server(sink.take, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await over.wait()
    server.close()
    print(sink.count)


if __name__ == "__main__":
    asyncio.run(main())
