"""Refusals in the console's words: what happened, and what to do about it."""

from collections.abc import Mapping

from maquette.model.errors import (
    BurstSpent,
    Expired,
    FileMissing,
    Forbidden,
    ForeignOrigin,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InsecureTransport,
    InternalError,
    InUse,
    Invalid,
    Invisible,
    LastOwner,
    MethodNotAllowed,
    NoRoute,
    NotForm,
    NotFound,
    NotInPlan,
    NotJson,
    OutOfScope,
    Overloaded,
    PlanLimit,
    QuotaSpent,
    ReadOnly,
    Refusal,
    Stale,
    TooLarge,
    TooManyFailures,
    Unauthenticated,
    Unavailable,
    Uncertain,
    UnknownReference,
)

FORM_ERRORS = (
    IdempotencyKeyReused,
    InUse,
    Invalid,
    LastOwner,
    NotInPlan,
    Overloaded,
    PlanLimit,
    Stale,
    TooLarge,
    TooManyFailures,
    Unavailable,
    UnknownReference,
)
"""What is shown above the form that was sent, with everything that was typed; all else has a page of its own."""

MIB = 1024 * 1024

_UNCHANGED = "Nothing has been changed. Please try again in a moment."
_NOT_ALLOWED = 403, "You may not do that", "Your role in this workspace doesn't include it. Ask an owner or an admin."

MESSAGES: Mapping[type[Refusal], tuple[int, str, str]] = {
    BurstSpent: (429, "Too fast", "Please try again in {retry_after_s} seconds."),
    Expired: (410, "This {kind} no longer works", "It has been used, replaced by a newer one, or is too old."),
    FileMissing: (503, "The file is missing", "Its record is here, but its bytes are not. Please tell the operator."),
    Forbidden: _NOT_ALLOWED,
    ForeignOrigin: (403, "That came from another page", "Nothing has been changed. Open the page anew, and try again."),
    IdempotencyKeyInUse: (409, "Still at it", _UNCHANGED),
    IdempotencyKeyReused: (422, "That was sent before", "It has been done once, and not again."),
    InUse: (409, "The brand kit is in use", "It belongs to {counted}{named}: give them another kit first."),
    InsecureTransport: (403, "Use HTTPS", "This page is not shown over a connection that others can read."),
    InternalError: (
        500,
        "Something went wrong on our side",
        "Please try again, and tell the operator of request {request_id} if it happens again.",
    ),
    Invalid: (400, "Please check the form", "Nothing has been changed."),
    Invisible: (404, "There is no such {kind}", "It may have been deleted, or belong to another workspace."),
    LastOwner: (409, "The last owner can't go", "Make somebody else an owner first."),
    MethodNotAllowed: (405, "This page can't do that", "Go back, and try it from there."),
    NoRoute: (404, "There is no such page", "Is the whole address there?"),
    NotForm: (415, "That is no form", "Nothing has been changed."),
    NotFound: (404, "There is no such {kind}", "It may have been deleted, or belong to another workspace."),
    NotInPlan: (402, "Not in your plan", "The {plan} plan doesn't include {feature}."),
    NotJson: (415, "That is no form", "Nothing has been changed."),
    OutOfScope: _NOT_ALLOWED,
    Overloaded: (503, "Please try again in a moment", "Too much is being sent at once. Nothing has been changed."),
    PlanLimit: (402, "The plan is full", "The {plan} plan allows {projects:,} active projects. Archive one first."),
    QuotaSpent: (429, "The month's calls are used up", "There are new ones next month."),
    ReadOnly: _NOT_ALLOWED,
    Stale: (412, "Somebody was faster", "This has been changed meanwhile. Look at it anew before you save it."),
    TooLarge: (413, "That was too much", "At most {size} can be sent at once."),
    TooManyFailures: (429, "Too many attempts", "Please try again in {retry_after_s} seconds."),
    Unauthenticated: (401, "Please sign in", "Your session has ended."),
    Unavailable: (503, "Please try again in a moment", "Nothing has been changed."),
    Uncertain: (503, "Please look again in a moment", "The change may have been made just then, or not."),
    UnknownReference: (400, "Please check the form", "The {kind} that you chose is no longer there."),
}
"""For each refusal: status, title, and a sentence."""


def describe(refusal: Refusal) -> tuple[int, str, str]:
    """Its status, title and sentence."""
    status, title, sentence = MESSAGES[type(refusal)]
    values = {**vars(refusal), "kind": getattr(refusal, "kind", "").replace("_", " ")}
    values["size"] = f"{getattr(refusal, 'limit', 0) // MIB:,} MiB"
    return status, title.format_map(values), sentence.format_map(values)


def problems_of(refusal: Refusal | None) -> dict[str, str]:
    """The first problem of each field, as a sentence without a subject."""
    if isinstance(refusal, Invalid):
        return {field: sentences[0] for field, sentences in refusal.problems.items()}
    if isinstance(refusal, UnknownReference):
        return {refusal.field: "is no longer there"}
    return {}
