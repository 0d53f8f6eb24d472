"""What does a webhook look like to its receiver? A small receiver on this machine, which verifies every signature.

It verifies with the Standard Webhooks project's own package instead of our code, so that a mistake of ours would show.
"""

import base64
import binascii
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

HOST = "127.0.0.1"
MAX_BODY_BYTES = 4 * 1024 * 1024
SECRET_PREFIX = "whsec_"  # noqa: S105  public: it tells what kind of secret follows
SECRET_BYTES = 32

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery. `problem` says why its signature isn't valid, if so; `answered` is the status of the response.

    `data` is that of the message; of a body without any, all of it, as text where it isn't JSON.
    """

    id: str | None
    type: str | None
    attempted_at: str | None
    problem: str | None
    data: Any
    answered: int


OnReceived = Callable[[Received], None]


def new_secret() -> str:
    """A random signing secret."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether it is a secret as Standard Webhooks defines them: `whsec_`, then 24 to 64 bytes in Base64."""
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(SECRET_PREFIX) and 24 <= len(secret) <= 64


@asynccontextmanager
async def receiving(secret: str, port: int, on_received: OnReceived, *, status: int) -> AsyncIterator[str]:
    """Receive during the block: call back for each delivery, and answer it. Yields the URL. Raises `OSError`."""

    async def handle(request: web.Request) -> web.Response:
        on_received(read(request.headers, await request.read(), secret, status))
        return web.Response(status=status)

    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def read(headers: Mapping[str, str], body: bytes, secret: str, answered: int = 200) -> Received:
    """Parse a delivery, and verify that it is signed with the secret."""
    content = _parsed(body)
    event = content if isinstance(content, dict) else {}
    return Received(
        id=_text(headers.get("webhook-id")),
        type=_text(event.get("type")),
        attempted_at=_time(headers.get("webhook-timestamp", "")),
        problem=_problem(headers, body, secret),
        data=event.get("data", content),
        answered=answered,
    )


def printable(text: str) -> str:
    """The text with characters that could control a terminal escaped as in JSON."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _problem(headers: Mapping[str, str], body: bytes, secret: str) -> str | None:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except WebhookVerificationError as error:
        return str(error)
    except ValueError:  # the signature isn't Base64, or has no comma
        return "Unreadable signature"
    return None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")


def _text(value: object) -> str | None:
    return None if value is None else printable(str(value))


def _time(seconds: str) -> str | None:
    """Unix seconds as ISO 8601 in UTC, None for what is no time."""
    try:
        return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return None
