"""`/keys`: API keys and client pairs, each shown once, when it is made."""

from collections.abc import Iterable
from contextlib import suppress

from litestar import get, post
from litestar.params import FromPath
from msgspec.structs import replace

from maquette.console.forms import Values
from maquette.console.key_fields import EVERY, FIELDS, day_of, draft, end_of
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect, version_of
from maquette.domain import credentials, members, plans, projects
from maquette.domain.credentials import CLIENT, KEY, KeyPatch
from maquette.domain.grants import MAX_PROJECTS
from maquette.domain.projects import ProjectFilter
from maquette.model.actor import Actor, Permission
from maquette.model.clock import DAY_MS
from maquette.model.errors import NotFound, Refusal, UnknownReference
from maquette.model.page import BY_NAME, ByPage
from maquette.model.records import UNSET, Credential, Member, Plan, Project
from maquette.wire.call import Transaction
from maquette.wire.reply import Reply

PATH = "/keys"
ONE = PATH + "/{ref:str}"
CLIENTS = PATH + "/clients"

BOTH = (KEY, CLIENT)
SHOWN_ENDED = 100
"""How many ended ones the list shows."""

CHOICES = ByPage(1, MAX_PROJECTS)
DAY_S = DAY_MS // 1000
NO_OVERLAP = -1
"""For what is no number: the domain refuses it."""
OVERLAPS = [("0", "no longer"), ("3600", "for an hour"), (str(DAY_S), "for a day"), (str(7 * DAY_S), "for 7 days")]


@get(PATH)
async def list_keys(request: Visit) -> Reply:
    """All that programs call with, the newest first; what has ended is below. Raises `Forbidden`."""
    now_ms = request.now_ms

    async def body(tx: Transaction) -> tuple[list[Credential], list[Credential], dict[str, Member]]:
        found = await credentials.every(tx, request.actor)
        live = [each for each in found if not each.has_ended(now_ms)]
        ended = [each for each in found if each.has_ended(now_ms)]
        return live, ended, await _holders(tx, request.actor, [*live, *ended[:SHOWN_ENDED]])

    live, ended, holders = await request.read(body)
    return request.page("keys.html", live=live, ended=ended[:SHOWN_ENDED], ended_count=len(ended), holders=holders)


@get(PATH + "/new")
async def new_key(request: Visit) -> Reply:
    """The form for a new API key. Raises `Forbidden`."""
    return await _new_page(request, {})


@post(PATH)
async def create_key(request: Visit) -> Reply:
    """Create an API key that acts as oneself, and show it this once."""
    now_ms = request.now_ms
    try:
        wanted = draft(request.form)
        made, key = await request.write_once(lambda tx: credentials.create(tx, request.actor, wanted, now_ms=now_ms))
    except UnknownReference as refusal:  # of all grants, these alone refer to anything
        return await _new_page(request, request.form.values(), UnknownReference("projects", refusal.kind))
    except FORM_ERRORS as refusal:
        return await _new_page(request, request.form.values(), refusal)
    return _made_page(request, made, key)


@get(CLIENTS + "/new")
async def new_client(request: Visit) -> Reply:
    """The form for a new client pair. Raises `Forbidden`."""
    request.actor.require(Permission.CREDENTIAL_MANAGE)
    return request.page("client_new.html", values={})


@post(CLIENTS)
async def create_client(request: Visit) -> Reply:
    """Create a client pair that acts as oneself, and show its secret this once."""
    name, sealer, now_ms = request.form.text("name"), request.services.sealer, request.now_ms
    try:
        made, secret = await request.write_once(
            lambda tx: credentials.create_own_client(tx, request.actor, name, sealer, now_ms=now_ms)
        )
    except FORM_ERRORS as refusal:
        return request.page("client_new.html", values=request.form.values(), refusal=refusal)
    return _made_page(request, made, secret)


@get(ONE)
async def show_key(request: Visit, ref: FromPath[str]) -> Reply:
    """A key or a client pair, without its secret. Raises `NotFound`, `Forbidden`."""
    return await _key_page(request, ref)


