"""The console: pages for people over the same services as the APIs, with all its routes at a glance.

The pages are rendered on the server. There are no scripts, and nothing is loaded from elsewhere.
"""

from maquette.console.handlers import (
    account,
    assets,
    assignments,
    brand_kits,
    deliveries,
    events,
    invitations,
    keys,
    members,
    overview,
    passwords,
    projects,
    sign_in,
    usage,
    webhooks,
    workspaces,
)

ROUTES = (
    overview.show_overview,  # GET  /
    sign_in.show_sign_in,  # GET  /sign-in
    sign_in.sign_in,  # POST /sign-in
    sign_in.sign_out,  # POST /sign-out
    passwords.show_forgotten,  # GET  /forgotten-password
    passwords.send_link,  # POST /forgotten-password
    passwords.show_link,  # GET  /password/{token}
    passwords.set_password,  # POST /password/{token}
    invitations.show_invitation,  # GET  /invitations/{token}
    invitations.accept_invitation,  # POST /invitations/{token}
    account.show_account,  # GET  /account
    account.change_password,  # POST /account/password
    account.end_other_sessions,  # POST /account/sessions/end
    workspaces.list_workspaces,  # GET  /workspaces
    workspaces.switch_workspace,  # POST /workspaces/{ref}
    projects.list_projects,  # GET  /projects
    projects.new_project,  # GET  /projects/new
    projects.create_project,  # POST /projects
    projects.show_project,  # GET  /projects/{ref}
    projects.change_project,  # POST /projects/{ref}
    projects.archive_project,  # POST /projects/{ref}/archive
    projects.unarchive_project,  # POST /projects/{ref}/unarchive
    projects.remove_project,  # POST /projects/{ref}/delete
    assignments.assign_member,  # POST /projects/{ref}/members
    assignments.unassign_member,  # POST /projects/{ref}/members/{user}/delete
    brand_kits.list_brand_kits,  # GET  /brand-kits
    brand_kits.new_brand_kit,  # GET  /brand-kits/new
    brand_kits.create_brand_kit,  # POST /brand-kits
    brand_kits.show_brand_kit,  # GET  /brand-kits/{ref}
    brand_kits.change_brand_kit,  # POST /brand-kits/{ref}
    brand_kits.remove_brand_kit,  # POST /brand-kits/{ref}/delete
    brand_kits.send_archive,  # GET  /brand-kits/{ref}/archive
    assets.add_asset,  # POST /brand-kits/{ref}/assets
    assets.get_content,  # GET  /brand-kits/{ref}/assets/{asset}/content
    assets.get_thumbnail,  # GET  /brand-kits/{ref}/assets/{asset}/thumbnail
    assets.remove_asset,  # POST /brand-kits/{ref}/assets/{asset}/delete
    members.list_members,  # GET  /members
    members.new_member,  # GET  /members/new
    members.invite_member,  # POST /members
    members.show_member,  # GET  /members/{ref}
    members.change_member,  # POST /members/{ref}
    members.deactivate_member,  # POST /members/{ref}/deactivate
    members.activate_member,  # POST /members/{ref}/activate
    members.remove_member,  # POST /members/{ref}/delete
    members.invite_again,  # POST /members/{ref}/invite
    members.transfer_ownership,  # POST /members/{ref}/transfer
    keys.list_keys,  # GET  /keys
    keys.new_key,  # GET  /keys/new
    keys.create_key,  # POST /keys
    keys.new_client,  # GET  /keys/clients/new
    keys.create_client,  # POST /keys/clients
    keys.show_key,  # GET  /keys/{ref}
    keys.change_key,  # POST /keys/{ref}
    keys.rotate_key,  # POST /keys/{ref}/rotate
    keys.revoke_key,  # POST /keys/{ref}/revoke
    usage.show_usage,  # GET  /usage
    webhooks.list_webhooks,  # GET  /webhooks
    webhooks.new_webhook,  # GET  /webhooks/new
    webhooks.create_webhook,  # POST /webhooks
    webhooks.show_webhook,  # GET  /webhooks/{ref}
    webhooks.change_webhook,  # POST /webhooks/{ref}
    webhooks.enable_webhook,  # POST /webhooks/{ref}/enable
    webhooks.disable_webhook,  # POST /webhooks/{ref}/disable
    webhooks.rotate_secret,  # POST /webhooks/{ref}/rotate
    webhooks.remove_webhook,  # POST /webhooks/{ref}/delete
    deliveries.test_webhook,  # POST /webhooks/{ref}/test
    deliveries.replay_deliveries,  # POST /webhooks/{ref}/replay
    deliveries.show_delivery,  # GET  /webhooks/{ref}/deliveries/{delivery}
    deliveries.resend_delivery,  # POST /webhooks/{ref}/deliveries/{delivery}/resend
    events.list_events,  # GET  /events
)
