"""What does a webhook look like from the other side? A small receiver on this machine, which checks every signature.

It checks with the package of the Standard Webhooks project, not with code of ours: what is wrong with ours would show.
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
    """One delivery. `problem` is why its signature can't be trusted; `data` whatever the body was, if it isn't JSON.

    `answered` is the status that it gets.
    """

    id: str | None
    type: str | None
    attempted_at: str | None
    problem: str | None
    data: Any
    answered: int


Tell = Callable[[Received], None]


def new_secret() -> str:
    """A signing secret that nobody else has."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether it is a secret as Standard Webhooks has them: 24 to 64 bytes, in Base64 behind `whsec_`."""
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(SECRET_PREFIX) and 24 <= len(secret) <= 64


@asynccontextmanager
async def receiving(secret: str, port: int, tell: Tell, *, status: int) -> AsyncIterator[str]:
    """Tell of each delivery that comes in, and answer it with this status; the value is where. Raises `OSError`."""

    async def take(request: web.Request) -> web.Response:
        tell(read(request.headers, await request.read(), secret, status))
        return web.Response(status=status)

    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def read(headers: Mapping[str, str], body: bytes, secret: str, answered: int = 200) -> Received:
    """What has come, whether it is signed with the secret, and the status that it is answered with."""
    said = _said(body)
    event = said if isinstance(said, dict) else {}
    return Received(
        id=_text(headers.get("webhook-id")),
        type=_text(event.get("type")),
        attempted_at=_time(headers.get("webhook-timestamp", "")),
        problem=_problem(headers, body, secret),
        data=event.get("data", said),
        answered=answered,
    )


def printable(text: str) -> str:
    """With what would steer a terminal written as JSON writes it."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _problem(headers: Mapping[str, str], body: bytes, secret: str) -> str | None:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except WebhookVerificationError as error:
        return str(error)
    except ValueError:  # what isn't Base64, or has no comma
        return "Unreadable signature"
    return None


def _said(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")


def _text(value: object) -> str | None:
    return None if value is None else printable(str(value))


def _time(seconds: str) -> str | None:
    """ISO 8601, UTC, of Unix seconds, if they are any."""
    try:
        return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return None
