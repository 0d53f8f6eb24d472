"""`/v1/events`."""

from litestar import get

from maquette.dialects.craftdesk.shapes.events import EventOut, EventQuery
from maquette.dialects.craftdesk.shapes.page import Listed, links, listed
from maquette.domain import events
from maquette.model.page import ByPage
from maquette.wire.call import Answer, Call, encode


@get(
    "/v1/events",
    query=EventQuery,
    sends=("Link",),
    tags=["Workspace"],
    summary="List what happened",
    response_description="One page of events",
)
async def list_events(request: Call) -> Answer[Listed[EventOut]]:
    """Who did what to which record, the newest first; never what the record held."""
    query = request.query_as(EventQuery)
    window, filter = ByPage(query.page, query.per_page), query.filter()
    found = await request.read(lambda tx: events.list_(tx, request.actor, filter, window))
    page = listed([EventOut.of(event) for event in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))
