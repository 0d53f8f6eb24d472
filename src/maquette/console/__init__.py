"""The console: pages for people over the same services as the APIs, with all its routes at a glance.

The pages are rendered on the server. There are no scripts, and nothing is loaded from elsewhere.
"""

from maquette.console.handlers import account, invitations, overview, passwords, projects, sign_in, workspaces

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
    workspaces.show_workspace,  # POST /workspaces/{ref}
    projects.list_projects,  # GET  /projects
    projects.new_project,  # GET  /projects/new
    projects.create_project,  # POST /projects
    projects.show_project,  # GET  /projects/{ref}
    projects.change_project,  # POST /projects/{ref}
    projects.archive_project,  # POST /projects/{ref}/archive
    projects.unarchive_project,  # POST /projects/{ref}/unarchive
    projects.remove_project,  # POST /projects/{ref}/delete
)
