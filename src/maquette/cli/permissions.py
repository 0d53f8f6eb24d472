"""`maquette permissions`: the whole matrix, as the page `docs/permissions.md` has it."""

import sys

import rich_click as click

from maquette.model.actor import ALLOWED, Permission, Resource, Role

MEANING = {
    Permission.WORKSPACE_READ: "see the workspace",
    Permission.WORKSPACE_EDIT: "reserved: rename the workspace, which nothing does yet",
    Permission.PROJECT_READ: "see projects; a member only team-wide ones and those they are assigned to",
    Permission.PROJECT_EDIT: "change projects that they see",
    Permission.PROJECT_CREATE: "make projects",
    Permission.PROJECT_ARCHIVE: "archive and unarchive projects",
    Permission.PROJECT_DELETE: "delete projects",
    Permission.PROJECT_ASSIGN: "say who works on a project",
    Permission.BRAND_KIT_READ: "see brand kits",
    Permission.BRAND_KIT_CREATE: "make brand kits",
    Permission.BRAND_KIT_EDIT: "change brand kits",
    Permission.BRAND_KIT_DELETE: "delete brand kits",
    Permission.MEMBER_READ: "see who belongs to the workspace",
    Permission.MEMBER_INVITE: "invite people; as an owner, only owners may",
    Permission.MEMBER_CHANGE: "change roles, shut out and let in; an owner's, only owners may",
    Permission.MEMBER_REMOVE: "remove members; owners, only owners may",
    Permission.CREDENTIAL_READ: "see API keys and client pairs, without their secrets",
    Permission.CREDENTIAL_MANAGE: "make, rotate, revoke API keys and client pairs; rotating another's is for owners",
    Permission.WEBHOOK_READ: "see webhooks",
    Permission.WEBHOOK_MANAGE: "make, change and delete webhooks",
    Permission.EVENT_READ: "read the audit log",
    Permission.USAGE_READ: "see what is used of the plan; by which keys, who may see keys",
    Permission.PLAN_CHANGE: "put the workspace on another plan",
    Permission.OWNERSHIP_CHANGE: "make and unmake owners",
}
TITLE = """\
# Who may do what

This page is what `maquette permissions` prints. A call needs three things: the person whom its key or token acts as
has a role that allows it *now*, the key's scope includes it, and the record is in the person's sight. A `read_only` key
has the permissions that end in `.read`. A `custom` key, which the plans `business` and `unlimited` include, has what
its grants name, `read` or `write`, of
{resources},
and besides that sees the workspace and its usage; one of named projects sees no others and makes none.
"""


@click.command()
def permissions() -> None:
    """Print who may do what, as Markdown."""
    sys.stdout.write(page())


def page() -> str:
    """The page in Markdown."""
    resources = ", ".join(f"`{resource}`" for resource in Resource)
    head = ["permission", "allows to", *Role]
    rows = [head, ["---", "---", *("---" for _ in Role)]]
    rows += [[f"`{permission}`", MEANING[permission], *_cells(permission)] for permission in Permission]
    return TITLE.format(resources=resources) + "\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _cells(permission: Permission) -> list[str]:
    return ["yes" if role in ALLOWED[permission] else "–" for role in Role]
