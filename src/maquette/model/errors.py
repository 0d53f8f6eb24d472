"""Every refusal, as a closed set of exceptions; each dialect maps all of them to its own responses."""

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """A request that is not carried out. It has changed nothing, except perhaps where it is `Uncertain`."""


class Unauthenticated(Refusal):
    """No credential, or one that is malformed, unknown, expired or revoked."""


class Forbidden(Refusal):
    """A known caller without the permission."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class ReadOnly(Refusal):
    """A credential that may only read."""


class OutOfScope(Refusal):
    """A key that was narrowed to other things."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class Expired(Refusal):
    """Something whose time has run out."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class LastOwner(Refusal):
    """A change that would leave the workspace without an owner."""


class NotInPlan(Refusal):
    """Something that the workspace's plan doesn't include."""

    def __init__(self, plan: str, feature: str) -> None:
        super().__init__(plan)
        self.plan = plan
        self.feature = feature


class InsecureTransport(Refusal):
    """Plain HTTP where only HTTPS is served."""


class ForeignOrigin(Refusal):
    """A browser's cross-origin request that the operator has not allowed."""


class PlanLimit(Refusal):
    """The workspace's plan holds no more projects."""

    def __init__(self, plan: str, projects: int) -> None:
        super().__init__(plan)
        self.plan = plan
        self.projects = projects


class NotFound(Refusal):
    """Absent, or in another workspace; callers can't tell which."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Invisible(NotFound):
    """In the caller's workspace, but not in their sight."""


class UnknownReference(Refusal):
    """A body that points at a record which is not there."""

    def __init__(self, field: str, kind: str) -> None:
        super().__init__(field)
        self.field = field
        self.kind = kind


class Invalid(Refusal):
    """Input that breaks a rule; maps each field, in the domain's words, to sentences without a subject."""

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class InUse(Refusal):
    """A record that projects use can't be removed; `projects` is how many, `names` a few that the caller may see."""

    def __init__(self, kind: str, projects: int, names: Sequence[str] = ()) -> None:
        super().__init__(kind)
        self.kind = kind
        self.projects = projects
        self.names = tuple(names)
        self.counted = f"{projects:,} project{'' if projects == 1 else 's'}"
        self.named = f" ({', '.join(names)}{', …' if projects > len(names) else ''})" if names else ""


class NoRoute(Refusal):
    """A path nobody answers."""


class MethodNotAllowed(Refusal):
    """A path that answers other methods."""

    def __init__(self, allow: Sequence[str]) -> None:
        super().__init__(allow)
        self.allow = tuple(allow)
        self.allowed = ", ".join(self.allow)


class TooLarge(Refusal):
    """A body over the limit, in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class NotJson(Refusal):
    """A body of another media type."""


class NotForm(Refusal):
    """A body that is no multipart form, where a file is uploaded."""


class Stale(Refusal):
    """`If-Match` names another version than the present one (RFC 9110, section 13.1.1)."""


class IdempotencyKeyReused(Refusal):
    """An `Idempotency-Key` that came before with another request."""


class IdempotencyKeyInUse(Refusal):
    """An `Idempotency-Key` whose first request is still running."""


class QuotaSpent(Refusal):
    """The month's calls are used up; `retry_after_s` seconds until the next month."""

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(limit)
        self.limit = limit
        self.retry_after_s = retry_after_s


class BurstSpent(Refusal):
    """Too many calls in the window; `retry_after_s` seconds until it ends."""

    def __init__(self, limit: int, window_s: int, retry_after_s: int) -> None:
        super().__init__(limit)
        self.limit = limit
        self.window_s = window_s
        self.retry_after_s = retry_after_s


class TooManyFailures(Refusal):
    """Too many wrong credentials from one place."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class Unavailable(Refusal):
    """The store can't do it right now: a full disk, a lost connection, a query out of time."""


class Overloaded(Unavailable):
    """More is being sent to this process, or to one workspace, than may be held in memory at once."""


class FileMissing(Unavailable):
    """A file whose record is there and whose bytes are not where this server looks for them."""


class Uncertain(Unavailable):
    """The store was lost during a commit, so that the change may have been made: the one refusal that can't tell."""


class InternalError(Refusal):
    """An error of ours; the caller gets a request id and nothing of the inside."""

    def __init__(self, request_id: str) -> None:
        super().__init__(request_id)
        self.request_id = request_id
