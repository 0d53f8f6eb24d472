"""Hashes passwords with argon2id (RFC 9106), in a thread, and only a few at a time: each takes memory and a core."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from maquette.model.errors import Overloaded
from maquette.model.lazy import Lazy

T = TypeVar("T")

TIME_COST, MEMORY_KIB, PARALLELISM = 2, 19_456, 1
"""The second of the settings that OWASP's Password Storage Cheat Sheet calls equally strong."""

CONCURRENT, MAX_WAITING, MAX_WAITING_PER_SOURCE = 1, 20, 2
"""How many are hashed at once, and how many may wait for that: in all, and for one source of passwords."""


class PasswordHasher:
    """argon2-cffi's hasher, imported when it is first needed."""

    def __init__(self) -> None:
        self._hasher = Lazy(_make)
        self._turns = asyncio.Semaphore(CONCURRENT)
        self._waiting: Counter[str] = Counter()

    async def hash(self, password: str, *, source: str) -> str:
        """A new hash of the password, as a PHC string. Raises `Overloaded`."""
        hasher, _ = await self._hasher.get()
        return await self._in_turn(source, lambda: str(hasher.hash(password)))

    async def matches(self, password_hash: str | None, password: str, *, source: str) -> bool:
        """Whether the hash is of this password. None takes as long, and is False. Raises `Overloaded`."""
        hasher, of_nobody = await self._hasher.get()
        return (
            await self._in_turn(source, lambda: _matches(hasher, password_hash or of_nobody, password))
            and password_hash is not None
        )

    async def _in_turn(self, source: str, work: Callable[[], T]) -> T:
        if self._waiting.total() >= MAX_WAITING or self._waiting[source] >= MAX_WAITING_PER_SOURCE:
            raise Overloaded
        self._waiting[source] += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        finally:
            self._waiting[source] -= 1
            self._waiting += Counter()  # drops the sources of which none waits


def _make() -> tuple[Any, str]:
    """The hasher, and a hash to compare with where there is none."""
    import argon2

    hasher = argon2.PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)
    return hasher, hasher.hash("")


def _matches(hasher: Any, password_hash: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerifyMismatchError

    try:
        return bool(hasher.verify(password_hash, password))
    except (VerifyMismatchError, InvalidHashError):
        return False
