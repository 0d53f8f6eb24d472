"""`/brand-kits`."""

from litestar import get, post
from litestar.params import FromPath

from maquette.console.forms import Values
from maquette.console.handlers.members import member_or_none
from maquette.console.kit_form import KitForm
from maquette.console.lists import listed, search, window
from maquette.console.pages import PRIVATE
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect, version_of
from maquette.domain import assets, brand_kits
from maquette.domain.assets import AssetFilter
from maquette.domain.brand_kits import FIRST_FONTS
from maquette.domain.pictures import MAX_PIXELS, MEDIA_TYPES, UPLOAD_BYTES
from maquette.model import text
from maquette.model.actor import Permission
from maquette.model.errors import Refusal, Stale
from maquette.model.page import Order, Slice, SortField
from maquette.model.records import Asset, AssetKind, Member, WholeKit
from maquette.wire import files
from maquette.wire.call import Answer, Transaction
from maquette.wire.reply import Reply

PATH = "/brand-kits"
ONE = PATH + "/{ref:str}"

NEWEST = Order(SortField.CREATED_AT, descending=True)
ORDERS = {"name": Order(SortField.NAME, descending=False), "created": NEWEST}
KINDS = {"logo": AssetKind.LOGO, "image": AssetKind.IMAGE}
TILES = 24
"""How many kits, or files of one, a page shows: a multiple of 2, 3 and 4, to fill its last line."""

LIMITS = {
    "media_types": MEDIA_TYPES,
    "mebibytes": UPLOAD_BYTES // 1024**2,
    "megapixels": MAX_PIXELS // 10**6,
    "logos": assets.MAX_PER_KIT[AssetKind.LOGO],
    "images": assets.MAX_PER_KIT[AssetKind.IMAGE],
}
"""What is told beside the field for a file."""


@get(PATH)
async def list_brand_kits(request: Visit) -> Reply:
    """One page of the workspace's kits, by what their names contain."""
    query, page = request.query, window(request.query, TILES)
    word, sort = search(query), query.text("sort")
    order = ORDERS.get(sort, ORDERS["name"])
    found = await request.read(lambda tx: brand_kits.list_(tx, request.actor, text.fold(word), order, page))
    return request.page("brand_kits.html", list=listed(found, page, PATH, q=word, sort=sort))


@get(PATH + "/new")
async def new_brand_kit(request: Visit) -> Reply:
    """The form for a new kit, with the fonts that every kit starts with. Raises `Forbidden`."""
    request.actor.require(Permission.BRAND_KIT_CREATE)
    return request.page("brand_kit_new.html", now={}, form=KitForm.of("", (), FIRST_FONTS))


@post(PATH)
async def create_brand_kit(request: Visit) -> Reply:
    """Create a kit, and go to its page, where files can be added."""
    form, now_ms = KitForm.sent(request.form), request.now_ms
    colors, fonts = form.palette(), form.typography()
    try:
        kit = await request.write_once(
            lambda tx: brand_kits.create(tx, request.actor, form.name, colors=colors, typography=fonts, now_ms=now_ms)
        )
    except FORM_ERRORS as refusal:
        return request.page("brand_kit_new.html", now={}, form=form, refusal=form.at_rows(refusal))
    return redirect(f"{PATH}/{kit.id}", "created")


@get(ONE)
async def show_brand_kit(request: Visit, ref: FromPath[str]) -> Reply:
    """A kit with its files, and the forms to change both. Raises `NotFound`."""
    return await kit_page(request, ref)


@post(ONE)
async def change_brand_kit(request: Visit, ref: FromPath[str]) -> Reply:
    """Save the form, unless somebody else has changed the same since it was shown. Raises `NotFound`."""
    form, now_ms, check = KitForm.sent(request.form), request.now_ms, request.guard()
    colors, fonts = form.palette(), form.typography()
    try:
        await request.write(
            lambda tx: brand_kits.change(
                tx,
                request.actor,
                ref,
                form.name,
                colors=colors,
                typography=fonts,
                now_ms=now_ms,
                guard=lambda kit: check(_in_form(kit)),
            )
        )
    except FORM_ERRORS as refusal:
        return await kit_page(request, ref, form=form, refusal=form.at_rows(refusal))
    return redirect(f"{PATH}/{ref}", "saved")


@post(ONE + "/delete")
async def remove_brand_kit(request: Visit, ref: FromPath[str]) -> Reply:
    """Delete it with its files, unless projects use it. Raises `NotFound`."""
    now_ms = request.now_ms
    try:
        await request.write(lambda tx: brand_kits.remove(tx, request.actor, ref, now_ms=now_ms))
    except FORM_ERRORS as refusal:
        return await kit_page(request, ref, refusal=refusal)
    return redirect(PATH, "deleted")


@get(ONE + "/archive")
async def send_archive(request: Visit, ref: FromPath[str]) -> Reply:
    """The whole kit in one ZIP. Raises `NotFound`."""
    return private(await files.send_archive(request, ref))


def private(answer: Answer[bytes]) -> Reply:
    """A download that no cache but the person's own browser keeps, which asks each time whether it may show it."""
    reply = answer.reply
    reply.headers = [*reply.headers, PRIVATE]
    return reply


async def kit_page(
    request: Visit,
    ref: str,
    *,
    form: KitForm | None = None,
    upload: Values | None = None,
    refusal: Refusal | None = None,
) -> Reply:
    """The page of a kit, with what was typed into one of its forms. Raises `NotFound`."""
    page, kind = window(request.query, TILES), request.query.text("kind")

    async def body(tx: Transaction) -> tuple[WholeKit, Member | None, Slice[Asset]]:
        kit = await brand_kits.get(tx, request.actor, ref)
        creator = await member_or_none(tx, request.actor, kit.created_by_id)
        filter = AssetFilter(KINDS.get(kind))
        return kit, creator, await assets.list_(tx, request.actor, ref, filter, NEWEST, page)

    kit, creator, found = await request.read(body)
    return request.page(
        "brand_kit.html",
        kit=kit,
        creator=creator,
        is_editing=form is not None,
        now={"name": kit.name} if form and isinstance(refusal, Stale) and form.name.strip() != kit.name else {},
        form=form or KitForm.of(kit.name, kit.colors, kit.typography),
        version=request.form.text("version") if form else version_of(_in_form(kit)),
        files=listed(found, page, f"{PATH}/{kit.id}", kind=kind),
        upload=upload or {},
        limits=LIMITS,
        refusal=refusal,
    )


def _in_form(kit: WholeKit) -> object:
    """What the form changes: a file that is added meanwhile doesn't matter."""
    return kit.name, kit.colors, kit.typography
