"""What is said on the page that follows a form, by its name: of what a browser sends, only a number is shown itself."""

NOTICES = {
    "archived": "The project is archived. It no longer counts towards the plan.",
    "assigned": "The member is assigned to the project.",
    "created": "Created.",
    "deleted": "Deleted.",
    "handed_over": "Ownership is handed over, and you are an admin now.",
    "invited": "The invitation is on its way.",
    "invited_again": "A new link is on its way. The earlier one no longer works.",
    "key_revoked": "It is revoked: calls with it are refused from now on.",
    "left": "You have left the workspace.",
    "member_activated": "The member is active again.",
    "member_deactivated": "The member is deactivated, and so are all keys and tokens that act as them.",
    "member_removed": "They are no member of the workspace any more.",
    "nothing_to_replay": "There is nothing to send: everything of that time has arrived, or nothing happened.",
    "owner_as_before": "You are an owner, as before.",
    "password_changed": "Your password is changed, and you are signed out everywhere else.",
    "password_set": "Your password is set. Please sign in with it.",
    "queued": "Queued.",
    "replay_goes_on": "Messages queued so far: {count}. More follow by themselves.",
    "replayed": "Messages queued: {count}.",
    "saved": "Saved.",
    "saved_out_of_sight": "Saved. You no longer see this project.",
    "sessions_ended": "You are signed out everywhere else.",
    "signed_out": "You are signed out.",
    "unarchived": "The project is active again.",
    "unassigned": "The member is no longer assigned to the project.",
    "uploaded": "The file is added.",
    "webhook_disabled": "The webhook is disabled. What happens meanwhile is kept for 30 days, and can be sent then.",
    "webhook_enabled": "The webhook is enabled. What happened meanwhile can be sent under 'Replay a period'.",
}


def sentence(notice: str) -> str | None:
    """What a notice says, with the number that may follow its name after a dot; None where it is none."""
    name, dot, count = notice.partition(".")
    text = NOTICES.get(name)
    if text is None or not dot:
        return text
    is_number = count.isascii() and count.isdigit() and len(count) <= 9
    return text.replace("{count}", f"{int(count):,}") if is_number else None
