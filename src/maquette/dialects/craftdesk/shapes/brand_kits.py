"""Brand kits as CraftDesk shows and takes them."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from maquette.dialects.craftdesk.shapes.assets import AssetOut
from maquette.dialects.craftdesk.shapes.fields import Color, Id, Moment, Name
from maquette.dialects.craftdesk.shapes.page import TEXT_LENGTH, PageNumber, PageSize, Sort, moment
from maquette.domain.brand_kits import FIRST_FONTS
from maquette.domain.styles import MAX_COLORS, MAX_FONTS, SIZES
from maquette.model import records
from maquette.model.records import Font, Unset, WholeKit
from maquette.wire.texts import NAME

KitName = Annotated[Name, Meta(examples=["House style"])]
KitRef = Annotated[Id, Meta(description="The kit's id.")]
ColorName = Annotated[str, NAME, Meta(examples=["Brand blue"])]
ColorHex = Annotated[Color, Meta(description="Three or six hexadecimal digits, kept as sent.", examples=["#1A2B3C"])]

WEIGHT = "^([1-9]00|normal|bold)$"
COLORS = [{"name": "Brand blue", "hex": "#1A2B3C"}]


class BrandKitQuery(msgspec.Struct, frozen=True):
    """Which kits, in which order."""

    page: PageNumber = 1
    per_page: PageSize = 20
    sort: Sort = "-created_at"
    q: Annotated[str, Meta(max_length=TEXT_LENGTH, description="The name contains this.")] | None = None


FontId = Annotated[int | None, Meta(description="null for a standard font.")]
FontName = Annotated[str, NAME, Meta(examples=["Roboto"])]
FontSize = Annotated[
    int,
    Meta(
        description="In points.",
        examples=[48],
        extra_json_schema={"minimum": SIZES.start, "maximum": SIZES.stop - 1},
    ),
]
FontWeight = Annotated[
    str, Meta(description="100, 200 … 900, normal or bold.", examples=["700"], extra_json_schema={"pattern": WEIGHT})
]
FontType = Annotated[str, NAME, Meta(description="What it is for.", examples=["title"])]


class FontIn(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of the typography, to be kept."""

    font_name: FontName
    font_size: FontSize
    font_weight: FontWeight
    type: FontType
    font_id: FontId = None

    def font(self) -> Font:
        """Convert to the domain's type."""
        return Font(self.font_id, self.font_name, self.font_size, self.font_weight, self.type)


class ColorIn(msgspec.Struct, forbid_unknown_fields=True):
    """One colour of the palette."""

    name: ColorName
    hex: ColorHex

    def color(self) -> records.Color:
        """Convert to the domain's type."""
        return records.Color(self.name, self.hex)


Colors = Annotated[
    list[ColorIn],
    Meta(description="Kept in this order.", extra_json_schema={"maxItems": MAX_COLORS}, examples=[COLORS]),
]
Typography = Annotated[list[FontIn], Meta(description="Kept in this order.", extra_json_schema={"maxItems": MAX_FONTS})]


class BrandKitIn(msgspec.Struct, forbid_unknown_fields=True):
    """A kit to be made."""

    name: KitName
    colors: Colors = msgspec.field(default_factory=list)
    typography: Typography | UnsetType = UNSET

    def palette(self) -> list[records.Color]:
        """Convert the colours to the domain's type."""
        return [color.color() for color in self.colors]

    def fonts(self) -> Sequence[Font]:
        """Convert the typography to the domain's type; by default, the one that every kit starts with."""
        return FIRST_FONTS if self.typography is UNSET else [font.font() for font in self.typography]


class BrandKitPatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; a list takes the place of the one that is there."""

    name: KitName | UnsetType = UNSET
    colors: Colors | UnsetType = UNSET
    typography: Typography | UnsetType = UNSET

    def palette(self) -> list[records.Color] | Unset:
        """Convert the colours to the domain's type."""
        return records.UNSET if self.colors is UNSET else [color.color() for color in self.colors]

    def fonts(self) -> list[Font] | Unset:
        """Convert the typography to the domain's type."""
        return records.UNSET if self.typography is UNSET else [font.font() for font in self.typography]


class ColorOut(msgspec.Struct):
    """One colour of the palette."""

    name: ColorName
    hex: ColorHex

    @classmethod
    def of(cls, color: records.Color) -> "ColorOut":
        """The record in this API's format."""
        return cls(color.name, color.hex)


class FontOut(msgspec.Struct):
    """One entry of the typography."""

    font_id: FontId
    font_name: FontName
    font_size: FontSize
    font_weight: FontWeight
    type: FontType

    @classmethod
    def of(cls, font: Font) -> "FontOut":
        """The record in this API's format."""
        return cls(font.id, font.name, font.size, font.weight, font.kind)


class BrandKitOut(msgspec.Struct):
    """A kit as it is shown."""

    id: Id
    name: KitName
    colors: list[ColorOut]
    typography: list[FontOut]
    logos: Annotated[list[AssetOut], Meta(description="Its files of the kind `logo`, in the order they were added.")]
    created_by: Annotated[Id, Meta(description="The user who made it.")]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, kit: WholeKit) -> "BrandKitOut":
        """The record in this API's format."""
        return cls(
            kit.id,
            kit.name,
            [ColorOut.of(color) for color in kit.colors],
            [FontOut.of(font) for font in kit.typography],
            [AssetOut.of(logo) for logo in kit.logos],
            kit.created_by_id,
            moment(kit.created_at),
            moment(kit.updated_at),
        )
