"""`maquette worker`."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Any

import rich_click as click

from maquette.cli.options import DATABASE_URL, LOG_FORMAT, LOG_LEVELS, NetworkType, Number
from maquette.cli.store import console, fail, key_sentence, sentence
from maquette.domain.seal import WrongSealingKey
from maquette.model.errors import Refusal
from maquette.settings import Settings

log = logging.getLogger("maquette")


@click.command(context_settings={"auto_envvar_prefix": "MAQUETTE"})
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("data"), show_default=True,
              help="The folder of the embedded store.")  # fmt: skip
@click.option("--database-url", type=DATABASE_URL, metavar="URL",
              help="PostgreSQL instead of the embedded store.")  # fmt: skip
@click.option("--webhook-allow", type=NetworkType(), multiple=True,
              help="A private network that webhooks may reach, by http too; may be repeated.")  # fmt: skip
@click.option("--secret-key", help="The sealing key (32 bytes, URL-safe Base64), instead of a file.")
@click.option("--secret-key-file", type=click.Path(path_type=Path), help="Where the sealing key is kept.")
@click.option("--drain-s", type=Number(0), default=20, show_default=True,
              help="How long to wait for messages under way when stopping, in seconds.")  # fmt: skip
@click.option("--log-level", type=click.Choice(LOG_LEVELS, case_sensitive=False), default="info", show_default=True,
              help="What is logged: this and all that is graver.")  # fmt: skip
def worker(**given: Any) -> None:
    """Send webhooks until stopped (SIGTERM or Ctrl-C), beside servers that run with [bold]--no-worker[/] or not.

    Any number may work on one store: each message is taken by one of them.
    """
    settings = Settings(**given)
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT)
    try:
        _run(settings)
    except WrongSealingKey as error:
        fail(key_sentence(error))
    except Refusal as refusal:
        fail(sentence(refusal))


def _run(settings: Settings) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings))
    log.info("stopped")


async def _work(settings: Settings) -> None:
    from maquette.app import open_worker

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with open_worker(settings):
        console.print("Sending webhooks. Ctrl-C stops.", highlight=False)
        await stop.wait()
        log.info("stopping: messages under way have %d seconds to arrive", settings.drain_s)
