"""Brand kits as Creatopy shows and takes them."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from maquette.dialects.creatopy.shapes.fields import KitId, KitName, TeamId, UserId
from maquette.model.records import BrandKit, Font


class BrandKitIn(msgspec.Struct, forbid_unknown_fields=True):
    """A kit to be made."""

    name: KitName


class BrandKitPatchIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which kit to change, and how."""

    brandkit_id: KitId = msgspec.field(name="brandkitId")
    name: KitName | UnsetType = UNSET


class BrandKitRef(msgspec.Struct, forbid_unknown_fields=True):
    """Which kit to delete."""

    brandkit_id: KitId = msgspec.field(name="brandkitId")


class FontOut(msgspec.Struct, rename="camel"):
    """One entry of the typography."""

    font_id: Annotated[int | None, Meta(description="null for a standard font.")]
    font_name: Annotated[str, Meta(examples=["Roboto"])]
    font_size: Annotated[int, Meta(description="In points.", examples=[48])]
    font_weight: Annotated[str, Meta(examples=["700"])]
    type: Annotated[str, Meta(description="What it is for.", examples=["title"])]

    @classmethod
    def of(cls, font: Font) -> "FontOut":
        """The record in this API's format."""
        return cls(font.id, font.name, font.size, font.weight, font.kind)


class BrandKitNode(msgspec.Struct):
    """A kit in a list, or of a listed project."""

    id: KitId
    name: KitName

    @classmethod
    def of(cls, kit: BrandKit) -> "BrandKitNode":
        """The record in this API's format."""
        return cls(kit.serial, kit.name)


class BrandKitOut(msgspec.Struct, rename="camel"):
    """A kit as it is shown alone, or in a project."""

    id: KitId
    name: KitName
    team_id: TeamId
    typography: list[FontOut]
    created_by: UserId

    @classmethod
    def of(cls, kit: BrandKit) -> "BrandKitOut":
        """The record in this API's format."""
        fonts = [FontOut.of(font) for font in kit.typography]
        return cls(kit.serial, kit.name, kit.workspace, fonts, kit.created_by)


class BrandKitAnswer(msgspec.Struct, rename="camel"):
    """A kit as the answer to its making or change."""

    brand_kit: BrandKitOut
