"""Field types that many shapes share, with their schema annotations."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from maquette.wire.texts import COLOR, DESCRIPTION, NAME

Id = Annotated[int, Meta(extra_json_schema={"minimum": 1})]
Name = Annotated[str, NAME]
Description = Annotated[str, DESCRIPTION]
Color = Annotated[str, COLOR]

ProjectId = Annotated[Id, Meta(description="The project's id.", examples=[3102440])]
ProjectName = Annotated[Name, Meta(examples=["api created user's project"])]
KitId = Annotated[Id, Meta(description="The brand kit's id.", examples=[1224286])]
KitName = Annotated[Name, Meta(examples=["Lets tag this to project"])]
AssetId = Annotated[Id, Meta(description="The file's id.", examples=[2313714])]
AssetName = Annotated[Name, Meta(examples=["logo.png"])]
TeamId = Annotated[Id, Meta(description="The team it belongs to.", examples=[719])]
UserId = Annotated[Id, Meta(description="The user who made it.", examples=[719026])]
MemberId = Annotated[Id, Meta(description="The user's id.", examples=[719026])]
MemberName = Annotated[Name, Meta(examples=["Ada Lovelace"])]
Email = Annotated[str, Meta(description="Case-insensitive; kept in lower case.", examples=["ada@example.com"])]
RoleId = Annotated[int, Meta(description="As `GET /v1/teamRoles` lists them.", examples=[1])]
Moment = Annotated[str, Meta(examples=["2025-03-23T14:35:21.042Z"], extra_json_schema={"format": "date-time"})]


def moment(at_ms: int) -> str:
    """A time as the wire shows it: UTC, with milliseconds, always."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime(f"%Y-%m-%dT%H:%M:%S.{at_ms % 1000:03}Z")
