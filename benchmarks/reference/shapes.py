"""What do the reference's answers look like on the wire? Pydantic models for both dialects."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from .models import BrandKit, Project

Time = Annotated[datetime, PlainSerializer(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str)]
Name = Annotated[str, Field(min_length=1, max_length=255)]


class ProjectIn(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name
    description: Annotated[str | None, Field(max_length=10_000)] = None
    color: Annotated[str | None, Field(pattern="^#([0-9a-fA-F]{3}){1,2}$")] = None
    visibility: Annotated[str, Field(pattern="^(private|team)$")] = "private"
    brand_kit_id: UUID | None = None


class ProjectOut(BaseModel):
    id: UUID
    name: str
    slug: str
    description: str | None
    color: str | None
    visibility: str
    brand_kit_id: UUID | None
    created_by: UUID
    created_at: Time
    updated_at: Time
    archived_at: Time | None

    @classmethod
    def of(cls, project: Project) -> "ProjectOut":
        return cls(
            id=project.id,
            name=project.name,
            slug=project.slug,
            description=project.description,
            color=project.color,
            visibility=project.visibility,
            brand_kit_id=project.brand_kit.id if project.brand_kit else None,
            created_by=project.creator.id,
            created_at=project.created_at,
            updated_at=project.updated_at,
            archived_at=project.archived_at,
        )


class Pagination(BaseModel):
    current_page: int
    total: int
    per_page: int
    last_page: int


class Meta(BaseModel):
    pagination: Pagination


class ProjectList(BaseModel):
    data: list[ProjectOut]
    meta: Meta


class OneProject(BaseModel):
    data: ProjectOut


class Camel(BaseModel):
    """Of the Creatopy dialect: snake_case here, camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class TokenIn(Camel):
    client_id: str
    client_secret: str


class TokenOut(Camel):
    token: str


class NewProject(Camel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name
    brand_kit_id: int
    color: str | None = None
    description: Annotated[str | None, Field(max_length=10_000)] = None


class KitName(Camel):
    id: int
    name: str


class Kit(KitName):
    team_id: int
    typography: list[dict[str, Any]]
    created_by: int

    @classmethod
    def of(cls, kit: BrandKit) -> "Kit":
        return cls(
            id=kit.serial,
            name=kit.name,
            team_id=kit.workspace_serial,
            typography=kit.typography,
            created_by=kit.created_by_serial,
        )


class NodeFields(Camel):
    id: int
    name: str
    created_by: int
    color: str | None
    description: str | None


class Node(NodeFields):
    brand_kit: KitName | None

    @classmethod
    def of(cls, project: Project) -> "Node":
        kit = project.brand_kit
        return cls(
            id=project.serial,
            name=project.name,
            created_by=project.created_by_serial,
            color=project.color,
            description=project.description,
            brand_kit=KitName(id=kit.serial, name=kit.name) if kit else None,
        )


class PageInfo(Camel):
    has_next_page: bool
    end_cursor: str


class Connection(Camel):
    total_count: int
    nodes: list[Node]
    page_info: PageInfo


class ListResponse(Camel):
    response: Connection


class CreatedProject(NodeFields):
    team_id: int
    brand_kit: Kit | None
    is_brand_kit_selectable: bool = True

    @classmethod
    def of(cls, project: Project) -> "CreatedProject":
        return cls(
            id=project.serial,
            team_id=project.workspace_serial,
            name=project.name,
            created_by=project.created_by_serial,
            color=project.color,
            description=project.description,
            brand_kit=Kit.of(project.brand_kit) if project.brand_kit else None,
        )


class Created(Camel):
    project: CreatedProject


class CreatedResponse(Camel):
    response: Created
