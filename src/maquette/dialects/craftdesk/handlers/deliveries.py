"""`/v1/webhooks/{ref}/deliveries`, and the routes that send messages again."""

from litestar import get, post
from litestar.params import FromPath

from maquette.dialects.craftdesk.handlers.webhooks import ONE as WEBHOOK
from maquette.dialects.craftdesk.handlers.webhooks import PATH as WEBHOOKS
from maquette.dialects.craftdesk.handlers.webhooks import TAGS
from maquette.dialects.craftdesk.shapes.deliveries import (
    DeliveryOut,
    DeliveryQuery,
    DeliveryRef,
    ReplayIn,
    ReplayOut,
    WholeDeliveryOut,
)
from maquette.dialects.craftdesk.shapes.page import Listed, One, links, listed
from maquette.dialects.craftdesk.shapes.webhooks import WebhookRef
from maquette.domain import deliveries
from maquette.model.errors import NotFound
from maquette.model.page import ByPage
from maquette.model.webhooks import Delivery
from maquette.wire.call import Answer, Call, encode

PATH = WEBHOOK + "/deliveries"
ONE = PATH + "/{delivery:str}"


@get(
    PATH,
    query=DeliveryQuery,
    refuses=(NotFound,),
    sends=("Link",),
    tags=TAGS,
    summary="List deliveries",
    response_description="One page of deliveries",
)
async def list_deliveries(request: Call, ref: FromPath[WebhookRef]) -> Answer[Listed[DeliveryOut]]:
    """What the webhook was told in the last 30 days, and what is still to be told, the newest first."""
    query = request.query_as(DeliveryQuery)
    window, filter = ByPage(query.page, query.per_page), query.filter()
    found = await request.read(lambda tx: deliveries.list_(tx, request.actor, ref, filter, window))
    page = listed([DeliveryOut.of(delivery) for delivery in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))


@get(ONE, refuses=(NotFound,), tags=TAGS, summary="Read a delivery", response_description="The delivery")
async def get_delivery(
    request: Call, ref: FromPath[WebhookRef], delivery: FromPath[DeliveryRef]
) -> Answer[One[WholeDeliveryOut]]:
    """What was sent, and for every attempt what came back, how long it took and why it failed."""
    found = await request.read(lambda tx: deliveries.get(tx, request.actor, ref, delivery))
    return Answer(encode(One(WholeDeliveryOut.whole(found))))


@post(
    ONE + "/resend",
    status_code=200,
    refuses=(NotFound,),
    sends=("ETag",),
    tags=TAGS,
    summary="Send a message again",
    response_description="The delivery, which waits",
)
async def resend_delivery(
    request: Call, ref: FromPath[WebhookRef], delivery: FromPath[DeliveryRef]
) -> Answer[One[DeliveryOut]]:
    """Send the same id and the same bytes once more, now, whatever has become of them before."""
    now_ms = request.now_ms
    return await request.write(lambda tx: deliveries.resend(tx, request.actor, ref, delivery, now_ms=now_ms), render)


@post(
    WEBHOOK + "/test",
    refuses=(NotFound,),
    sends=("ETag", "Location"),
    tags=TAGS,
    summary="Test a webhook",
    response_description="The delivery, which waits",
)
async def test_webhook(request: Call, ref: FromPath[WebhookRef]) -> Answer[One[DeliveryOut]]:
    """Send a `webhook.test` to this webhook alone; the delivery tells how it was answered."""
    now_ms = request.now_ms
    return await request.write(
        lambda tx: deliveries.send_test(tx, request.actor, ref, now_ms=now_ms),
        render,
        status=201,
        location=lambda sent: f"{WEBHOOKS}/{ref.lower()}/deliveries/{sent.id}",
    )


@post(
    WEBHOOK + "/replay",
    status_code=200,
    body=ReplayIn,
    example={"since": "2025-03-23T14:35:21Z", "only_missing": True},
    refuses=(NotFound,),
    sends=("ETag",),
    tags=TAGS,
    summary="Replay what happened",
    response_description="What has begun",
)
async def replay_deliveries(request: Call, ref: FromPath[WebhookRef]) -> Answer[One[ReplayOut]]:
    """Send the events of a period again, or only those that haven't arrived: after an outage, or to a new webhook.

    A long period is worked off in parts, in the order of the events, until all is sent or the webhook is disabled.
    """
    wanted = await request.body_as(ReplayIn)
    since_ms, until_ms = wanted.bounds()
    now_ms = request.now_ms
    return await request.write(
        lambda tx: deliveries.replay(
            tx,
            request.actor,
            ref,
            since_ms=since_ms,
            until_ms=until_ms,
            missing_only=wanted.only_missing,
            now_ms=now_ms,
        ),
        lambda begun: encode(One(ReplayOut(begun.deliveries, begun.is_complete))),
    )


def render(delivery: Delivery) -> bytes:
    """The bytes of a delivery without its attempts."""
    return encode(One(DeliveryOut.of(delivery)))
