"""`/v1/webhooks/deliveries`, and the routes that send messages again."""

from litestar import get, post

from maquette.dialects.creatopy.handlers.webhooks import PATH as WEBHOOKS
from maquette.dialects.creatopy.handlers.webhooks import TAGS
from maquette.dialects.creatopy.shapes.connection import Connection, Response, connection
from maquette.dialects.creatopy.shapes.deliveries import (
    NEWEST,
    DeliveryOut,
    DeliveryQuery,
    DeliveryRefIn,
    OneDeliveryQuery,
    ReplayIn,
    ReplayOut,
    WholeDeliveryOut,
)
from maquette.dialects.creatopy.shapes.webhooks import WebhookRefIn
from maquette.domain import deliveries
from maquette.model.errors import NotFound
from maquette.model.webhooks import Delivery
from maquette.wire.call import Answer, Call, encode

PATH = WEBHOOKS + "/deliveries"


@get(
    PATH,
    query=DeliveryQuery,
    refuses=(NotFound,),
    tags=TAGS,
    summary="List deliveries",
    response_description="One part of the deliveries",
)
async def list_deliveries(request: Call) -> Answer[Response[Connection[DeliveryOut]]]:
    """What the webhook was told in the last 30 days, and what is still to be told, the newest first."""
    query = request.query_as(DeliveryQuery)
    window, filter = query.window(), query.filter()
    found = await request.read(lambda tx: deliveries.list_(tx, request.actor, query.webhookId, filter, window))
    nodes = [DeliveryOut.of(delivery) for delivery in found.items]
    return Answer(encode(connection(nodes, found, window, NEWEST)))


@get(
    WEBHOOKS + "/delivery",
    query=OneDeliveryQuery,
    refuses=(NotFound,),
    tags=TAGS,
    summary="Read a delivery",
    response_description="The delivery",
)
async def get_delivery(request: Call) -> Answer[Response[WholeDeliveryOut]]:
    """What was sent, and for every attempt what came back, how long it took and why it failed."""
    query = request.query_as(OneDeliveryQuery)
    found = await request.read(lambda tx: deliveries.get(tx, request.actor, query.webhookId, query.deliveryId))
    return Answer(encode(Response(WholeDeliveryOut.whole(found))))


@post(
    WEBHOOKS + "/resend",
    body=DeliveryRefIn,
    status_code=200,
    refuses=(NotFound,),
    sends=("ETag",),
    tags=TAGS,
    summary="Send a message again",
    response_description="The delivery, which waits",
)
async def resend_delivery(request: Call) -> Answer[Response[DeliveryOut]]:
    """Send the same id and the same bytes once more, now, whatever has become of them before."""
    wanted = await request.body_as(DeliveryRefIn)
    now_ms = request.now_ms
    return await request.write(
        lambda tx: deliveries.resend(tx, request.actor, wanted.webhook_id, wanted.delivery_id, now_ms=now_ms), render
    )


@post(
    WEBHOOKS + "/test",
    body=WebhookRefIn,
    status_code=200,
    refuses=(NotFound,),
    sends=("ETag",),
    tags=TAGS,
    summary="Test a webhook",
    response_description="The delivery, which waits",
)
async def test_webhook(request: Call) -> Answer[Response[DeliveryOut]]:
    """Send a `webhook/test` to this webhook alone; the delivery tells how it was answered."""
    ref = (await request.body_as(WebhookRefIn)).webhook_id
    now_ms = request.now_ms
    return await request.write(lambda tx: deliveries.send_test(tx, request.actor, ref, now_ms=now_ms), render)


@post(
    WEBHOOKS + "/replay",
    body=ReplayIn,
    example={"webhookId": 4711, "since": "2025-03-23T14:35:21Z", "onlyMissing": True},
    status_code=200,
    refuses=(NotFound,),
    sends=("ETag",),
    tags=TAGS,
    summary="Replay what happened",
    response_description="What has begun",
)
async def replay_deliveries(request: Call) -> Answer[Response[ReplayOut]]:
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
            wanted.webhook_id,
            since_ms=since_ms,
            until_ms=until_ms,
            missing_only=wanted.only_missing,
            now_ms=now_ms,
        ),
        lambda begun: encode(Response(ReplayOut(begun.deliveries, begun.is_complete))),
    )


def render(delivery: Delivery) -> bytes:
    """The bytes of a delivery without its attempts."""
    return encode(Response(DeliveryOut.of(delivery)))
