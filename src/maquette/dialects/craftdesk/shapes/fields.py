"""Field types that many shapes share, with their schema annotations."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from maquette.wire.texts import COLOR, DESCRIPTION, NAME, SLUG, UUID

Id = Annotated[str, UUID, Meta(examples=["550e8400-e29b-41d4-a716-446655440000"])]
Name = Annotated[str, NAME]
Description = Annotated[str, DESCRIPTION]
Color = Annotated[str, COLOR]
Slug = Annotated[str, SLUG, Meta(description="Unique in the workspace.", examples=["website-redesign"])]
Instant = Annotated[datetime, Meta(tz=True)]
Moment = Annotated[Instant, Meta(examples=["2025-03-23T14:35:21Z"])]
Count = Annotated[int, Meta(extra_json_schema={"minimum": 0})]
