"""`/members`."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath

from maquette.console.forms import Form, Values
from maquette.console.lists import listed, search, window
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect, version_of
from maquette.domain import invitations, members
from maquette.model import text
from maquette.model.actor import Actor, Permission, Role
from maquette.model.errors import Invalid, NotFound, Refusal, Stale
from maquette.model.page import BY_NAME
from maquette.model.records import Member
from maquette.wire.call import Body, Transaction
from maquette.wire.reply import Reply

PATH = "/members"
ONE = PATH + "/{ref:str}"

ROLES = {
    Role.MEMBER: "Member: edits what they see",
    Role.ADMIN: "Admin: manages all but owners",
    Role.OWNER: "Owner: everything",
}
"""The roles in a form, the one that can do the least first."""


@get(PATH)
async def list_members(request: Visit) -> Reply:
    """One page of the members by name, invited and deactivated ones too. Raises `Forbidden`."""
    page, word = window(request.query), search(request.query)
    found = await request.read(lambda tx: members.list_(tx, request.actor, text.fold(word), BY_NAME, page))
    return request.page("members.html", list=listed(found, page, PATH, q=word))


@get(PATH + "/new")
async def new_member(request: Visit) -> Reply:
    """The form for an invitation. Raises `Forbidden`."""
    request.actor.require(Permission.MEMBER_INVITE)
    return _new_page(request, {})


@post(PATH)
async def invite_member(request: Visit) -> Reply:
    """Have a link e-mailed, and go to the page of whoever is invited. Raises `Forbidden`."""
    form, sealer, now_ms = request.form, request.services.sealer, request.now_ms
    email, name = form.text("email"), form.optional("name")

    async def body(tx: Transaction) -> tuple[Member, bool]:
        is_known = await _is_known(tx, request.actor, email)
        return await invitations.invite(tx, request.actor, email, role, sealer, name=name, now_ms=now_ms), is_known

    try:
        role = _role(form)
        member, was_invited = await request.write_once(body)
    except FORM_ERRORS as refusal:
        return _new_page(request, form.values(), refusal)
    return redirect(f"{PATH}/{member.id}", "invited_again" if was_invited else "invited")


@get(ONE)
async def show_member(request: Visit, ref: FromPath[str]) -> Reply:
    """A member, with what can be done about them. Raises `NotFound`."""
    return await _member_page(request, ref)


@post(ONE)
async def change_member(request: Visit, ref: FromPath[str]) -> Reply:
    """Change the role, unless somebody else has changed the member since. Raises `NotFound`, `Forbidden`."""
    now_ms = request.now_ms
    try:
        role, guard = _role(request.form), request.guard()
        await request.write(lambda tx: members.change_role(tx, request.actor, ref, role, now_ms=now_ms, guard=guard))
    except FORM_ERRORS as refusal:
        return await _member_page(request, ref, request.form.values(), refusal)
    return redirect(f"{PATH}/{ref}", "saved")


@post(ONE + "/deactivate")
async def deactivate_member(request: Visit, ref: FromPath[str]) -> Reply:
    """Shut the member out. Raises `NotFound`, `Forbidden`."""
    now_ms = request.now_ms
    path, notice = _way_out(request, ref) or (f"{PATH}/{ref}", "member_deactivated")
    return await _done(request, ref, lambda tx: members.deactivate(tx, request.actor, ref, now_ms=now_ms), path, notice)


@post(ONE + "/activate")
async def activate_member(request: Visit, ref: FromPath[str]) -> Reply:
    """Let them in again. Raises `NotFound`, `Forbidden`."""
    now_ms, path = request.now_ms, f"{PATH}/{ref}"
    return await _done(
        request, ref, lambda tx: members.activate(tx, request.actor, ref, now_ms=now_ms), path, "member_activated"
    )


@post(ONE + "/delete")
async def remove_member(request: Visit, ref: FromPath[str]) -> Reply:
    """End the membership, or take back the invitation. Raises `NotFound`, `Forbidden`."""
    now_ms = request.now_ms
    path, notice = _way_out(request, ref) or (PATH, "member_removed")
    return await _done(request, ref, lambda tx: members.remove(tx, request.actor, ref, now_ms=now_ms), path, notice)


@post(ONE + "/invite")
async def invite_again(request: Visit, ref: FromPath[str]) -> Reply:
    """E-mail a new link, which ends the old one. Raises `NotFound`, `Forbidden`."""
    sealer, now_ms = request.services.sealer, request.now_ms
    try:
        await request.write_once(lambda tx: invitations.renew(tx, request.actor, ref, sealer, now_ms=now_ms))
    except FORM_ERRORS as refusal:
        return await _member_page(request, ref, refusal=refusal)
    return redirect(f"{PATH}/{ref}", "invited_again")


@post(ONE + "/transfer")
async def transfer_ownership(request: Visit, ref: FromPath[str]) -> Reply:
    """Make the member an owner, and whoever asks for it an admin. Raises `NotFound`, `Forbidden`."""
    now_ms, path = request.now_ms, f"{PATH}/{ref}"
    notice = "owner_as_before" if _is_self(request, ref) else "handed_over"
    return await _done(request, ref, lambda tx: members.hand_over(tx, request.actor, ref, now_ms=now_ms), path, notice)


async def member_or_none(tx: Transaction, actor: Actor, ref: str) -> Member | None:
    """The member; None where there is no such one any more."""
    try:
        return await members.get(tx, actor, ref)
    except NotFound:
        return None


async def _done(request: Visit, ref: str, body: Body[Any], path: str, notice: str) -> Reply:
    """Do it, and lead to the path with the notice; the member's page where it is refused."""
    try:
        await request.write(body)
    except FORM_ERRORS as refusal:
        return await _member_page(request, ref, refusal=refusal)
    return redirect(path, notice)


async def _is_known(tx: Transaction, actor: Actor, email: str) -> bool:
    """Whether the address is already that of a member, or of somebody who is invited."""
    try:
        await members.by_email(tx, actor, email)
    except NotFound:
        return False
    return True


def _new_page(request: Visit, values: Values, refusal: Refusal | None = None) -> Reply:
    return request.page("member_invite.html", values=values, roles=_roles(request), refusal=refusal)


async def _member_page(request: Visit, ref: str, values: Values | None = None, refusal: Refusal | None = None) -> Reply:
    member = await request.read(lambda tx: members.get(tx, request.actor, ref))
    return request.page(
        "member.html",
        member=member,
        version=version_of(member) if values is None else values.get("version", ""),
        role=member.role if values is None else values.get("role", ""),
        roles=_roles(request),
        now=member.role if isinstance(refusal, Stale) else "",
        is_self=member.serial == request.actor.user,
        refusal=refusal,
    )


def _way_out(request: Visit, ref: str) -> tuple[str, str] | None:
    """Where those go who leave, and the notice: no page of the workspace is theirs any more. None for others."""
    return ("/workspaces", "left") if _is_self(request, ref) else None


def _is_self(request: Visit, ref: str) -> bool:
    return ref.lower() == request.actor.user_id


def _roles(request: Visit) -> list[tuple[str, str]]:
    return [
        (role.value, label)
        for role, label in ROLES.items()
        if role is not Role.OWNER or request.may(Permission.OWNERSHIP_CHANGE)
    ]


def _role(form: Form) -> Role:
    try:
        return Role(form.text("role"))
    except ValueError:
        raise Invalid({"role": ["must be member, admin or owner"]}) from None
