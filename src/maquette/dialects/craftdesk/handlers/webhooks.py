"""`/v1/webhooks`."""

from litestar import delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET

from maquette.dialects.craftdesk.shapes.page import Listed, One, links, listed
from maquette.dialects.craftdesk.shapes.webhooks import (
    NewWebhookOut,
    SecretIn,
    WebhookIn,
    WebhookOut,
    WebhookPatchIn,
    WebhookQuery,
    WebhookRef,
)
from maquette.domain import endpoints, webhooks
from maquette.domain.webhooks import NewWebhook
from maquette.model.errors import NotFound, Stale
from maquette.model.page import ByPage
from maquette.model.webhooks import Webhook
from maquette.wire.call import Answer, Call, Transaction, encode

PATH = "/v1/webhooks"
ONE = PATH + "/{ref:str}"
TAGS = ["Webhooks"]


@get(PATH, query=WebhookQuery, sends=("Link",), tags=TAGS, summary="List webhooks", response_description="One page")
async def list_webhooks(request: Call) -> Answer[Listed[WebhookOut]]:
    """One page of the workspace's webhooks, without their secrets, the newest first."""
    query = request.query_as(WebhookQuery)
    window = ByPage(query.page, query.per_page)
    found = await request.read(lambda tx: webhooks.list_(tx, request.actor, window))
    page = listed([WebhookOut.of(webhook) for webhook in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))


@post(
    PATH,
    body=WebhookIn,
    sends=("Location", "ETag", "Cache-Control"),
    tags=TAGS,
    summary="Create a webhook",
    response_description="The new webhook, and its secret this once",
)
async def create_webhook(request: Call) -> Answer[One[NewWebhookOut]]:
    """Have messages sent to a URL, signed as Standard Webhooks describes. The secret is in this answer alone."""
    draft = (await request.body_as(WebhookIn)).draft()
    services, now_ms = request.services, request.now_ms
    problem = await endpoints.vet(request.actor, services.sender, draft.url)

    async def verb(tx: Transaction) -> NewWebhook:
        if problem is not None:
            raise problem
        return await webhooks.create(tx, request.actor, draft, services.sealer, now_ms=now_ms)

    return await request.write(
        verb,
        render_new,
        status=201,
        location=lambda made: f"{PATH}/{made[0].id}",
        tagged=without_secret,
        sealer=services.sealer,
    )


@get(ONE, refuses=(NotFound,), tags=TAGS, summary="Read a webhook", response_description="The webhook")
async def get_webhook(request: Call, ref: FromPath[WebhookRef]) -> Answer[One[WebhookOut]]:
    """The webhook of that id, without its secret."""
    return Answer(render(await request.read(lambda tx: webhooks.get(tx, request.actor, ref))))


@patch(
    ONE,
    body=WebhookPatchIn,
    refuses=(NotFound, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change a webhook",
    response_description="The webhook as it is now",
)
async def change_webhook(request: Call, ref: FromPath[WebhookRef]) -> Answer[One[WebhookOut]]:
    """Change what the body names. A disabled one is sent nothing; what happened meanwhile can be replayed."""
    wanted = await request.body_as(WebhookPatchIn)
    guard, now_ms = request.guard(render), request.now_ms
    url = wanted.url
    problem = None if url is UNSET else await endpoints.vet(request.actor, request.services.sender, url)

    async def verb(tx: Transaction) -> Webhook:
        if problem is not None:
            raise problem
        return await webhooks.change(tx, request.actor, ref, wanted.patch(), now_ms=now_ms, guard=guard)

    return await request.write(verb, render)


@delete(
    ONE,
    status_code=204,
    refuses=(NotFound, Stale),
    tags=TAGS,
    summary="Delete a webhook",
    response_description="It is deleted",
)
async def remove_webhook(request: Call, ref: FromPath[WebhookRef]) -> Answer[None]:
    """Send it nothing more; its deliveries are forgotten."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: webhooks.remove(tx, request.actor, ref, now_ms=now_ms, guard=guard), lambda _: b"", status=204
    )


@post(
    ONE + "/rotate_secret",
    status_code=200,
    body=SecretIn,
    body_optional=True,
    refuses=(NotFound, Stale),
    sends=("ETag", "Cache-Control"),
    tags=TAGS,
    summary="Rotate a webhook's secret",
    response_description="The webhook, and its new secret this once",
)
async def rotate_secret(request: Call, ref: FromPath[WebhookRef]) -> Answer[One[NewWebhookOut]]:
    """Sign with another secret; for 24 hours the one before signs too, so that no message is refused meanwhile."""
    wanted = await request.body_as(SecretIn)
    sealer, guard, now_ms = request.services.sealer, request.guard(render), request.now_ms
    return await request.write(
        lambda tx: webhooks.rotate_secret(
            tx, request.actor, ref, sealer, secret=wanted.secret, now_ms=now_ms, guard=guard
        ),
        render_new,
        tagged=without_secret,
        sealer=sealer,
    )


def render(webhook: Webhook) -> bytes:
    """The bytes of a single webhook, whose hash is its entity tag."""
    return encode(One(WebhookOut.of(webhook)))


def render_new(made: NewWebhook) -> bytes:
    """The bytes of a webhook with its secret."""
    return encode(One(NewWebhookOut.with_secret(*made)))


def without_secret(made: NewWebhook) -> bytes:
    """The bytes of a webhook as later reads show it; the entity tag of a response with the secret is their hash."""
    return render(made[0])
