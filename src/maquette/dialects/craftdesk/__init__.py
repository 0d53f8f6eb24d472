"""CraftDesk v1: the dialect, with all its routes at a glance."""

from maquette.dialects.craftdesk.auth import burst, identify, speaks
from maquette.dialects.craftdesk.envelope import REFUSALS, STATUSES, RefusalOut, envelope
from maquette.dialects.craftdesk.handlers import (
    api_keys,
    assets,
    assignments,
    brand_kits,
    deliveries,
    events,
    members,
    projects,
    usage,
    webhooks,
    workspace,
)
from maquette.dialects.craftdesk.shapes.messages import MESSAGES, event_body
from maquette.wire.dialect import Dialect

ABOUT = """\
CraftDesk's REST API as this server speaks it. All answers are JSON with snake_case keys: `data` with the resource,
`meta.pagination` beside a list, and on a refusal `message`, `code` and `errors`.

Every call needs an API key, sent as `Authorization: Bearer mq_live_…`.
"""

TAGS = {
    "Projects": "What a team works on. A private project is seen by owners, admins and the members assigned to it.",
    "Brand kits": "Named sets of brand elements that projects point at: colours, typography, logos and images.",
    "Members": "Who belongs to the team, and as what. Owners and admins change them; only owners may change owners.",
    "API keys": "What programs call with. A key acts as a person, and reaches no further than they do at the moment.",
    "Webhooks": "URLs that are told what happens, by signed messages; what was sent to them, and what came back.",
    "Workspace": "The team that the key belongs to, what it has used of its plan, and what happened in it.",
}

KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "mq_live_…",
    "description": "An API key, made with `maquette key create` or `POST /v1/api_keys`."
    " It acts as the person it was made for.",
}

DIALECT = Dialect(
    name="craftdesk",
    title="CraftDesk API",
    summary="API keys, pages by number, snake_case.",
    about=ABOUT,
    host="api.craftdesk.",
    routes=(
        projects.list_projects,  # GET    /v1/projects
        projects.create_project,  # POST   /v1/projects
        projects.get_project,  # GET    /v1/projects/{ref}
        projects.change_project,  # PATCH  /v1/projects/{ref}
        projects.remove_project,  # DELETE /v1/projects/{ref}
        projects.archive_project,  # POST   /v1/projects/{ref}/archive
        projects.unarchive_project,  # POST   /v1/projects/{ref}/unarchive
        assignments.list_assigned,  # GET    /v1/projects/{ref}/members
        assignments.assign_member,  # POST   /v1/projects/{ref}/members
        assignments.get_assigned,  # GET    /v1/projects/{ref}/members/{user}
        assignments.unassign_member,  # DELETE /v1/projects/{ref}/members/{user}
        brand_kits.list_brand_kits,  # GET    /v1/brand_kits
        brand_kits.create_brand_kit,  # POST   /v1/brand_kits
        brand_kits.get_brand_kit,  # GET    /v1/brand_kits/{ref}
        brand_kits.change_brand_kit,  # PATCH  /v1/brand_kits/{ref}
        brand_kits.remove_brand_kit,  # DELETE /v1/brand_kits/{ref}
        assets.get_archive,  # GET    /v1/brand_kits/{ref}/archive
        assets.list_assets,  # GET    /v1/brand_kits/{ref}/assets
        assets.add_asset,  # POST   /v1/brand_kits/{ref}/assets
        assets.get_asset,  # GET    /v1/brand_kits/{ref}/assets/{asset}
        assets.get_content,  # GET    /v1/brand_kits/{ref}/assets/{asset}/content
        assets.get_thumbnail,  # GET    /v1/brand_kits/{ref}/assets/{asset}/thumbnail
        assets.remove_asset,  # DELETE /v1/brand_kits/{ref}/assets/{asset}
        members.list_members,  # GET    /v1/members
        members.invite_member,  # POST   /v1/members
        members.get_member,  # GET    /v1/members/{ref}
        members.change_member,  # PATCH  /v1/members/{ref}
        members.remove_member,  # DELETE /v1/members/{ref}
        members.transfer_ownership,  # POST   /v1/members/{ref}/transfer_ownership
        api_keys.list_api_keys,  # GET    /v1/api_keys
        api_keys.create_api_key,  # POST   /v1/api_keys
        api_keys.get_api_key,  # GET    /v1/api_keys/{ref}
        api_keys.change_api_key,  # PATCH  /v1/api_keys/{ref}
        api_keys.revoke_api_key,  # DELETE /v1/api_keys/{ref}
        api_keys.rotate_api_key,  # POST   /v1/api_keys/{ref}/rotate
        webhooks.list_webhooks,  # GET    /v1/webhooks
        webhooks.create_webhook,  # POST   /v1/webhooks
        webhooks.get_webhook,  # GET    /v1/webhooks/{ref}
        webhooks.change_webhook,  # PATCH  /v1/webhooks/{ref}
        webhooks.remove_webhook,  # DELETE /v1/webhooks/{ref}
        webhooks.rotate_secret,  # POST   /v1/webhooks/{ref}/rotate_secret
        deliveries.test_webhook,  # POST   /v1/webhooks/{ref}/test
        deliveries.replay_deliveries,  # POST   /v1/webhooks/{ref}/replay
        deliveries.list_deliveries,  # GET    /v1/webhooks/{ref}/deliveries
        deliveries.get_delivery,  # GET    /v1/webhooks/{ref}/deliveries/{delivery}
        deliveries.resend_delivery,  # POST   /v1/webhooks/{ref}/deliveries/{delivery}/resend
        workspace.get_workspace,  # GET    /v1/workspace
        usage.get_usage,  # GET    /v1/usage
        events.list_events,  # GET    /v1/events
    ),
    tags=TAGS,
    identify=identify,
    speaks=speaks,
    envelope=envelope,
    burst=burst,
    security_scheme=KEY,
    refusals=REFUSALS,
    statuses=STATUSES,
    refusal_type=RefusalOut,
    unmetered_paths=frozenset({"/v1/usage"}),
    uncached_paths=(api_keys.PATH, webhooks.PATH),
    event_body=event_body,
    messages=MESSAGES,
)
