"""The files of brand kits as Creatopy shows and takes them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from maquette.dialects.creatopy.shapes.connection import ListQuery
from maquette.dialects.creatopy.shapes.fields import AssetId, AssetName, KitId
from maquette.domain.assets import AssetFilter
from maquette.domain.pictures import MEDIA_TYPES
from maquette.model.records import Asset, AssetKind
from maquette.wire.input import Upload
from maquette.wire.texts import BYTES, CHOICE, PIXELS

CONTENT_PATH = "/v1/brandkits/assets/content"
THUMBNAIL_PATH = "/v1/brandkits/assets/thumbnail"

Kind = Annotated[AssetKind, CHOICE, Meta(description="What it is for.")]
Url = Annotated[
    str,
    Meta(
        description="The path of its bytes on this server, for a caller with a token.",
        examples=[CONTENT_PATH + "?assetId=2313714"],
    ),
]


class AssetQuery(ListQuery, frozen=True, kw_only=True):
    """Whose files, which part of them, in which order."""

    brandkitId: KitId  # noqa: N815

    def filter(self) -> AssetFilter:
        """Convert to the domain's filter."""
        return AssetFilter(keyword=self.folded_keyword())


class ContentQuery(msgspec.Struct, frozen=True):
    """Which file."""

    assetId: AssetId  # noqa: N815


class AssetIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A file to be added to a kit."""

    brandkit_id: KitId = msgspec.field(name="brandkitId")
    file: Annotated[Upload, Meta(description="A PNG, JPEG, GIF, WebP or SVG of at most 10 MiB and 50 megapixels.")]
    kind: Kind


class AssetRefIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which file to delete."""

    asset_id: AssetId


class AssetOut(msgspec.Struct, rename="camel"):
    """A file as it is shown."""

    id: AssetId
    name: AssetName
    type: Kind
    mime_type: Annotated[
        str,
        Meta(
            description="Detected from its content.", examples=["image/png"], extra_json_schema={"enum": [*MEDIA_TYPES]}
        ),
    ]
    url: Url
    thumbnail_url: Annotated[
        str,
        Meta(
            description="The path of a PNG of at most 256 pixels a side.",
            examples=[THUMBNAIL_PATH + "?assetId=2313714"],
        ),
    ]
    width: Annotated[int, PIXELS]
    height: Annotated[int, PIXELS]
    size: Annotated[int, BYTES]

    @classmethod
    def of(cls, asset: Asset) -> "AssetOut":
        """The record in this API's format."""
        return cls(
            asset.serial,
            asset.name,
            asset.kind,
            asset.media_type,
            f"{CONTENT_PATH}?assetId={asset.serial}",
            f"{THUMBNAIL_PATH}?assetId={asset.serial}",
            asset.width,
            asset.height,
            asset.size,
        )


class AssetAnswer(msgspec.Struct):
    """A file as the answer to its making."""

    asset: AssetOut
