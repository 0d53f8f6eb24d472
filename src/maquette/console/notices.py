"""What is said on the page that follows a form, by the name in its address: nothing from an address is shown itself."""

NOTICES = {
    "archived": "The project is archived. It no longer counts towards the plan.",
    "assigned": "The member is assigned to the project.",
    "created": "Created.",
    "deleted": "Deleted.",
    "password_changed": "Your password is changed, and you are signed out everywhere else.",
    "password_set": "Your password is set. Please sign in with it.",
    "saved": "Saved.",
    "sessions_ended": "You are signed out everywhere else.",
    "signed_out": "You are signed out.",
    "unarchived": "The project is active again.",
    "unassigned": "The member is no longer assigned to the project.",
}
