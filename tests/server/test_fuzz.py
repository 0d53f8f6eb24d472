"""Does any input make a 500, or an answer that isn't described? Schemathesis sends what the OpenAPI documents allow,
and much that they don't: their examples, their boundaries, random cases, and chains of calls.
"""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python import asgi

from maquette.app import Runtime, open_runtime
from maquette.settings import Settings
from maquette.wire.asgi import as_asgi
from tests.office import Office, StillClock

SEED = 20_260_310
EXAMPLES = 2_000 if os.environ.get("MAQUETTE_PROVE") == "long" else 8

NOT_ASKED = {
    "positive_data_acceptance": "no schema can say that a kit exists, that a version is the present one, or that an"
    " Idempotency-Key comes with the body that it came with before",
}
"""The checks of Schemathesis that are left out, and why; all the others are made on every answer."""

REFUSED = ["4xx"]
"""What counts as a refusal of broken data: 412 too, for a stale `If-Match` is looked at before the body is weighed."""

pytestmark = pytest.mark.fuzz


class RuntimeApp:
    """A runtime as an application that opens and closes with its lifespan, in whichever loop that is."""

    def __init__(self, settings: Settings) -> None:
        self.tokens: dict[str, str] = {}
        self._settings = settings
        self._clock = StillClock()
        self._runtime: Runtime | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a call; the clock goes on with each, so that wrong pairs are soon forgiven."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert self._runtime
        self._clock.advance(seconds=4)
        await as_asgi(self._runtime.application)(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        async with open_runtime(self._settings, self._clock) as self._runtime:
            office = Office(self._runtime, self._clock)
            team = await office.team()
            for name, caller in (("craftdesk", await team.craftdesk()), ("creatopy", await team.creatopy())):
                self.tokens[name] = caller.headers["authorization"]
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await office.close()
        await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture
def runtime(settings: Settings) -> Iterator[RuntimeApp]:
    """A runtime that lives in Schemathesis's own loop, with a team on the plan without limits."""
    app = RuntimeApp(settings)
    with asgi.get_client(app):
        yield app
    asgi.shutdown_lifespans()


def configured(token: str) -> SchemathesisConfig:
    """Every phase, every check but those named above, always the same cases."""
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "headers": {"Authorization": token},
            "continue-on-failure": True,
            "cache": {"enabled": False},
            "generation": {"max-examples": EXAMPLES, "database": "none", "no-shrink": EXAMPLES < 100},
            "checks": {
                **{name: {"enabled": False} for name in NOT_ASKED},
                "negative_data_rejection": {"expected-statuses": REFUSED},
            },
        }
    )


@pytest.mark.timeout(5_400)
@pytest.mark.parametrize("dialect", ["craftdesk", "creatopy"])
def test_every_answer_is_one_that_is_described(runtime: RuntimeApp, dialect: str) -> None:
    """Never a 500; status, media type, headers and body as described; what breaks the description is refused."""
    schema = schemathesis.openapi.from_asgi(
        f"/{dialect}/openapi.json", runtime, config=configured(runtime.tokens[dialect])
    )
    statuses: Counter[int] = Counter()
    problems: list[str] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            problems.append(str(event))
        elif isinstance(event, events.ScenarioFinished):
            answers = [each.response for each in event.recorder.interactions.values()]
            statuses.update(answer.status_code for answer in answers if answer)
            checks = [check.failure_info for checks in event.recorder.checks.values() for check in checks]
            problems += [f"{each.failure.message}\n{each.code_sample}" for each in checks if each]
    assert [] == problems
    assert {200, 400, 401, 404, 405, 412, 415, 422} <= set(statuses)
