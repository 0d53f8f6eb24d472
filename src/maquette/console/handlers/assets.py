"""`/brand-kits/{ref}/assets`."""

from urllib.parse import urlencode

from litestar import get, post
from litestar.params import FromPath

from maquette.console.forms import Form
from maquette.console.handlers.brand_kits import KINDS, kit_page, private
from maquette.console.handlers.brand_kits import ONE as KIT
from maquette.console.handlers.brand_kits import PATH as KITS
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect
from maquette.domain import assets
from maquette.model.errors import Invalid, Refusal
from maquette.model.records import AssetKind
from maquette.wire import files
from maquette.wire.reply import Reply

PATH = KIT + "/assets"
ONE = PATH + "/{asset:str}"


@post(PATH, upload=True)
async def add_asset(request: Visit, ref: FromPath[str]) -> Reply:
    """Add a picture to the kit; its type is detected from its content. Raises `NotFound`."""
    form = request.form
    try:
        upload = form.upload("file")
        if upload is None:
            raise Invalid({"file": ["must be chosen"]})
        await files.add_upload(
            request, ref, _kind(form), upload, name=form.optional("file_name"), write=request.write_once
        )
    except FORM_ERRORS as refusal:
        return await kit_page(request, ref, upload=form.values(), refusal=_in_upload(refusal))
    return redirect(f"{KITS}/{ref}#files", "uploaded")


@get(ONE + "/content")
async def get_content(request: Visit, ref: FromPath[str], asset: FromPath[str]) -> Reply:
    """The picture itself, sent so that a browser runs nothing of it. Raises `NotFound`."""
    return private(await files.send_content(request, lambda tx: assets.located(tx, request.actor, asset, kit=ref)))


@get(ONE + "/thumbnail")
async def get_thumbnail(request: Visit, ref: FromPath[str], asset: FromPath[str]) -> Reply:
    """A PNG of the picture, of at most 256 pixels a side. Raises `NotFound`."""
    return private(await files.send_thumbnail(request, lambda tx: assets.located(tx, request.actor, asset, kit=ref)))


@post(ONE + "/delete")
async def remove_asset(request: Visit, ref: FromPath[str], asset: FromPath[str]) -> Reply:
    """Take the file out of its kit, for good; the page of files is the one that it was on. Raises `NotFound`."""
    now_ms, query = request.now_ms, request.query
    await request.write(lambda tx: assets.remove(tx, request.actor, asset, kit=ref, now_ms=now_ms))
    here = urlencode({name: query.text(name) for name in ("kind", "page") if query.text(name)})
    return redirect(f"{KITS}/{ref}{f'?{here}' if here else ''}#files", "deleted")


def _kind(form: Form) -> AssetKind:
    kind = KINDS.get(form.text("kind"))
    if kind is None:
        raise Invalid({"kind": ["must be logo or image"]})
    return kind


def _in_upload(refusal: Refusal) -> Refusal:
    """The refusal with the field of the file's name, beside which the page has that of the kit's."""
    if not isinstance(refusal, Invalid):
        return refusal
    return Invalid({"file_name" if field == "name" else field: told for field, told in refusal.problems.items()})
