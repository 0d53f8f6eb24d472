"""Sessions of the console: opaque tokens, kept in a cookie, of which the store has only the SHA-256."""

from maquette.domain.tokens import new_token, token_hash
from maquette.model.actor import Actor, Role
from maquette.model.clock import DAY_MS, MINUTE_MS
from maquette.model.errors import NotFound, Unauthenticated
from maquette.model.records import Session, SignedIn, User, Workspace
from maquette.store import passwords, sessions
from maquette.store.database import Transaction

LASTS_MS, IDLE_MS = 14 * DAY_MS, 3 * DAY_MS
"""A session ends so long after it began, and so long after it was last used."""

MARK_USED_AFTER_MS = 10 * MINUTE_MS
"""How old the record of the last use may be: a write for each page would be too many."""

MAX_PER_USER = 50
AGENT_LENGTH = 200


async def open_(tx: Transaction, user: User, password_hash: str, *, address: str, agent: str, now_ms: int) -> str:
    """The token of a new session, for somebody whose password has just been compared with this hash.

    Raises `Unauthenticated` if the password has been changed meanwhile.
    """
    if await passwords.lock_hash_of(tx, user.serial) != password_hash:
        raise Unauthenticated
    for old in (await sessions.of_user(tx, user.serial, now_ms))[MAX_PER_USER - 1 :]:
        await sessions.delete(tx, old.serial)
    memberships = await sessions.memberships(tx, user.serial)
    token = new_token()
    await sessions.insert(
        tx,
        user=user.serial,
        token_hash=token_hash(token),
        workspace=memberships[0][0].serial if memberships else None,
        address=address,
        agent=agent[:AGENT_LENGTH],
        expires_at=now_ms + LASTS_MS,
        now_ms=now_ms,
    )
    return token


async def identify(tx: Transaction, token: str, *, now_ms: int) -> SignedIn | None:
    """Whose session it is; None for one that has ended."""
    found = await sessions.by_hash(tx, token_hash(token))
    return found if found is not None and _is_live(found.session, now_ms) else None


def is_use_due(session: Session, now_ms: int) -> bool:
    """Whether it is time to record that the session is used."""
    return now_ms - session.last_used_at >= MARK_USED_AFTER_MS


async def mark_used(tx: Transaction, session: Session, *, now_ms: int) -> None:
    """Record that the session was used."""
    await sessions.mark_used(tx, session.serial, now_ms)


async def list_(tx: Transaction, user: User, *, now_ms: int) -> list[Session]:
    """The person's live sessions, the newest first."""
    return [session for session in await sessions.of_user(tx, user.serial, now_ms) if _is_live(session, now_ms)]


async def memberships(tx: Transaction, user: User) -> list[tuple[Workspace, Role]]:
    """The workspaces that the person may look at, by name."""
    return await sessions.memberships(tx, user.serial)


async def switch_workspace(tx: Transaction, signed_in: SignedIn, workspace_id: str) -> None:
    """Let the session show another workspace of the person's. Raises `NotFound`."""
    for workspace, _ in await sessions.memberships(tx, signed_in.user.serial):
        if workspace.id == workspace_id:
            await sessions.switch_workspace(tx, signed_in.session.serial, workspace.serial)
            return
    raise NotFound("workspace")


async def end(tx: Transaction, session: Session) -> None:
    """Sign out."""
    await sessions.delete(tx, session.serial)


async def end_others(tx: Transaction, session: Session) -> None:
    """Sign the person out everywhere else."""
    await sessions.delete_of_user(tx, session.user, but=session.serial)


def actor_of(signed_in: SignedIn, *, address: str, request_id: str) -> Actor | None:
    """The actor that the domain sees; None for somebody who looks at no workspace."""
    workspace, role, user = signed_in.workspace, signed_in.role, signed_in.user
    if workspace is None or role is None:
        return None
    return Actor(workspace.serial, user.serial, role, address=address, request_id=request_id, user_id=user.id)


def _is_live(session: Session, now_ms: int) -> bool:
    return now_ms < min(session.expires_at, session.last_used_at + IDLE_MS)
