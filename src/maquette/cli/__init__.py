"""`maquette`: serve, look after workspaces, members, keys, clients and plans, look up what happened, try webhooks."""

from importlib import import_module

import rich_click as click

from maquette import __version__

MODULES = {
    "serve": "serve",
    "worker": "worker",
    "workspace": "workspaces",
    "member": "members",
    "key": "keys",
    "client": "clients",
    "plan": "plans",
    "backup": "backup",
    "audit": "audit",
    "permissions": "permissions",
    "webhook": "webhooks",
}
"""For each command, the module in this folder that defines it."""

click.rich_click.TEXT_MARKUP = "rich"
click.rich_click.COMMAND_GROUPS = {
    "maquette": [
        {"name": "Run", "commands": ["serve", "worker"]},
        {"name": "Look after", "commands": ["workspace", "member", "key", "client", "plan", "backup"]},
        {"name": "Look up", "commands": ["audit", "permissions"]},
        {"name": "Try out", "commands": ["webhook"]},
    ]
}


class Commands(click.RichGroup):
    """Imports only the command that is called: to import them all takes longer than a small backup (decision 25)."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Their names."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The command of that name, None where there is none."""
        if cmd_name not in MODULES:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{MODULES[cmd_name]}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="maquette")
def main() -> None:
    """One server for creative projects and brand kits that speaks the CraftDesk and the Creatopy API.

    Start it with [bold]maquette serve[/]. The other commands work on the same store, whether the server runs or
    not, and are in force within a second. The options of serve and worker, and those that say where the store
    is, can also be given in the environment: `--database-url` is `MAQUETTE_DATABASE_URL`.
    """
