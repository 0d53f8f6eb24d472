"""`/`: the workspace at a glance; for somebody who isn't signed in, what this server is."""

from dataclasses import dataclass

from litestar import get

from maquette import __version__
from maquette.console.record_links import RecordLink, resolve
from maquette.console.visit import Visit, redirect
from maquette.domain import brand_kits, events, members, plans, projects, usage, webhooks
from maquette.domain.events import EventFilter
from maquette.domain.projects import ProjectFilter
from maquette.domain.usage import Usage
from maquette.model.actor import Actor, Permission, Sight
from maquette.model.page import BY_NAME, ByPage, Order, SortField
from maquette.model.records import Event, Plan, Project
from maquette.model.webhooks import Webhook
from maquette.wire.call import Transaction
from maquette.wire.reply import Reply

NEWEST = Order(SortField.UPDATED_AT, descending=True)
FEW, ONE = ByPage(1, 6), ByPage(1, 1)
WEBHOOKS = ByPage(1, 50)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows; None is what the person may not see."""

    plan: Plan
    active: int
    archived: int
    brand_kits: int
    members: int
    recent: list[Project]
    events: list[Event] | None
    links: dict[str, RecordLink]
    failing: list[Webhook]


@get("/", public=True)
async def show_overview(request: Visit) -> Reply:
    """What there is, what has been used of the plan, and what happened last; or what this server is."""
    if request.signed_in_or_none is None:
        base_url = request.services.public_url
        return request.page("welcome.html", dialects=request.dialects, version=__version__, base_url=base_url)
    actor, workspace, services = request.actor_or_none, request.signed_in.workspace, request.services
    if actor is None or workspace is None:
        return redirect("/workspaces")
    overview = await request.read(lambda tx: _overview(tx, actor, workspace.plan))
    month: Usage = await usage.of_month(
        services.database, actor, months=services.admission.months, calls=services.calls, now_ms=request.now_ms
    )
    return request.page(
        "overview.html",
        overview=overview,
        sees_all=actor.sight == Sight(),
        links=overview.links,
        month=month,
        dialects=request.dialects,
        base_url=services.public_url,
    )


async def _overview(tx: Transaction, actor: Actor, plan: str) -> Overview:
    recent = await projects.list_(tx, actor, ProjectFilter(archived=False), NEWEST, FEW)
    archived = await projects.list_(tx, actor, ProjectFilter(archived=True), NEWEST, ONE)
    kits = await brand_kits.list_(tx, actor, "", BY_NAME, ONE)
    people = await members.list_(tx, actor, "", BY_NAME, ONE)
    last, failing = None, list[Webhook]()
    if actor.may(Permission.EVENT_READ):
        last = (await events.list_(tx, actor, EventFilter(), FEW)).items
    if actor.may(Permission.WEBHOOK_READ):
        found = await webhooks.list_(tx, actor, WEBHOOKS)
        failing = [webhook for webhook in found.items if webhooks.is_failing(webhook)]
    return Overview(
        plan=await plans.get(tx, plan),
        active=recent.total,
        archived=archived.total,
        brand_kits=kits.total,
        members=people.total,
        recent=recent.items,
        events=last,
        links=await resolve(tx, actor, last or ()),
        failing=failing,
    )
