"""The caller's workspace as CraftDesk shows it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from maquette.dialects.craftdesk.shapes.fields import Id, Moment, Name, Slug
from maquette.dialects.craftdesk.shapes.page import moment
from maquette.model.records import Workspace


class WorkspaceOut(msgspec.Struct):
    """A workspace as it is shown."""

    id: Id
    name: Annotated[Name, Meta(examples=["Acme"])]
    slug: Annotated[Slug, Meta(description="Unique on this server.", examples=["acme"])]
    plan: Annotated[str, Meta(description="What it may use.", examples=["professional"])]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, workspace: Workspace) -> "WorkspaceOut":
        """The record in this API's format."""
        return cls(
            workspace.id,
            workspace.name,
            workspace.slug,
            workspace.plan,
            moment(workspace.created_at),
            moment(workspace.updated_at),
        )
