"""What does a newcomer need first? A workspace, a key, a pair, and lines to paste; shown once, on an empty store."""

from rich.markup import escape

from maquette.cli.store import command_name, where
from maquette.domain import credentials, workspaces
from maquette.domain.services import Services
from maquette.model.actor import operator
from maquette.model.records import Workspace
from maquette.settings import Settings
from maquette.store.database import Transaction

NAME, PLAN, OWNER = "My Workspace", "business", "owner@example.com"

_READY = "[bold]Maquette[/] is at [bold]{url}[/]   reference: {url}/craftdesk/docs and {url}/creatopy/docs"

_FIRST = """
A workspace was made for you: [bold]{slug}[/], on the {plan} plan, owned by {owner}.
Keep these now, they are not shown again:

  API key (CraftDesk)      [bold]{key}[/]
  clientId (Creatopy)      [bold]{client_id}[/]
  clientSecret (Creatopy)  [bold]{client_secret}[/]

[bold]CraftDesk[/]

curl -w '\\n' {curl}-H "Authorization: Bearer {key}" {url}/craftdesk/v1/projects

curl -w '\\n' {curl}-X POST {url}/craftdesk/v1/projects -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" -d '{{"name":"Website Redesign"}}'

[bold]Creatopy[/]

TOKEN=$(curl -s {curl}{url}/creatopy/v1/auth/token -H "Content-Type: application/json" \\
  -d '{{"clientId":"{client_id}","clientSecret":"{client_secret}"}}' | cut -d'"' -f4)

curl -w '\\n' {curl}--location "{url}/creatopy/v1/projects?limit=10" --header "Authorization: Bearer $TOKEN"
"""

_AGAIN = """
New credentials:  {command} key create --workspace {slug} --name NAME{where}
                  {command} client create --workspace {slug} --name NAME{where}
"""

_NOBODY = """
There is no workspace yet. Make one, and credentials by the SLUG that it prints:

  {command} workspace create NAME --owner EMAIL{where}
  {command} key create --workspace SLUG --name NAME{where}
  {command} client create --workspace SLUG --name NAME{where}
"""


async def welcome(settings: Settings, services: Services) -> str:
    """The text that a start prints; on an empty embedded store it makes the first workspace."""
    url = escape(settings.base_url())
    ready = _READY.format(url=url)
    found = await services.database.read(workspaces.list_)
    if settings.database_url and not found:
        return ready + "\n" + _NOBODY.format(command=escape(command_name()), where=where(settings))
    made = found[0] if found else await services.database.write(lambda tx: _first(tx, services))
    if isinstance(made, Workspace):
        return ready + "\n" + _AGAIN.format(command=escape(command_name()), slug=made.slug, where=where(settings))
    return ready + "\n" + _FIRST.format(url=url, curl="-k " if settings.has_tls() else "", **made)


async def _first(tx: Transaction, services: Services) -> dict[str, str] | Workspace:
    """What is shown of the first workspace; the one that somebody else has made meanwhile, where there is one."""
    if found := await workspaces.list_(tx):
        return found[0]
    now_ms = services.clock.now_ms()
    workspace, owner = await workspaces.create(tx, NAME, plan=PLAN, owner=OWNER, now_ms=now_ms)
    actor = operator(workspace.serial)
    _, key = await credentials.create_key(tx, actor, owner, "first key", now_ms=now_ms)
    client, secret = await credentials.create_client(tx, actor, owner, "first client", services.sealer, now_ms=now_ms)
    return {
        "slug": workspace.slug,
        "plan": workspace.plan,
        "owner": owner.email,
        "key": key,
        "client_id": client.id,
        "client_secret": secret,
    }
