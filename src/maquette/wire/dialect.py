"""The interface of a dialect. Another API is a folder under `dialects/` that makes one of these."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar.handlers import HTTPRouteHandler

from maquette.domain.bursts import BurstRule
from maquette.domain.identities import Authentication
from maquette.domain.messages import Render
from maquette.domain.services import Services
from maquette.model.errors import Refusal
from maquette.model.records import Plan
from maquette.wire.reply import Reply


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """One API: its routes, how it identifies callers, and how it renders refusals."""

    name: str
    title: str
    summary: str
    """What sets it apart, in one sentence."""
    about: str
    """The introduction of its reference page, in Markdown."""
    host: str
    """A prefix of host names: `api.name.` matches every `api.name.*`."""
    routes: Sequence[HTTPRouteHandler]
    tags: Mapping[str, str]
    """The groups of routes on its reference page, in order, and what each is about, in Markdown."""
    identify: Callable[[Services, str], Awaitable[Authentication]]
    """Who holds this bearer token, and until when; the result is cached. Raises `Unauthenticated`."""
    speaks: Callable[[str], bool]
    """Whether a bearer token has the form of this dialect's tokens. It selects the dialect at a bare `/v1`."""
    envelope: Callable[[Refusal], Reply]
    """A refusal as a response in the vendor's format."""
    burst: Callable[[Plan], BurstRule | None]
    security_scheme: Mapping[str, str]
    refusals: Mapping[int, str]
    """The description of each status that a refusal can have."""
    statuses: Mapping[type[Refusal], int]
    """The status of each kind of refusal."""
    refusal_type: type
    """The shape of a refusal's body."""
    event_body: Render
    """The webhook body for an event's message, in the vendor's format. Must be deterministic."""
    open_paths: frozenset[str] = field(default=frozenset())
    """Paths that need no credential."""
    unmetered_paths: frozenset[str] = field(default=frozenset())
    """Paths whose GET doesn't count against the month, and is never cached."""
    uncached_paths: tuple[str, ...] = ()
    """Path prefixes that are never cached, since what they show can change without a new workspace version."""
    messages: Mapping[str, Any] = field(default_factory=dict)
    """The shape of each webhook message, by the vendor's name for its type."""
