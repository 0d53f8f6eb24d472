"""Invitations: an e-mailed link that makes a person a member, once, within a week.

E-mails are sent outside of any transaction; the sealed token is kept until the mail server has accepted the e-mail, or
the link is void.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from maquette.domain import events, mailing, members, passwords
from maquette.domain.members import ACTIVE, INVITED
from maquette.domain.seal import Sealer
from maquette.domain.tokens import new_token, token_hash
from maquette.model import text
from maquette.model.actor import Actor, Permission, Role
from maquette.model.clock import DAY_MS, MINUTE_MS, Clock
from maquette.model.errors import Expired, Invalid, NotFound
from maquette.model.records import Member, Workspace
from maquette.outbound import mail
from maquette.outbound.mail import Mailer
from maquette.store import invitations, workspaces
from maquette.store import members as member_store
from maquette.store.database import Database, Transaction
from maquette.store.invitations import UnsentInvitation

LASTS_MS = 7 * DAY_MS
BATCH_SIZE = 20
PAUSES_MS = tuple(minutes * MINUTE_MS for minutes in (1, 5, 30, 120, 360))
"""How long to wait after the first, second … attempt to send an e-mail; the last pause repeats."""

PATH = "/invitations"
_SUBJECT = "You are invited to {workspace}"
_TEXT = """\
You are invited to the workspace "{workspace}" as {role}.

To accept, open this page and press its button:

{link}

The link works once, until {until:%Y-%m-%d %H:%M} UTC. If you don't know what this is about, there is nothing to do.
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the holder of a link may see before accepting."""

    workspace: Workspace
    member: Member


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted invitation; `password_token` is of the link by which its person, who has none, chooses a password."""

    opened: Opened
    password_token: str | None


async def invite(
    tx: Transaction, actor: Actor, email: str, role: Role, sealer: Sealer, *, name: str | None = None, now_ms: int
) -> Member:
    """Invite the person of that address, who is sent an e-mail with a link. A new invitation replaces an open one.

    Raises `Forbidden`, `Invalid`.
    """
    actor.require(Permission.MEMBER_INVITE)
    await workspaces.lock(tx, actor.workspace)
    user = await members.get_or_create_user(tx, email, now_ms=now_ms)
    before = await member_store.get(tx, actor.workspace, user.serial)
    if role is Role.OWNER or (before is not None and before.role == Role.OWNER):
        actor.require(Permission.OWNERSHIP_CHANGE)
    if before is not None and before.status != INVITED:
        raise Invalid({"email": ["already belongs to a member"]})
    name = _checked_name(name, before.name if before else members.shown_name(email))
    await members.put(tx, actor.workspace, user, role, status=INVITED, name=name, now_ms=now_ms)
    token = new_token()
    await invitations.insert(
        tx,
        workspace=actor.workspace,
        user=user.serial,
        token_hash=token_hash(token),
        token_sealed=sealer.seal(token),
        invited_by=actor.user,
        expires_at=now_ms + LASTS_MS,
        now_ms=now_ms,
    )
    return await _record_change(tx, actor, user.serial, "member.invited", now_ms)


async def renew(tx: Transaction, actor: Actor, ref: members.Ref, sealer: Sealer, *, now_ms: int) -> Member:
    """E-mail a new link to somebody who is still invited; the old one ends.

    Raises `Forbidden`, `NotFound`, `Invalid`.
    """
    actor.require(Permission.MEMBER_INVITE)
    await workspaces.lock(tx, actor.workspace)
    member = await members.get(tx, actor, ref)
    return await invite(tx, actor, member.email, Role(member.role), sealer, now_ms=now_ms)


async def open_(tx: Transaction, token: str, *, now_ms: int) -> Opened:
    """What the link leads to. Raises `NotFound`, and `Expired` for one that was used, replaced, or is too old."""
    found = await invitations.by_hash(tx, token_hash(token))
    if found is None:
        raise NotFound("invitation")
    if found.ended_at is not None or found.expires_at <= now_ms:
        raise Expired("invitation")
    member = await member_store.get(tx, found.workspace, found.user)
    workspace = await workspaces.get(tx, found.workspace)
    if member is None or workspace is None or member.status != INVITED:
        raise Expired("invitation")
    return Opened(workspace, member)


async def accept(tx: Transaction, token: str, *, address: str, request_id: str, now_ms: int) -> Accepted:
    """Become a member. Raises as `open_` does; the link works once."""
    await workspaces.lock(tx, (await open_(tx, token, now_ms=now_ms)).workspace.serial)
    opened = await open_(tx, token, now_ms=now_ms)  # again, under the lock: it may have ended meanwhile
    actor = Actor(
        opened.workspace.serial,
        opened.member.serial,
        Role(opened.member.role),
        address=address,
        request_id=request_id,
    )
    await member_store.change(tx, actor.workspace, actor.user, status=ACTIVE, now_ms=now_ms)
    await invitations.end(tx, actor.workspace, actor.user, now_ms)
    joined = replace(opened, member=await _record_change(tx, actor, actor.user, "member.joined", now_ms))
    return Accepted(joined, await passwords.issue_link_to_newcomer(tx, opened.member, now_ms=now_ms))


async def send_due(database: Database, clock: Clock, sealer: Sealer, mailer: Mailer, public_url: str) -> None:
    """Send the e-mails that are due; a failed one is retried with growing pauses. Raises `Unavailable`."""
    now_ms = clock.now_ms()
    if not await database.read(lambda tx: invitations.is_any_due(tx, now_ms)):
        return

    def email_of(invitation: UnsentInvitation) -> mail.Email:
        return _email(invitation, f"{public_url}{PATH}/{sealer.open(invitation.token_sealed)}")

    due = await database.write(lambda tx: _claim(tx, now_ms))
    await mailing.send_all(database, mailer, due, email_of, invitations.mark_sent)


async def _claim(tx: Transaction, now_ms: int) -> list[UnsentInvitation]:
    """Claim e-mails to send by rescheduling them first: after a crash, they are due again after the pause."""
    await invitations.purge(tx, now_ms)
    found = await invitations.unsent(tx, now_ms=now_ms, limit=BATCH_SIZE)
    return [
        invitation
        for invitation in found
        if await invitations.reschedule(tx, invitation, now_ms + _pause(invitation), now_ms=now_ms)
    ]


def _pause(invitation: UnsentInvitation) -> int:
    return PAUSES_MS[min(invitation.attempts, len(PAUSES_MS) - 1)]


def _email(invitation: UnsentInvitation, link: str) -> mail.Email:
    until = datetime.fromtimestamp(invitation.expires_at / 1000, UTC)
    words = {"workspace": invitation.workspace_name, "role": invitation.role, "link": link, "until": until}
    return mail.Email(invitation.email, _SUBJECT.format_map(words), _TEXT.format_map(words))


def _checked_name(given: str | None, default: str) -> str:
    name = default if given is None else given.strip()
    if problem := text.name_problem(name):
        raise Invalid({"name": [problem]})
    return name


async def _record_change(tx: Transaction, actor: Actor, user: int, type: str, now_ms: int) -> Member:
    after = await member_store.get(tx, actor.workspace, user)
    assert after
    await workspaces.bump_version(tx, actor.workspace, access=True)
    await events.record(tx, actor, type, after, now_ms=now_ms)
    return after
