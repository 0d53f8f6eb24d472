"""Projects as CraftDesk shows and takes them."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from maquette.dialects.craftdesk.shapes.fields import (
    Color,
    Description,
    Id,
    Instant,
    Moment,
    Name,
    Slug,
)
from maquette.dialects.craftdesk.shapes.page import TEXT_LENGTH, PageNumber, PageSize, Sort, instant, moment
from maquette.domain.projects import ProjectDraft, ProjectFilter, ProjectPatch
from maquette.model import records, text
from maquette.model.errors import Invalid
from maquette.model.ids import reads_as_uuid
from maquette.model.page import ByPage
from maquette.model.records import Project, Visibility
from maquette.wire.texts import ABOUT_COLOR, ABOUT_DESCRIPTION, CHOICE

MAX_IDS = 100
WHEN = "an RFC 3339 time, or a date (midnight UTC)."

When = Annotated[str, Meta(extra_json_schema={"examples": ["2025-03-23T14:35:21Z"]})]
ProjectName = Annotated[Name, Meta(examples=["Website Redesign"])]
ProjectRef = Annotated[str, Meta(description="The project's id or slug.", examples=["website-redesign"])]
Kit = Annotated[Id | None, Meta(description="The brand kit it is assigned.")]
Seen = Annotated[Visibility, CHOICE]
EXAMPLE = Meta(examples=["Modernize our web presence"])


class ProjectQuery(msgspec.Struct, frozen=True):
    """Which projects, in which order."""

    page: PageNumber = 1
    per_page: PageSize = 20
    sort: Sort = "-created_at"
    q: Annotated[str, Meta(max_length=TEXT_LENGTH, description="Name or description contains this.")] | None = None
    name: Annotated[str, Meta(max_length=TEXT_LENGTH, description="The whole name, case-insensitive.")] | None = None
    slug: Annotated[str, Meta(description="The slug.", examples=["website-redesign"])] | None = None
    archived: Annotated[
        Literal["false", "true", "any"] | None,
        CHOICE,
        Meta(description="Whether to list archived ones. The default is `false`, with `ids` it is `any`."),
    ] = None
    brand_kit_id: Annotated[Id, Meta(description="The kit it is assigned.")] | None = None
    created_by: Annotated[Id, Meta(description="The user who made it.")] | None = None
    created_after: Annotated[When, Meta(description=f"At this instant or later: {WHEN}")] | None = None
    created_before: Annotated[When, Meta(description=f"Before this instant: {WHEN}")] | None = None
    updated_after: Annotated[When, Meta(description=f"At this instant or later: {WHEN}")] | None = None
    updated_before: Annotated[When, Meta(description=f"Before this instant: {WHEN}")] | None = None
    ids: (
        Annotated[str, Meta(description=f"Up to {MAX_IDS} ids with commas between them, answered on one page.")] | None
    ) = None

    def window(self) -> ByPage:
        """The requested page; with `ids`, one page that holds them all."""
        return ByPage(self.page, self.per_page if self.ids is None else len(self._ids()))

    def filter(self) -> ProjectFilter:
        """Convert to the domain's filter. Raises `Invalid`."""
        archived = self.archived or ("false" if self.ids is None else "any")
        return ProjectFilter(
            text=text.fold(self.q) if self.q else None,
            name=None if self.name is None else text.fold(self.name.strip()),
            slug=self.slug,
            archived={"false": False, "true": True, "any": None}[archived],
            brand_kit=_uuid("brand_kit_id", self.brand_kit_id),
            created_by=_uuid("created_by", self.created_by),
            created_from=instant("created_after", self.created_after),
            created_before=instant("created_before", self.created_before),
            updated_from=instant("updated_after", self.updated_after),
            updated_before=instant("updated_before", self.updated_before),
            ids=None if self.ids is None else self._ids(),
        )

    def _ids(self) -> tuple[str, ...]:
        ids = tuple(dict.fromkeys(id.strip().lower() for id in (self.ids or "").split(",") if id.strip()))
        if not 0 < len(ids) <= MAX_IDS:
            raise Invalid({"ids": [f"must name 1 to {MAX_IDS} projects"]})
        return ids


class ProjectIn(msgspec.Struct, forbid_unknown_fields=True):
    """A project to be made."""

    name: ProjectName
    description: Annotated[Description | None, ABOUT_DESCRIPTION, EXAMPLE] = None
    color: Annotated[Color | None, ABOUT_COLOR] = None
    visibility: Seen = Visibility.PRIVATE
    slug: Annotated[Slug | None, Meta(description="Unique; by default made from the name.")] = None
    brand_kit_id: Kit = None

    def draft(self) -> ProjectDraft:
        """Convert to the domain's type."""
        return ProjectDraft(self.name, self.description, self.color, self.visibility, self.slug, self.brand_kit_id)


class ProjectPatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; a field that isn't there stays as it is."""

    name: ProjectName | UnsetType = UNSET
    description: Annotated[Description | None | UnsetType, ABOUT_DESCRIPTION, EXAMPLE] = UNSET
    color: Annotated[Color | None | UnsetType, ABOUT_COLOR] = UNSET
    visibility: Seen | UnsetType = UNSET
    slug: Annotated[Slug | None | UnsetType, Meta(description="null makes it anew from the name.")] = UNSET
    brand_kit_id: Annotated[Id | None | UnsetType, Meta(description="null takes the kit away.")] = UNSET

    def patch(self) -> ProjectPatch:
        """Convert to the domain's type."""
        return ProjectPatch(
            name=records.UNSET if self.name is UNSET else self.name,
            description=records.UNSET if self.description is UNSET else self.description,
            color=records.UNSET if self.color is UNSET else self.color,
            visibility=records.UNSET if self.visibility is UNSET else self.visibility,
            slug=records.UNSET if self.slug is UNSET else self.slug,
            brand_kit=records.UNSET if self.brand_kit_id is UNSET else self.brand_kit_id,
        )


class ProjectOut(msgspec.Struct):
    """A project as it is shown."""

    id: Id
    name: ProjectName
    slug: Slug
    description: Annotated[Description | None, ABOUT_DESCRIPTION, EXAMPLE]
    color: Annotated[Color | None, ABOUT_COLOR]
    visibility: Seen
    brand_kit_id: Kit
    created_by: Annotated[Id, Meta(description="The user who made it.")]
    archived_at: Annotated[Instant | None, Meta(description="null while it is active.", examples=[None])]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, project: Project) -> "ProjectOut":
        """The record in this API's format."""
        return cls(
            project.id,
            project.name,
            project.slug,
            project.description,
            project.color,
            project.visibility,
            project.brand_kit.id if project.brand_kit else None,
            project.created_by_id,
            None if project.archived_at is None else moment(project.archived_at),
            moment(project.created_at),
            moment(project.updated_at),
        )


def _uuid(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    if not reads_as_uuid(value):
        raise Invalid({name: ["must be a UUID"]})
    return value.lower()
