"""Creatopy's refusals: one key, `error`, with one sentence."""

import msgspec

from maquette.model import errors
from maquette.wire.reply import Reply

REFUSALS = {
    400: "Bad Request: invalid parameters or a malformed request",
    401: "Unauthorized: a missing, invalid or expired token",
    403: "Forbidden: the resource is visible to you, but you may not do this",
    404: "Not Found: the resource doesn't exist in your team",
    409: "Conflict: the first request with this Idempotency-Key is still running",
    410: "Gone: your user lacks access to the resource",
    412: "Precondition Failed: If-Match names another version",
    413: "Payload Too Large: the body is over 1 MiB, or the file over 10 MiB",
    415: "Unsupported Media Type: the body is not JSON, or not a form where a file is expected",
    422: "Unprocessable Content: this Idempotency-Key was used with another request",
    429: "Too Many Requests: more calls than the limits allow",
    500: "Internal Server Error: something went wrong on our side",
    503: "Service Unavailable: the store can't do it right now, or too much is being sent at once",
}

_FIELDS = {
    "brand_kit": "brandKitId",
    "user_id": "userId",
    "idempotency_key": "Idempotency-Key",
    "authorization": "Authorization",
    "content_type": "Content-Type",
}


_RENDERINGS: dict[type[errors.Refusal], tuple[int, str]] = {
    errors.InUse: (400, "The {kind} is used by {counted}{named}."),
    errors.Unauthenticated: (401, "The token is missing, invalid or expired."),
    errors.Forbidden: (403, "Your role doesn't include {permission}."),
    errors.ReadOnly: (403, "These credentials are read-only."),
    errors.OutOfScope: (403, "These credentials' scope doesn't include {permission}."),
    errors.Expired: (400, "This {kind} has expired."),
    errors.LastOwner: (400, "The last owner can't go: make somebody else an owner first."),
    errors.NotInPlan: (403, "The {plan} plan doesn't include {feature}."),
    errors.PlanLimit: (403, "The {plan} plan allows {projects:,} active projects."),
    errors.InsecureTransport: (403, "Use HTTPS: plain HTTP requests are not supported."),
    errors.ForeignOrigin: (403, "Calls from this web origin are not allowed."),
    errors.UnknownReference: (404, "There is no such {kind}."),
    errors.NotFound: (404, "There is no such {kind}."),
    errors.NoRoute: (404, "There is nothing at this path."),
    errors.MethodNotAllowed: (405, "This path answers {allowed}."),
    errors.IdempotencyKeyInUse: (409, "The first request with this Idempotency-Key is still running."),
    errors.Invisible: (410, "You lack access to this {kind}."),
    errors.Stale: (412, "The resource is no longer at the version that If-Match names."),
    errors.TooLarge: (413, "The body must have at most {limit:,} bytes."),
    errors.NotJson: (415, "Send the body as application/json."),
    errors.NotForm: (415, "Send the file in a form, as multipart/form-data."),
    errors.IdempotencyKeyReused: (422, "This Idempotency-Key was used before with another body."),
    errors.BurstSpent: (429, "More than {limit:,} requests in {window_s} seconds."),
    errors.QuotaSpent: (429, "All {limit:,} calls of this month are used."),
    errors.TooManyFailures: (429, "Too many failed attempts."),
    errors.InternalError: (500, "Something went wrong on our side. The request's id is {request_id}."),
    errors.Unavailable: (503, "The store can't do this right now. Nothing was changed."),
    errors.Overloaded: (503, "Too much is being sent at once. Nothing was changed: try again in a moment."),
    errors.FileMissing: (503, "The file is known, and its bytes are not where they were kept."),
    errors.Uncertain: (503, "It isn't known whether this was done. Check, or repeat it with the same Idempotency-Key."),
}
"""By kind of refusal: the status and the sentence. `Invalid` brings its own sentences."""

STATUSES = {kind: status for kind, (status, _) in _RENDERINGS.items()} | {errors.Invalid: 400}


class RefusalOut(msgspec.Struct):
    """The body of every refusal."""

    error: str


def envelope(refusal: errors.Refusal) -> Reply:
    """The refusal as this API sends it."""
    if isinstance(refusal, errors.Invalid):
        code, sentence = 400, _sentence(refusal)
    else:
        code, template = _RENDERINGS[type(refusal)]
        sentence = template.format_map(vars(refusal))
    body = msgspec.json.encode(RefusalOut(sentence))
    return Reply(code, body, [(b"www-authenticate", b"Bearer")] if code == 401 else [])


def _sentence(refusal: errors.Invalid) -> str:
    """All problems in one sentence: `name is required; brandKitId must be a whole number.`"""
    problems = [(_FIELDS.get(field, field), problem) for field, found in refusal.problems.items() for problem in found]
    return "; ".join(f"{field} {problem}" for field, problem in problems) + "."
