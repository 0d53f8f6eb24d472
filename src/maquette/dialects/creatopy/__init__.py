"""Creatopy v1: the dialect, with all its routes at a glance."""

from maquette.dialects.creatopy.auth import burst, identify, speaks
from maquette.dialects.creatopy.envelope import REFUSALS, STATUSES, RefusalOut, envelope
from maquette.dialects.creatopy.handlers import (
    assets,
    brand_kits,
    deliveries,
    project_users,
    projects,
    tokens,
    users,
    webhooks,
)
from maquette.dialects.creatopy.shapes.messages import MESSAGES, event_body
from maquette.wire.dialect import Dialect

ABOUT = """\
Creatopy's REST API as this server speaks it. All answers are JSON with camelCase keys: one key `response` around a
success, one key `error` around a refusal. PUT and DELETE carry their ids in the JSON body.

Every call needs a JSON Web Token, sent as `Authorization: Bearer eyJ…`. Exchange a client pair for one at
`POST /v1/auth/token`, or sign your own: HS256 with the clientSecret, and `clientId` in the claims.

No call reads one project or one brand kit alone. The `ETag` to send in `If-Match` is that of the answer which made or
changed it; a `PUT` with its id and nothing else changes nothing and answers with its present state.
"""

TAGS = {
    "Tokens": "What every other call needs. This one costs nothing of the quota.",
    "Projects": "What a team works on, each with a brand kit. Archived ones are not listed.",
    "Brand kits": "Named sets of brand elements that projects point at: typography, logos and images.",
    "Users": "Who belongs to the team, and as what. Owners and admins change them; only owners may change owners.",
    "Webhooks": "URLs that are told what happens, by signed messages; what was sent to them, and what came back.",
}

TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A JSON Web Token of a client pair, made with `maquette client create`: from `POST /v1/auth/token`,"
    " or signed by yourself (HS256 with the clientSecret, `clientId` in the claims).",
}

DIALECT = Dialect(
    name="creatopy",
    title="Creatopy API",
    summary="JSON Web Tokens, pages by cursor, camelCase.",
    about=ABOUT,
    host="api.creatopy.",
    routes=(
        tokens.create_token,  # POST   /v1/auth/token
        projects.list_projects,  # GET    /v1/projects
        projects.create_project,  # POST   /v1/projects
        projects.change_project,  # PUT    /v1/projects
        projects.remove_project,  # DELETE /v1/projects
        project_users.list_project_users,  # GET    /v1/project/users
        project_users.assign_user,  # POST   /v1/project/users
        project_users.unassign_user,  # DELETE /v1/project/users
        brand_kits.list_brand_kits,  # GET    /v1/brandkits
        brand_kits.create_brand_kit,  # POST   /v1/brandkits/create
        brand_kits.change_brand_kit,  # PUT    /v1/brandkits
        brand_kits.remove_brand_kit,  # DELETE /v1/brandkits
        assets.upload_asset,  # POST   /v1/brandkits/upload
        assets.list_assets,  # GET    /v1/brandkits/assets
        assets.get_content,  # GET    /v1/brandkits/assets/content
        assets.get_thumbnail,  # GET    /v1/brandkits/assets/thumbnail
        assets.remove_asset,  # DELETE /v1/brandkits/assets
        users.list_users,  # GET    /v1/users
        users.invite_user,  # POST   /v1/users
        users.change_user,  # PUT    /v1/users
        users.remove_user,  # DELETE /v1/users
        users.list_team_roles,  # GET    /v1/teamRoles
        webhooks.list_webhooks,  # GET    /v1/webhooks
        webhooks.create_webhook,  # POST   /v1/webhooks
        webhooks.change_webhook,  # PUT    /v1/webhooks
        webhooks.remove_webhook,  # DELETE /v1/webhooks
        webhooks.list_actions,  # GET    /v1/webhookActions
        webhooks.rotate_secret,  # POST   /v1/webhooks/rotateSecret
        deliveries.test_webhook,  # POST   /v1/webhooks/test
        deliveries.replay_deliveries,  # POST   /v1/webhooks/replay
        deliveries.resend_delivery,  # POST   /v1/webhooks/resend
        deliveries.list_deliveries,  # GET    /v1/webhooks/deliveries
        deliveries.get_delivery,  # GET    /v1/webhooks/delivery
    ),
    tags=TAGS,
    identify=identify,
    speaks=speaks,
    envelope=envelope,
    burst=burst,
    security_scheme=TOKEN,
    refusals=REFUSALS,
    statuses=STATUSES,
    refusal_type=RefusalOut,
    open_paths=frozenset({tokens.PATH}),
    uncached_paths=(webhooks.PATH,),
    event_body=event_body,
    messages=MESSAGES,
)
