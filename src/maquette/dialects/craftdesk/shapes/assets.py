"""The files of brand kits as CraftDesk shows and takes them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from maquette.dialects.craftdesk.shapes.fields import Id, Moment, Name
from maquette.dialects.craftdesk.shapes.page import TEXT_LENGTH, PageNumber, PageSize, Sort, moment
from maquette.domain.assets import AssetFilter
from maquette.domain.pictures import MEDIA_TYPES
from maquette.model.records import Asset, AssetKind
from maquette.model.text import fold
from maquette.wire.input import Upload
from maquette.wire.texts import BYTES, CHOICE, PIXELS

ASSET_PATH = "/v1/brand_kits/{kit}/assets/{asset}"

AssetRef = Annotated[Id, Meta(description="The file's id.")]
AssetName = Annotated[Name, Meta(examples=["Logo"])]
Kind = Annotated[AssetKind, CHOICE, Meta(description="What it is for.")]
MediaType = Annotated[
    str,
    Meta(description="Detected from its content.", examples=["image/png"], extra_json_schema={"enum": [*MEDIA_TYPES]}),
]
_SAMPLE = ASSET_PATH.format(kit="550e8400-e29b-41d4-a716-446655440000", asset="…")

Url = Annotated[
    str,
    Meta(description="The path of its bytes on this server, for a caller with a key.", examples=[_SAMPLE + "/content"]),
]


class AssetQuery(msgspec.Struct, frozen=True):
    """Which of the kit's files, in which order."""

    page: PageNumber = 1
    per_page: PageSize = 20
    sort: Sort = "-created_at"
    q: Annotated[str, Meta(max_length=TEXT_LENGTH, description="The name contains this.")] | None = None
    kind: Kind | None = None

    def filter(self) -> AssetFilter:
        """Convert to the domain's filter."""
        return AssetFilter(self.kind, fold(self.q or ""))


class AssetIn(msgspec.Struct, forbid_unknown_fields=True):
    """A file to be added."""

    file: Annotated[Upload, Meta(description="A PNG, JPEG, GIF, WebP or SVG of at most 10 MiB and 50 megapixels.")]
    kind: Kind
    name: Annotated[AssetName | None, Meta(description="By default, the file's own name.")] = None


class AssetOut(msgspec.Struct):
    """A file as it is shown."""

    id: AssetRef
    kind: Kind
    name: AssetName
    media_type: MediaType
    size: Annotated[int, BYTES]
    width: Annotated[int, PIXELS]
    height: Annotated[int, PIXELS]
    url: Url
    thumbnail_url: Annotated[
        str, Meta(description="The path of a PNG of at most 256 pixels a side.", examples=[_SAMPLE + "/thumbnail"])
    ]
    created_by: Annotated[Id, Meta(description="The user who added it.")]
    created_at: Moment

    @classmethod
    def of(cls, asset: Asset) -> "AssetOut":
        """The record in this API's format."""
        path = ASSET_PATH.format(kit=asset.brand_kit_id, asset=asset.id)
        return cls(
            asset.id,
            asset.kind,
            asset.name,
            asset.media_type,
            asset.size,
            asset.width,
            asset.height,
            f"{path}/content",
            f"{path}/thumbnail",
            asset.created_by_id,
            moment(asset.created_at),
        )
