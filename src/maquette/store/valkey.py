"""Rate limit windows that all nodes share, in Valkey or Redis: counted atomically, by the server's clock."""

from dataclasses import dataclass

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

TIMEOUT_S = 0.25
PREFIX = "maquette:"

GONE = (RedisError, OSError, TimeoutError)
"""What is raised while the server can't be reached."""

_COUNT = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
local left_ms = redis.call('PTTL', KEYS[1])
if left_ms <= 0 then
  count = 0
  left_ms = tonumber(ARGV[2])
end
if count < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], count + 1, 'PX', left_ms)
  return {count + 1, left_ms, 1}
end
return {count, left_ms, 0}
"""
_TAKE_BACK = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end"


def require_readable(url: str) -> None:
    """Raises `ValueError` for an address that the client doesn't understand."""
    try:
        ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]
    except (ValueError, TypeError) as error:  # the latter for an option that it doesn't know
        raise ValueError("must read redis[s]://[user:password@]host[:port][/number], or unix://path") from error


@dataclass(frozen=True, slots=True)
class Counted:
    """A window after a call was counted or refused: calls in it, milliseconds left, and whether this one `is_in`."""

    count: int
    left_ms: int
    is_in: bool


class Valkey:
    """One connection pool; every method raises one of `GONE` while the server can't be reached."""

    def __init__(self, url: str, prefix: str = PREFIX, timeout_s: float = TIMEOUT_S) -> None:
        self._prefix = f"{prefix}burst:"
        self._client = Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
        self._count = self._client.register_script(_COUNT)
        self._take_back = self._client.register_script(_TAKE_BACK)

    async def ping(self) -> None:
        """Return if the server answers."""
        await self._client.ping()

    async def count(self, name: str, limit: int, window_ms: int) -> Counted:
        """Count a call in the window of that name unless it is full; the first call opens it."""
        count, left_ms, is_in = await self._count(keys=[self._prefix + name], args=[limit, window_ms])
        return Counted(int(count), int(left_ms), bool(is_in))

    async def take_back(self, name: str) -> None:
        """Uncount a call."""
        await self._take_back(keys=[self._prefix + name])

    async def current(self, name: str) -> tuple[int, int]:
        """Calls in the window, and milliseconds left of it; both 0 where none is open."""
        count, left_ms = await self._client.get(self._prefix + name), await self._client.pttl(self._prefix + name)
        return (int(count), int(left_ms)) if count is not None and left_ms > 0 else (0, 0)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
