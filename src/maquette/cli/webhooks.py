"""`maquette webhook`: `listen`, a receiver to try webhooks with; the commands that use the store are in `endpoints`."""

import asyncio
import json
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.markup import escape

from maquette.cli.endpoints import list_, trigger
from maquette.cli.options import Number
from maquette.cli.store import command_name, console, fail

if TYPE_CHECKING:
    from maquette.cli.receiver import OnReceived, Received

DEFAULT_SERVER = "http://127.0.0.1:8080"
"""Where `maquette serve` listens by default."""

_RECEIVING = "Receiving at [bold]{url}[/] until stopped (Ctrl-C). The server must be allowed to send there:\n"

_ALLOW = '{command} serve --webhook-allow 127.0.0.0/8\nmake serve ARGS="--webhook-allow 127.0.0.0/8"   (the same)\n'

_ENDPOINTS = """The signing secret is [bold]{secret}[/]

[bold]CraftDesk[/]

curl -w '\\n' -X POST {server}/craftdesk/v1/webhooks -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" -d '{craftdesk}'

[bold]Creatopy[/] (GET {server}/creatopy/v1/webhookActions lists the numbers of the actions)

curl -w '\\n' -X POST {server}/creatopy/v1/webhooks -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" -d '{creatopy}'
"""


def _require_secret(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The secret as it was given. Raises `BadParameter` for what can't be one."""
    from maquette.cli.receiver import is_secret

    if value is not None and not is_secret(value):
        raise click.BadParameter("must be whsec_ followed by 24 to 64 bytes in Base64", ctx, param)
    return value


@click.group()
def webhook() -> None:
    """Try out webhooks: receive them on this machine, and have something sent."""


for command in (list_, trigger):
    webhook.add_command(command)


@webhook.command()
@click.option("--port", type=Number(0, 65535), default=9000, show_default=True,
              help="The port to listen on, of this machine alone; 0 takes a free one.")  # fmt: skip
@click.option(
    "--secret", metavar="whsec_…", callback=_require_secret, help="The endpoint's secret; by default a new one."
)
@click.option("--status", type=Number(200, 599), default=200, show_default=True,
              help="What each delivery is answered with: 500 shows how it is tried again.")  # fmt: skip
@click.option("--server", metavar="URL", default=DEFAULT_SERVER, show_default=True,
              help="The server that the printed calls are for.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line instead.")
def listen(port: int, secret: str | None, status: int, server: str, as_json: bool) -> None:
    """Receive webhooks, check their signatures, and print them until stopped.

    Without a secret it makes one, and prints the calls that make an endpoint with it.
    """
    try:
        asyncio.run(_listen(port, secret, status, server=server.rstrip("/"), as_json=as_json))
    except OSError as error:
        fail(f"Port {port} can't be listened on ({error.strerror}): give another --port.")


async def _listen(port: int, secret: str | None, status: int, *, server: str, as_json: bool) -> None:
    from maquette.cli.receiver import new_secret, receiving

    on_received: OnReceived = _print_json if as_json else _print_text
    used = secret or new_secret()
    async with receiving(used, port, on_received, status=status) as url:
        if as_json:
            _write_line({"url": url, "secret": None if secret else used})
        else:
            _print_instructions(url, server, None if secret else used)
        await _wait_for_stop()


async def _wait_for_stop() -> None:
    """Return at SIGINT or SIGTERM."""
    stop = asyncio.Event()
    with suppress(NotImplementedError):  # such a loop is ended by KeyboardInterrupt
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def _print_instructions(url: str, server: str, new: str | None) -> None:
    text = _RECEIVING.format(url=url) + "\n" + _ALLOW.format(command=escape(command_name()))
    if new is not None:
        craftdesk = {"url": url, "events": ["*"], "secret": new}
        creatopy = {"name": "Listener", "url": url, "actions": [1], "secret": new}
        text += "\n" + _ENDPOINTS.format(
            secret=new,
            server=escape(server),
            craftdesk=escape(json.dumps(craftdesk)),
            creatopy=escape(json.dumps(creatopy)),
        )
    console.print(text, highlight=False, soft_wrap=True)


def _print_text(received: "Received") -> None:
    """One line about the delivery, then its data."""
    from maquette.cli.receiver import printable

    trust = "[green]verified[/]" if received.problem is None else f"[red]not verified: {escape(received.problem)}[/]"
    type_, id_, attempted_at = (escape(value or "–") for value in (received.type, received.id, received.attempted_at))
    data = json.dumps(received.data, indent=2, ensure_ascii=False)
    text = "\n".join(printable(line) for line in data.split("\n"))
    line = f"[bold]{type_}[/]  {id_}  {attempted_at}  {trust}  answered {received.answered}"
    console.print(line, highlight=False, soft_wrap=True)
    console.print(text + "\n", markup=False, soft_wrap=True)


def _print_json(received: "Received") -> None:
    """One JSON object on a line."""
    _write_line(
        {
            "id": received.id,
            "type": received.type,
            "attempted_at": received.attempted_at,
            "verified": received.problem is None,
            "problem": received.problem,
            "answered": received.answered,
            "data": received.data,
        }
    )


def _write_line(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()
