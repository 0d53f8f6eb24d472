"""What do many of Maquette's commands say, run in one process? One each would take longer than the rounds.

Run with the Python that Maquette is installed in: a JSON list of argument lists in, a list of answers out.
"""

import contextlib
import io
import json
import sys
from typing import Any

from maquette.cli import main


def answer(arguments: list[str]) -> Any:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main(arguments, standalone_mode=False)
    return json.loads(said.getvalue())


if __name__ == "__main__":
    json.dump([answer(each) for each in json.load(sys.stdin)], sys.stdout)
