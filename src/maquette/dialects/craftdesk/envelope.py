"""CraftDesk's refusals: `message`, `code`, and under `errors` a list of sentences for each field."""

from collections.abc import Mapping, Sequence

import msgspec

from maquette.model import errors
from maquette.wire.input import NOT_A_FIELD
from maquette.wire.reply import Reply

REFUSALS = {
    400: "Bad Request: invalid parameters or a malformed request",
    401: "Unauthorized: missing or invalid API key",
    403: "Forbidden: you lack permissions for this resource",
    404: "Not Found: the resource doesn't exist",
    409: "Conflict: the first request with this Idempotency-Key is still running",
    412: "Precondition Failed: If-Match names another version",
    413: "Payload Too Large: the body is over 1 MiB, or the file over 10 MiB",
    415: "Unsupported Media Type: the body is not JSON, or not a form where a file is expected",
    422: "Unprocessable Content: this Idempotency-Key was used with another request",
    429: "Rate Limited: you've exceeded your request quota",
    500: "Server Error: something went wrong on our end",
    503: "Service Unavailable: the store can't do it right now, or too much is being sent at once",
}

_MESSAGES = {code: meaning.partition(":")[0] for code, meaning in REFUSALS.items()} | {405: "Method Not Allowed"}
_FIELDS = {"brand_kit": "brand_kit_id"}
_QUOTED_FIELDS = frozenset(("actor", "after", "archived", "before", "enabled", "ids", "q", "since", "sort", "until"))
"""Single-word fields that sentences quote as they are sent, instead of reading them as nouns."""

_RENDERINGS: dict[type[errors.Refusal], tuple[int, str, str]] = {
    errors.UnknownReference: (400, "{field}", "There is no such {kind}."),
    errors.InUse: (400, "{kind}", "It is used by {counted}{named}."),
    errors.Unauthenticated: (401, "api_key", "Invalid or expired API key"),
    errors.Forbidden: (403, "permission", "Your role doesn't include {permission}."),
    errors.ReadOnly: (403, "api_key", "This API key is read-only."),
    errors.OutOfScope: (403, "api_key", "This API key's scope doesn't include {permission}."),
    errors.Expired: (400, "{kind}", "This {kind} has expired."),
    errors.LastOwner: (400, "member", "The last owner can't go: make somebody else an owner first."),
    errors.NotInPlan: (403, "plan", "The {plan} plan doesn't include {feature}."),
    errors.PlanLimit: (403, "plan", "The {plan} plan allows {projects:,} active projects."),
    errors.InsecureTransport: (403, "transport", "Use HTTPS: plain HTTP requests are not supported."),
    errors.ForeignOrigin: (403, "origin", "Calls from this web origin are not allowed."),
    errors.NotFound: (404, "{kind}", "There is no such {kind}."),
    errors.Invisible: (404, "{kind}", "There is no such {kind}."),
    errors.NoRoute: (404, "path", "There is nothing at this path."),
    errors.MethodNotAllowed: (405, "method", "This path answers {allowed}."),
    errors.IdempotencyKeyInUse: (409, "idempotency_key", "The first request with this key is still running."),
    errors.Stale: (412, "if_match", "The resource is no longer at this version."),
    errors.TooLarge: (413, "body", "The body must have at most {limit:,} bytes."),
    errors.NotJson: (415, "content_type", "Send the body as application/json."),
    errors.NotForm: (415, "content_type", "Send the file in a form, as multipart/form-data."),
    errors.IdempotencyKeyReused: (422, "idempotency_key", "This key was used before with another body."),
    errors.BurstSpent: (429, "rate_limit", "More than {limit:,} calls in {window_s} seconds."),
    errors.QuotaSpent: (429, "rate_limit", "All {limit:,} calls of this month are used."),
    errors.TooManyFailures: (429, "rate_limit", "Too many failed attempts."),
    errors.InternalError: (500, "request_id", "{request_id}"),
    errors.Unavailable: (503, "store", "The store can't do this right now. Nothing was changed."),
    errors.Overloaded: (503, "body", "Too much is being sent at once. Nothing was changed: try again in a moment."),
    errors.FileMissing: (503, "store", "The file is known, and its bytes are not where they were kept."),
    errors.Uncertain: (
        503,
        "store",
        "It isn't known whether this was done. Check, or repeat it with the same Idempotency-Key.",
    ),
}
"""By kind of refusal: the status, the field to report it under, and the sentence. `Invalid` brings its own fields."""

STATUSES = {kind: status for kind, (status, _, _) in _RENDERINGS.items()} | {errors.Invalid: 400}


class RefusalOut(msgspec.Struct):
    """The body of every refusal."""

    message: str
    code: int
    errors: Mapping[str, Sequence[str]]


def envelope(refusal: errors.Refusal) -> Reply:
    """The refusal as this API sends it."""
    if isinstance(refusal, errors.Invalid):
        code, sentences = 400, {_field(name): _sentences(name, found) for name, found in refusal.problems.items()}
    else:
        code, field, sentence = _RENDERINGS[type(refusal)]
        facts = vars(refusal)
        sentences = {_field(field.format_map(facts)): [sentence.format_map(facts)]}
    body = msgspec.json.encode(RefusalOut(_MESSAGES[code], code, sentences))
    return Reply(code, body, [(b"www-authenticate", b"Bearer")] if code == 401 else [])


def _field(name: str) -> str:
    return _FIELDS.get(name, name).replace(" ", "_")


def _sentences(name: str, problems: Sequence[str]) -> list[str]:
    return [f"{_subject(_field(name), problem)} {problem}." for problem in problems]


def _subject(field: str, problem: str) -> str:
    """The subject of a sentence: `The name` for a field that is a noun, else the field in quotes."""
    is_noun = field.isalpha() and field not in _QUOTED_FIELDS and problem != NOT_A_FIELD
    return f"The {field}" if is_noun else f"'{field}'"
