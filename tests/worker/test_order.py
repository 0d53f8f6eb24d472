"""In which order are an endpoint's messages sent? What has been due longest goes first, whatever failed before."""

from random import Random

import pytest

from maquette.domain.retry import STEPS_MS
from tests.endpoint import Endpoint, Got, Says
from tests.worker.desk import Desk
from tests.worker.test_again import sqlite_only

PATHS = ("/one", "/two", "/three")


class Waiting:
    """What one endpoint has still to be told, as a model knows it: when each is due, in the order of the events."""

    def __init__(self) -> None:
        self.due: dict[str, int] = {}
        self.tries: dict[str, int] = {}

    def told(self, id: str, now_ms: int) -> None:
        """Something happened."""
        self.due[id], self.tries[id] = now_ms, 0

    def sent(self, id: str, status: int, now_ms: int) -> None:
        """It arrived, or is due again after its next step."""
        self.tries[id] += 1
        step = STEPS_MS[self.tries[id] - 1]
        due = self.due.pop(id)
        assert due <= now_ms
        if status != 200:
            self.due[id] = now_ms + step

    def first(self, limit: int, now_ms: int) -> list[str]:
        """Those that come first, of what is due."""
        numbers = {id: number for number, id in enumerate(self.tries)}
        ready = [id for id, due in self.due.items() if due <= now_ms]
        return sorted(ready, key=lambda id: (self.due[id], numbers[id]))[:limit]


@sqlite_only
@pytest.mark.parametrize("seed", range(4))
async def test_what_has_been_due_longest_goes_first(
    desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Endpoints that fail at random get their messages one after the other, the longest due first, and all of them."""
    monkeypatch.setattr("maquette.worker.MAX_PER_ENDPOINT", 1)
    random, failing = Random(seed), 0.4
    answers: dict[tuple[str, int], int] = {}

    def says(got: Got) -> Says:
        status = 500 if random.random() < failing else 200
        answers[got.path, len(there.ids(got.path)) - 1] = status
        return Says(status)

    there.says = says
    webhooks = {path: await desk.webhook(there.url(path), "project.created") for path in PATHS}
    model = {path: Waiting() for path in PATHS}
    for turn in range(60):
        if turn == 40:
            failing = 0
        for _ in range(random.choice((0, 0, 1, 3)) if turn < 40 else 0):
            await desk.project()
            for path, webhook in webhooks.items():
                model[path].told((await desk.log(webhook))[-1].id, desk.office.now_ms)
        before = {path: len(there.ids(path)) for path in PATHS}
        await desk.work(random.choice((0, 1, 5, 60, 400)) if turn < 40 else 4_000)
        for path, waiting in model.items():
            sent, now_ms = there.ids(path)[before[path] :], desk.office.now_ms
            assert waiting.first(len(sent), now_ms) == sent, (turn, path)
            for place, id in enumerate(sent, before[path]):
                waiting.sent(id, answers[path, place], now_ms)
    assert [{}] * 3 == [waiting.due for waiting in model.values()]
