"""Projects as Creatopy shows and takes them. A new one takes `brandKitId`, a change `assignedBrandKitId`."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from maquette.dialects.creatopy.shapes.brand_kits import BrandKitNode, BrandKitOut
from maquette.dialects.creatopy.shapes.fields import (
    Color,
    Description,
    KitId,
    ProjectId,
    ProjectName,
    TeamId,
    UserId,
)
from maquette.domain.projects import ProjectDraft, ProjectPatch
from maquette.model import records
from maquette.model.records import Project
from maquette.wire.texts import ABOUT_COLOR, ABOUT_DESCRIPTION

Selectable = Annotated[bool, Meta(description="Whether another kit can be chosen in the editor.")]


class ProjectIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A project to be made."""

    name: ProjectName
    brand_kit_id: KitId
    color: Annotated[Color | None, ABOUT_COLOR] = None
    description: Annotated[Description | None, ABOUT_DESCRIPTION] = None

    def draft(self) -> ProjectDraft:
        """Convert to the domain's type."""
        return ProjectDraft(self.name, self.description, self.color, brand_kit=self.brand_kit_id)


class ProjectPatchIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which project to change, and how; a field that isn't there stays as it is."""

    project_id: ProjectId
    name: ProjectName | UnsetType = UNSET
    assigned_brand_kit_id: Annotated[KitId | None | UnsetType, Meta(description="null takes the kit away.")] = UNSET
    is_brand_kit_selectable: Selectable | UnsetType = UNSET
    color: Annotated[Color | None | UnsetType, ABOUT_COLOR] = UNSET
    description: Annotated[Description | None | UnsetType, ABOUT_DESCRIPTION] = UNSET

    def patch(self) -> ProjectPatch:
        """Convert to the domain's type."""
        kit, selectable = self.assigned_brand_kit_id, self.is_brand_kit_selectable
        return ProjectPatch(
            name=records.UNSET if self.name is UNSET else self.name,
            description=records.UNSET if self.description is UNSET else self.description,
            color=records.UNSET if self.color is UNSET else self.color,
            brand_kit=records.UNSET if kit is UNSET else kit,
            kit_selectable=records.UNSET if selectable is UNSET else selectable,
        )


class ProjectRef(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which project to delete."""

    project_id: ProjectId


class ProjectNode(msgspec.Struct, rename="camel"):
    """A project in a list."""

    id: ProjectId
    name: ProjectName
    created_by: UserId
    color: Annotated[Color | None, ABOUT_COLOR]
    description: Annotated[Description | None, ABOUT_DESCRIPTION]
    brand_kit: Annotated[BrandKitNode | None, Meta(description="The kit it is assigned.")]

    @classmethod
    def of(cls, project: Project) -> "ProjectNode":
        """The record in this API's format."""
        kit = BrandKitNode.of(project.brand_kit) if project.brand_kit else None
        return cls(project.serial, project.name, project.created_by, project.color, project.description, kit)


class ProjectOut(msgspec.Struct, rename="camel"):
    """A project as it is shown alone."""

    id: ProjectId
    team_id: TeamId
    name: ProjectName
    created_by: UserId
    color: Annotated[Color | None, ABOUT_COLOR]
    description: Annotated[Description | None, ABOUT_DESCRIPTION]
    brand_kit: Annotated[BrandKitOut | None, Meta(description="The kit it is assigned.")]
    is_brand_kit_selectable: Selectable

    @classmethod
    def of(cls, project: Project) -> "ProjectOut":
        """The record in this API's format."""
        return cls(
            project.serial,
            project.workspace,
            project.name,
            project.created_by,
            project.color,
            project.description,
            BrandKitOut.of(project.brand_kit) if project.brand_kit else None,
            project.kit_selectable,
        )


class ProjectAnswer(msgspec.Struct):
    """A project as the answer to its making or change."""

    project: ProjectOut
