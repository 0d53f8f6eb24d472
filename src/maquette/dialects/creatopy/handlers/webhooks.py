"""`/v1/webhooks` and `/v1/webhookActions`."""

from litestar import delete, get, post, put
from msgspec import UNSET

from maquette.dialects.creatopy.shapes.actions import ActionOut, ids_of
from maquette.dialects.creatopy.shapes.connection import SUCCESS, Response, Status
from maquette.dialects.creatopy.shapes.webhooks import (
    NewWebhookOut,
    SecretIn,
    WebhookIn,
    WebhookOut,
    WebhookPatchIn,
    WebhookRefIn,
)
from maquette.domain import endpoints, webhooks
from maquette.domain.webhooks import MAX_WEBHOOKS, NewWebhook
from maquette.model.errors import NotFound, Stale
from maquette.model.page import AfterCursor
from maquette.model.webhooks import Webhook
from maquette.wire.call import Answer, Call, Transaction, encode

PATH = "/v1/webhooks"
TAGS = ["Webhooks"]

ALL = AfterCursor(MAX_WEBHOOKS, None)


@get(PATH, tags=TAGS, summary="List webhooks", response_description="All webhooks")
async def list_webhooks(request: Call) -> Answer[Response[list[WebhookOut]]]:
    """The team's webhooks, without their secrets, the newest first."""
    found = await request.read(lambda tx: webhooks.list_(tx, request.actor, ALL))
    return Answer(encode(Response([WebhookOut.of(webhook) for webhook in found.items])))


@post(
    PATH,
    body=WebhookIn,
    status_code=200,
    sends=("ETag", "Cache-Control"),
    tags=TAGS,
    summary="Create a webhook",
    response_description="The new webhook, and its secret this once",
)
async def create_webhook(request: Call) -> Answer[Response[NewWebhookOut]]:
    """Have messages sent to a URL, signed as Standard Webhooks describes. The secret is in this answer alone."""
    draft = (await request.body_as(WebhookIn)).draft()
    services, now_ms = request.services, request.now_ms
    problem = await endpoints.vet(request.actor, services.sender, draft.url)

    async def verb(tx: Transaction) -> NewWebhook:
        if problem is not None:
            raise problem
        return await webhooks.create(tx, request.actor, draft, services.sealer, now_ms=now_ms)

    return await request.write(verb, render_new, tagged=without_secret, sealer=services.sealer)


@put(
    PATH,
    body=WebhookPatchIn,
    refuses=(NotFound, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change a webhook",
    response_description="The webhook as it is now",
)
async def change_webhook(request: Call) -> Answer[Response[WebhookOut]]:
    """Change what the body names. A disabled one is sent nothing; what happened meanwhile can be replayed."""
    wanted = await request.body_as(WebhookPatchIn)
    ref, patch, url = wanted.webhook_id, wanted.patch(), wanted.url
    guard, now_ms = request.guard(render), request.now_ms
    problem = None if url is UNSET else await endpoints.vet(request.actor, request.services.sender, url)

    async def verb(tx: Transaction) -> Webhook:
        if problem is not None:
            raise problem
        return await webhooks.change(tx, request.actor, ref, patch, now_ms=now_ms, guard=guard)

    return await request.write(verb, render)


@delete(
    PATH,
    body=WebhookRefIn,
    status_code=200,
    refuses=(NotFound, Stale),
    tags=TAGS,
    summary="Delete a webhook",
    response_description="It is deleted",
)
async def remove_webhook(request: Call) -> Answer[Response[Status]]:
    """Send it nothing more; its deliveries are forgotten."""
    ref = (await request.body_as(WebhookRefIn)).webhook_id
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: webhooks.remove(tx, request.actor, ref, now_ms=now_ms, guard=guard), lambda _: SUCCESS
    )


@post(
    PATH + "/rotateSecret",
    body=SecretIn,
    status_code=200,
    refuses=(NotFound, Stale),
    sends=("ETag", "Cache-Control"),
    tags=TAGS,
    summary="Rotate a webhook's secret",
    response_description="The webhook, and its new secret this once",
)
async def rotate_secret(request: Call) -> Answer[Response[NewWebhookOut]]:
    """Sign with another secret; for 24 hours the one before signs too, so that no message is refused meanwhile."""
    wanted = await request.body_as(SecretIn)
    sealer, guard, now_ms = request.services.sealer, request.guard(render), request.now_ms
    return await request.write(
        lambda tx: webhooks.rotate_secret(
            tx, request.actor, wanted.webhook_id, sealer, secret=wanted.secret, now_ms=now_ms, guard=guard
        ),
        render_new,
        tagged=without_secret,
        sealer=sealer,
    )


@get("/v1/webhookActions", tags=TAGS, summary="List actions", response_description="All actions")
async def list_actions(request: Call) -> Answer[Response[list[ActionOut]]]:
    """What a webhook can be told."""
    types = await request.read(lambda tx: endpoints.types(tx, request.actor))
    return Answer(encode(Response([ActionOut.of(id) for id in ids_of(types)])))


def render(webhook: Webhook) -> bytes:
    """The bytes of a single webhook, whose hash is its entity tag."""
    return encode(Response(WebhookOut.of(webhook)))


def render_new(made: NewWebhook) -> bytes:
    """The bytes of a webhook with its secret."""
    return encode(Response(NewWebhookOut.with_secret(*made)))


def without_secret(made: NewWebhook) -> bytes:
    """The bytes of a webhook as later reads show it; the entity tag of a response with the secret is their hash."""
    return render(made[0])
