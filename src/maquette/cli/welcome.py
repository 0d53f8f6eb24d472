"""What does a new operator need? A workspace, a key, a client pair and curl lines, shown once, on an empty store."""

from rich.markup import escape

from maquette.cli.store import command_name, public_url_argument, store_arguments
from maquette.domain import credentials, passwords, workspaces
from maquette.domain.services import Services
from maquette.model.actor import operator
from maquette.model.records import Workspace
from maquette.settings import Settings
from maquette.store.database import Transaction

NAME, PLAN, OWNER = "My Workspace", "business", "owner@example.com"

_READY = "[bold]Maquette[/] is at [bold]{url}[/]   reference: {url}/craftdesk/docs and {url}/creatopy/docs"

_FIRST_START = """
A workspace was made for you: [bold]{slug}[/], on the {plan} plan, owned by {owner}.
Keep these now, they are not shown again:

  API key (CraftDesk)      [bold]{key}[/]
  clientId (Creatopy)      [bold]{client_id}[/]
  clientSecret (Creatopy)  [bold]{client_secret}[/]

[bold]Console[/]  (choose {owner}'s password; the link works once, for a day)

{url}{password_path}/{password_token}

[bold]CraftDesk[/]

curl -w '\\n' {curl}-H "Authorization: Bearer {key}" {url}/craftdesk/v1/projects

curl -w '\\n' {curl}-X POST {url}/craftdesk/v1/projects -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" -d '{{"name":"Website Redesign"}}'

[bold]Creatopy[/]

TOKEN=$(curl -s {curl}{url}/creatopy/v1/auth/token -H "Content-Type: application/json" \\
  -d '{{"clientId":"{client_id}","clientSecret":"{client_secret}"}}' | cut -d'"' -f4)

curl -w '\\n' {curl}--location "{url}/creatopy/v1/projects?limit=10" --header "Authorization: Bearer $TOKEN"
"""

_LATER_START = """
New credentials:     {command} key create --workspace {slug} --name NAME{where}
                     {command} client create --workspace {slug} --name NAME{where}
A console password:  {command} member password-link --email EMAIL{url_option}{where}
"""

_NO_WORKSPACE = """
There is no workspace yet. Make one, and credentials by the SLUG that it prints:

  {command} workspace create NAME --owner EMAIL{where}
  {command} key create --workspace SLUG --name NAME{where}
  {command} client create --workspace SLUG --name NAME{where}
  {command} member password-link --email EMAIL{url_option}{where}
"""


async def welcome(settings: Settings, services: Services) -> str:
    """The text to print at the start. On an empty embedded store, the first workspace is created here."""
    url = escape(settings.base_url())
    ready = _READY.format(url=url)
    command, where, url_option = escape(command_name()), store_arguments(settings), public_url_argument(settings)
    existing = await services.database.read(workspaces.list_)
    if settings.database_url and not existing:
        return ready + "\n" + _NO_WORKSPACE.format(command=command, where=where, url_option=url_option)
    first = existing[0] if existing else await services.database.write(lambda tx: _create_first(tx, services))
    if isinstance(first, Workspace):
        return ready + "\n" + _LATER_START.format(command=command, slug=first.slug, where=where, url_option=url_option)
    return ready + "\n" + _FIRST_START.format(url=url, curl="-k " if settings.has_tls() else "", **first)


async def _create_first(tx: Transaction, services: Services) -> dict[str, str] | Workspace:
    """Create the first workspace, and return what is shown of it; or the one that another process has just created."""
    if existing := await workspaces.list_(tx):
        return existing[0]
    now_ms = services.clock.now_ms()
    workspace, owner = await workspaces.create(tx, NAME, plan=PLAN, owner=OWNER, now_ms=now_ms)
    actor = operator(workspace.serial)
    _, key = await credentials.create_key(tx, actor, owner, "first key", now_ms=now_ms)
    client, secret = await credentials.create_client(tx, actor, owner, "first client", services.sealer, now_ms=now_ms)
    password_token = await passwords.issue_link(tx, owner, now_ms=now_ms)
    return {
        "password_path": passwords.PATH,
        "password_token": password_token,
        "slug": workspace.slug,
        "plan": workspace.plan,
        "owner": owner.email,
        "key": key,
        "client_id": client.id,
        "client_secret": secret,
    }
