"""`maquette`: serve, look after workspaces, members, keys, clients and plans, look up what happened, try webhooks."""

import rich_click as click

from maquette import __version__
from maquette.cli.audit import audit
from maquette.cli.backup import backup
from maquette.cli.clients import client
from maquette.cli.keys import key
from maquette.cli.members import member
from maquette.cli.permissions import permissions
from maquette.cli.plans import plan
from maquette.cli.serve import serve
from maquette.cli.webhooks import webhook
from maquette.cli.worker import worker
from maquette.cli.workspaces import workspace

click.rich_click.TEXT_MARKUP = "rich"
click.rich_click.COMMAND_GROUPS = {
    "maquette": [
        {"name": "Run", "commands": ["serve", "worker"]},
        {"name": "Look after", "commands": ["workspace", "member", "key", "client", "plan", "backup"]},
        {"name": "Look up", "commands": ["audit", "permissions"]},
        {"name": "Try out", "commands": ["webhook"]},
    ]
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="maquette")
def main() -> None:
    """One server for creative projects and brand kits that speaks the CraftDesk and the Creatopy API.

    Start it with [bold]maquette serve[/]. The other commands work on the same store, whether the server runs or
    not, and are in force within a second. Every option can also be given in the environment: `--database-url` is
    `MAQUETTE_DATABASE_URL`.
    """


for command in (serve, worker, workspace, member, key, client, plan, backup, audit, permissions, webhook):
    main.add_command(command)
