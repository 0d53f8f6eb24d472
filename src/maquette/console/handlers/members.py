"""`/members`."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath

from maquette.console.forms import Form, Values
from maquette.console.lists import listed, search, window
from maquette.console.refusals import SHOWN
from maquette.console.visit import Visit, redirect, version_of
from maquette.domain import invitations, members
from maquette.model import text
from maquette.model.actor import Permission, Role
from maquette.model.errors import Invalid, Refusal
from maquette.model.page import Order, SortField
from maquette.wire.call import Body
from maquette.wire.reply import Reply

PATH = "/members"
ONE = PATH + "/{ref:str}"

BY_NAME = Order(SortField.NAME, descending=False)
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
    try:
        role = _role(form)
        member = await request.write(
            lambda tx: invitations.invite(tx, request.actor, email, role, sealer, name=name, now_ms=now_ms)
        )
    except SHOWN as refusal:
        return _new_page(request, form.values(), refusal)
    return redirect(f"{PATH}/{member.id}", "invited")


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
    except SHOWN as refusal:
        return await _member_page(request, ref, request.form.values(), refusal)
    return redirect(f"{PATH}/{ref}", "saved")


@post(ONE + "/deactivate")
async def deactivate_member(request: Visit, ref: FromPath[str]) -> Reply:
    """Shut the member out. Raises `NotFound`, `Forbidden`."""
    now_ms = request.now_ms
    return await _done(
        request,
        ref,
        lambda tx: members.deactivate(tx, request.actor, ref, now_ms=now_ms),
        _way_out(request, ref) or redirect(f"{PATH}/{ref}", "member_deactivated"),
    )


@post(ONE + "/activate")
async def activate_member(request: Visit, ref: FromPath[str]) -> Reply:
    """Let them in again. Raises `NotFound`, `Forbidden`."""
    now_ms = request.now_ms
    return await _done(
        request,
        ref,
        lambda tx: members.activate(tx, request.actor, ref, now_ms=now_ms),
        redirect(f"{PATH}/{ref}", "member_activated"),
    )


@post(ONE + "/delete")
async def remove_member(request: Visit, ref: FromPath[str]) -> Reply:
    """End the membership, or take back the invitation. Raises `NotFound`, `Forbidden`."""
    now_ms = request.now_ms
    return await _done(
        request,
        ref,
        lambda tx: members.remove(tx, request.actor, ref, now_ms=now_ms),
        _way_out(request, ref) or redirect(PATH, "member_removed"),
    )


@post(ONE + "/invite")
async def invite_again(request: Visit, ref: FromPath[str]) -> Reply:
    """E-mail a new link, which ends the old one. Raises `NotFound`, `Forbidden`."""
    sealer, now_ms = request.services.sealer, request.now_ms
    return await _done(
        request,
        ref,
        lambda tx: invitations.renew(tx, request.actor, ref, sealer, now_ms=now_ms),
        redirect(f"{PATH}/{ref}", "invited"),
    )


@post(ONE + "/transfer")
async def transfer_ownership(request: Visit, ref: FromPath[str]) -> Reply:
    """Make the member an owner, and whoever asks for it an admin. Raises `NotFound`, `Forbidden`."""
    now_ms = request.now_ms
    return await _done(
        request,
        ref,
        lambda tx: members.hand_over(tx, request.actor, ref, now_ms=now_ms),
        redirect(f"{PATH}/{ref}", "handed_over"),
    )


async def _done(request: Visit, ref: str, body: Body[Any], answer: Reply) -> Reply:
    """Do it, then the answer; the member's page where it is refused."""
    try:
        await request.write(body)
    except SHOWN as refusal:
        return await _member_page(request, ref, refusal=refusal)
    return answer


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
        is_self=member.serial == request.actor.user,
        refusal=refusal,
    )


def _way_out(request: Visit, ref: str) -> Reply | None:
    """Where those go who have left: no page of the workspace is theirs any more. None for anybody else."""
    return redirect("/workspaces", "left") if ref.lower() == request.actor.user_id else None


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
