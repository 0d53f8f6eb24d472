"""Do the threads of a server let each other finish?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maquette.server.scheduling import take_turns
from tests.server.running import serve

pytestmark = pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux has this policy, other systems don't")


def test_no_thread_of_a_server_pushes_another_aside(tmp_path: Path) -> None:
    """Those of the store, of the HTTP server and of the event loop."""
    running = serve(tmp_path)
    try:
        tasks = [int(task.name) for task in Path(f"/proc/{running.process.pid}/task").iterdir()]
        assert len(tasks) > 1
        assert {os.SCHED_BATCH} == {os.sched_getscheduler(task) for task in tasks}
    finally:
        running.stop()


@pytest.mark.parametrize("policy", ["SCHED_IDLE", "SCHED_BATCH"])
def test_the_operators_choice_stays(policy: str) -> None:
    """Whoever has started the server under a policy of their own meant it."""
    program = (
        "import os; from maquette.server.scheduling import take_turns;"
        f"os.sched_setscheduler(0, os.{policy}, os.sched_param(0)); take_turns(); print(os.sched_getscheduler(0))"
    )
    told = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)
    assert getattr(os, policy) == int(told.stdout)


@pytest.mark.parametrize("call", ["sched_getscheduler", "sched_setscheduler"])
def test_where_it_is_forbidden_nothing_happens(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox may know better, and some C libraries don't know it at all."""

    def forbid(*_: object) -> None:
        raise PermissionError

    before = os.sched_getscheduler(0)
    with monkeypatch.context() as sandbox:
        sandbox.setattr(os, call, forbid)
        take_turns()
    assert before == os.sched_getscheduler(0)
