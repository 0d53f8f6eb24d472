"""`maquette serve`."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import rich_click as click
from rich.logging import RichHandler

from maquette.cli.options import (
    DATABASE_URL,
    LOG_FORMAT,
    LOG_LEVELS,
    Checked,
    NetworkType,
    Number,
    require_origin,
    require_web_url,
)
from maquette.cli.store import console, fail, key_sentence, sentence
from maquette.cli.welcome import welcome
from maquette.domain.seal import WrongSealingKey
from maquette.model.errors import Refusal
from maquette.outbound.mail import SmtpServer, require_sender
from maquette.server import run
from maquette.server.address import CannotServe, require_free_port, require_safe
from maquette.server.scheduling import take_turns
from maquette.settings import ENVIRONMENT_PREFIX, Settings
from maquette.store.objects import WrongObjectStore

PUBLIC_URL_WARNING = (
    "links in letters lead to %s, which others can't follow: give --public-url, as in https://maquette.example.com"
)

log = logging.getLogger("maquette")


def _require_valkey(url: str) -> None:
    """Require a URL that the client of Valkey can parse. Raises `ValueError`."""
    from maquette.store.valkey import require_readable

    require_readable(url)


@click.command(context_settings={"auto_envvar_prefix": ENVIRONMENT_PREFIX.rstrip("_")})
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("data"), show_default=True,
              help="The folder of the embedded store.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=Number(1, 65535), default=8080, show_default=True)
@click.option("--database-url", type=DATABASE_URL, metavar="URL", help="PostgreSQL instead of the embedded store.")
@click.option("--object-store-url", metavar="URL", help="A bucket to keep files in, instead of a folder of the store.")
@click.option("--valkey-url", type=Checked(_require_valkey), metavar="URL",
              help="Valkey or Redis to count bursts in, across nodes.")  # fmt: skip
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve HTTPS with this certificate chain (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its private key (PEM).")
@click.option("--trusted-proxy", "trusted_proxies", type=NetworkType(), multiple=True,
              help="A proxy in front that ends TLS; may be repeated.")  # fmt: skip
@click.option("--allow-origin", "allowed_origins", type=Checked(require_origin), multiple=True, metavar="ORIGIN",
              help="A web origin whose pages may call; may be repeated.")  # fmt: skip
@click.option("--webhook-allow", type=NetworkType(), multiple=True,
              help="A private network that webhooks may reach, by http too; may be repeated.")  # fmt: skip
@click.option("--worker/--no-worker", default=True, show_default=True,
              help="Whether to send webhooks in this process too, or leave that to `maquette worker`.")  # fmt: skip
@click.option("--secret-key", help="The sealing key (32 bytes, URL-safe Base64), instead of a file.")
@click.option("--secret-key-file", type=click.Path(path_type=Path), help="Where the sealing key is kept.")
@click.option("--public-url", type=Checked(require_web_url), metavar="URL",
              help="Where people reach this server, for the links in letters.")  # fmt: skip
@click.option("--smtp-url", type=Checked(SmtpServer.of), metavar="URL",
              help="The mail server, smtp[s]://user:password@host:port.")  # fmt: skip
@click.option("--mail-from", type=Checked(require_sender), metavar="ADDRESS", help="The sender of letters.")
@click.option("--server", type=click.Choice(["granian", "uvicorn"]), default="granian", show_default=True)
@click.option("--token-ttl-s", type=Number(1), default=86_400, show_default=True,
              help="How long a Creatopy token lasts, in seconds.")  # fmt: skip
@click.option("--drain-s", type=Number(0), default=20, show_default=True,
              help="How long to wait for calls under way when stopping, in seconds.")  # fmt: skip
@click.option("--log-level", type=click.Choice(LOG_LEVELS, case_sensitive=False), default="info", show_default=True,
              help="What is logged: this and all that is graver.")  # fmt: skip
def serve(**given: Any) -> None:
    """Serve both APIs until stopped (SIGTERM or Ctrl-C).

    On an empty folder, a workspace with an owner, an API key and a client pair is made and shown once.
    """
    settings = Settings(**(given | {"allowed_origins": frozenset(filter(None, given["allowed_origins"]))}))
    _configure_logging(settings.log_level.upper())
    try:
        require_safe(settings)
        require_free_port(settings)
        if settings.needs_public_url():
            log.warning(PUBLIC_URL_WARNING, settings.base_url())
        _run(settings)
    except (CannotServe, WrongObjectStore) as error:
        fail(str(error))
    except WrongSealingKey as error:
        fail(key_sentence(error))
    except Refusal as refusal:
        fail(sentence(refusal))


def _configure_logging(level: str) -> None:
    """Log in colour to a terminal, else in plain lines to stderr."""
    if console.is_terminal:
        handlers = [RichHandler(console=console, show_path=False)]
        logging.basicConfig(level=level, format="%(message)s", handlers=handlers)
    else:
        logging.basicConfig(level=level, format=LOG_FORMAT)
    mail_log = logging.getLogger("maquette.mail")  # not Rich: a link must stay on one line
    mail_log.addHandler(logging.StreamHandler(sys.stdout))
    mail_log.propagate = False
    mail_log.setLevel(logging.INFO)  # whatever the level: without SMTP, e-mails are nowhere else


def _run(settings: Settings) -> None:
    import uvloop

    take_turns()  # before the first thread is started
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))
    log.info("stopped")


async def _serve(settings: Settings) -> None:
    from maquette.app import open_runtime

    async with open_runtime(settings) as runtime:

        async def greet() -> None:
            console.print(await welcome(settings, runtime.services), highlight=False, soft_wrap=True)

        await run(runtime.application, settings, greet)