@post(ONE)
async def change_key(request: Visit, ref: FromPath[str]) -> Reply:
    """Rename the key, or let it end on another day. Raises `NotFound`, `Forbidden`."""
    form, is_as_seen, now_ms = request.form, request.guard(), request.now_ms

    def guard(key: Credential) -> None:
        is_as_seen(_without_use(key))

    async def body(tx: Transaction, end: int | None) -> None:
        before = await credentials.get(tx, request.actor, ref)
        guard(before)  # here too, so that the day is compared with that of the key that is changed
        is_same_day = day_of(end) == day_of(before.expires_at)
        patch = KeyPatch(form.text("name"), UNSET if is_same_day else end)
        await credentials.change(tx, request.actor, ref, patch, now_ms=now_ms, guard=guard)

    try:
        end = end_of(form)
        await request.write(lambda tx: body(tx, end))
    except FORM_ERRORS as refusal:
        return await _key_page(request, ref, form.values(), refusal)
    return redirect(f"{PATH}/{ref}", "saved")


@post(ONE + "/rotate")
async def rotate_key(request: Visit, ref: FromPath[str]) -> Reply:
    """Make a key in its place, and show that this once. Raises `NotFound`, `Forbidden`."""
    overlap_s, now_ms = request.form.number("overlap_seconds", NO_OVERLAP), request.now_ms

    async def body(tx: Transaction) -> tuple[Credential, Credential, str]:
        made, key = await credentials.rotate(tx, request.actor, ref, overlap_s=overlap_s, now_ms=now_ms)
        return await credentials.get(tx, request.actor, ref), made, key

    try:
        old, made, key = await request.write_once(body)
    except FORM_ERRORS as refusal:
        return await _key_page(request, ref, None, refusal)
    return _made_page(request, made, key, old)


@post(ONE + "/revoke")
async def revoke_key(request: Visit, ref: FromPath[str]) -> Reply:
    """End a key or a client pair at once. Raises `NotFound`, `Forbidden`."""
    now_ms = request.now_ms
    await request.write(lambda tx: credentials.revoke(tx, request.actor, ref, now_ms=now_ms))
    return redirect(f"{PATH}/{ref}", "key_revoked")


async def _new_page(request: Visit, values: Values, refusal: Refusal | None = None) -> Reply:
    request.actor.require(Permission.CREDENTIAL_MANAGE)
    workspace = request.signed_in.workspace
    assert workspace

    async def body(tx: Transaction) -> tuple[Plan, list[Project], int]:
        found = await projects.list_(tx, request.actor, ProjectFilter(archived=False), BY_NAME, CHOICES)
        return await plans.get(tx, workspace.plan), found.items, found.total

    plan, choices, total = await request.read(body)
    return request.page(
        "key_new.html",
        plan=plan,
        fields=FIELDS.values(),
        projects=choices,
        project_count=total,
        values={"scope": "full", "which": EVERY, **values},
        chosen=request.form.all("projects"),
        refusal=refusal,
    )


def _made_page(request: Visit, made: Credential, secret: str, old: Credential | None = None) -> Reply:
    return request.page("key_made.html", made=made, secret=secret, old=old, url=request.services.public_url)


async def _key_page(request: Visit, ref: str, values: Values | None = None, refusal: Refusal | None = None) -> Reply:
    async def body(tx: Transaction) -> tuple[Credential, Member | None, list[Project]]:
        key = await credentials.get(tx, request.actor, ref, kinds=BOTH)
        named = key.grants.projects if key.grants is not None else None
        filter = ProjectFilter(ids=named)
        seen = (await projects.list_(tx, request.actor, filter, BY_NAME, CHOICES)).items if named else []
        return key, (await _holders(tx, request.actor, [key])).get(key.user_id), seen

    key, holder, seen = await request.read(body)
    return request.page(
        "key.html",
        key=key,
        holder=holder,
        projects=seen,
        has_ended=key.has_ended(request.now_ms),
        version=version_of(_without_use(key)) if values is None else values.get("version", ""),
        values={"name": key.name, "expires_at": day_of(key.expires_at)} if values is None else values,
        fields=FIELDS,
        overlaps=OVERLAPS,
        overlap=request.form.text("overlap_seconds", str(DAY_S)),
        refusal=refusal,
    )


async def _holders(tx: Transaction, actor: Actor, keys: Iterable[Credential]) -> dict[str, Member]:
    """Those whom the keys act as, by id, without those who have left."""
    found = {}
    for id in {key.user_id for key in keys}:
        with suppress(NotFound):
            found[id] = await members.get(tx, actor, id)
    return found


def _without_use(key: Credential) -> Credential:
    """The key without when it was last used: a call with it is no change."""
    return replace(key, last_used_at=None)
