"""How a call goes out: at most so many at once, patient with 429, and never twice for one write.

Each door has a `Calls` of its own, so that one door's 429 doesn't hold up the other. It knows no dialect: it
takes a path, and hands back any answer that doesn't ask for patience.
"""

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

import httpx2

MAX_CONCURRENT = 8
TRIES = 8
REPEAT_EVERY = 10
LONGEST_WAIT_SECONDS = 120.0

Answer = httpx2.Response | httpx2.TransportError


class AnswerError(Exception):
    """The server's answer was not the one that the API promises."""


class StoppedError(Exception):
    """The server can't be reached, or asks for more patience than we have: no use in going on."""


UNREADABLE = (AnswerError, httpx2.HTTPError, LookupError, TypeError, ValueError)


async def together(jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all at once. The first exception cancels the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None


def said(answer: httpx2.Response, status: int) -> Any:
    """The JSON of an answer that has the promised status."""
    if answer.status_code != status:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise AnswerError(f"{asked} answered {answer.status_code}, not {status}: {answer.text[:200]}")
    return answer.json()


class Calls:
    """`tally` counts what happened on the way; `faults` tells which repeats were answered otherwise."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.tally: Counter[str] = Counter()
        self.faults: list[str] = []
        self._client = client
        self._free = asyncio.Semaphore(MAX_CONCURRENT)
        self._resume_at = 0.0

    async def read(self, path: str, token: str, params: Mapping[str, str]) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await self._send(self._client.build_request("GET", path, headers=headers, params=params))

    async def write(self, method: str, path: str, token: str, body: Mapping[str, Any]) -> httpx2.Response:
        """One Idempotency-Key for all tries: a lost answer costs a repeat, never a second row.

        Every tenth write is repeated on purpose, as if its answer had been lost.
        """
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
        request = self._request(method, path, headers, body)
        answer = await self._send(request)
        self.tally["writes"] += 1
        if answer.is_success and self.tally["writes"] % REPEAT_EVERY == 0:
            self.faults += _parting(answer, await self._send(request))
        return answer

    async def ask(self, path: str, body: Mapping[str, Any]) -> httpx2.Response:
        """A POST that shows no credential: the one for a token."""
        return await self._send(self._request("POST", path, {}, body))

    def _request(self, method: str, path: str, headers: dict[str, str], body: Mapping[str, Any]) -> httpx2.Request:
        headers["Content-Type"] = "application/json"
        content = json.dumps(body, ensure_ascii=False).encode()
        return self._client.build_request(method, path, headers=headers, content=content)

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        failures = 0
        while True:
            answer = await self._try(request)
            wait = _wait_seconds(answer, failures)
            if wait is None and isinstance(answer, httpx2.Response):
                return answer
            failures += not _is_limited(answer)
            if wait is None or wait > LONGEST_WAIT_SECONDS or failures == TRIES:
                raise StoppedError(_told(answer))
            await self._pause(answer, wait)

    async def _try(self, request: httpx2.Request) -> Answer:
        async with self._free:
            while (early := self._resume_at - time.monotonic()) > 0:
                await asyncio.sleep(early)
            self.tally["calls"] += 1
            try:
                answer = await self._client.send(request)
            except httpx2.TransportError as error:
                self.tally["lost connections"] += 1
                return error
        self.tally["replays"] += answer.headers.get("Idempotency-Replayed") == "true"
        return answer

    async def _pause(self, answer: Answer, seconds: float) -> None:
        """A 409 concerns this call alone; anything else stops everyone at this door."""
        self.tally["429 waits"] += _is_limited(answer)
        if isinstance(answer, httpx2.Response) and answer.status_code == httpx2.codes.CONFLICT:
            await asyncio.sleep(seconds)
        else:
            self._resume_at = max(self._resume_at, time.monotonic() + seconds)


def _parting(first: httpx2.Response, again: httpx2.Response) -> list[str]:
    """What is wrong with the answer to a repeat, if anything."""
    if (first.status_code, first.content) == (again.status_code, again.content):
        return []
    asked = f"{first.request.method} {first.request.url.path}"
    return [f"{asked} was first answered {first.status_code}, and again {again.status_code}: {again.text[:200]}"]


def _is_limited(answer: Answer) -> bool:
    return isinstance(answer, httpx2.Response) and answer.status_code == 429


def _wait_seconds(answer: Answer, failures: int) -> float | None:
    """None for an answer that the caller should see: 409 only asks for patience when it says how much."""
    if isinstance(answer, httpx2.TransportError):
        return 0.1 * 2.0**failures
    told: str | None = answer.headers.get("Retry-After")
    if answer.status_code not in (429, 502, 503, 504) and not (answer.status_code == 409 and told):
        return None
    return float(told) if told and told.isdecimal() else 1.0


def _told(answer: Answer) -> str:
    if isinstance(answer, httpx2.TransportError):
        return f"no connection after {TRIES} tries: {type(answer).__name__} {answer}"
    patience = answer.headers.get("Retry-After", "none")
    return f"{answer.status_code} with Retry-After {patience}, too long to wait: {answer.text[:200]}"
