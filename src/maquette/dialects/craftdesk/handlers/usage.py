"""`/v1/usage`."""

from litestar import get

from maquette.dialects.craftdesk.auth import BURST_WINDOW_S
from maquette.dialects.craftdesk.shapes.page import One
from maquette.dialects.craftdesk.shapes.usage import UsageOut
from maquette.domain import usage
from maquette.wire.call import Answer, Call, encode


@get("/v1/usage", tags=["Workspace"], summary="Read this month's usage", response_description="The month so far")
async def get_usage(request: Call) -> Answer[One[UsageOut]]:
    """This month's calls, through both APIs. Free of the month, and answers when all are used; counts in the burst."""
    services = request.services
    found = await usage.of_month(
        services.database,
        request.actor,
        months=services.admission.months,
        calls=services.calls,
        now_ms=request.now_ms,
    )
    return Answer(encode(One(UsageOut.of(found, request.ticket.plan, BURST_WINDOW_S))))
