"""The contract that a dialect fills in. To speak another one: a folder under `dialects/`, and this."""

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
    """One API: its surface, how it knows its callers, and how it refuses."""

    name: str
    title: str
    summary: str
    """What sets it apart, in one sentence."""
    about: str
    """What its reference page opens with, in Markdown."""
    host: str
    """The vendor's host name, up to its first dots: `api.name.` answers for every `api.name.*`."""
    routes: Sequence[HTTPRouteHandler]
    tags: Mapping[str, str]
    """The groups of routes on its reference page, in order, and what each is about, in Markdown."""
    identify: Callable[[Services, str], Awaitable[Authentication]]
    """Who holds this bearer token, and until when; its answer is remembered. Raises `Unauthenticated`."""
    speaks: Callable[[str], bool]
    """Whether a bearer token is shaped as this dialect's are; decides at a bare `/v1`."""
    envelope: Callable[[Refusal], Reply]
    """A refusal in the vendor's words."""
    burst: Callable[[Plan], BurstRule | None]
    security_scheme: Mapping[str, str]
    refusals: Mapping[int, str]
    """What each status of a refusal means."""
    statuses: Mapping[type[Refusal], int]
    """Which status each kind of refusal has."""
    refusal_type: type
    """The shape of a refusal's body."""
    event_body: Render
    """An event's message to an endpoint in the vendor's words: always the same bytes for the same message."""
    open_paths: frozenset[str] = field(default=frozenset())
    """Paths that need no credential."""
    unmetered_paths: frozenset[str] = field(default=frozenset())
    """Paths whose GET costs nothing of the month, and which are never answered from memory."""
    uncached_paths: tuple[str, ...] = ()
    """Beginnings of paths that show what changes without the workspace's version, so never answered from memory."""
    messages: Mapping[str, Any] = field(default_factory=dict)
    """The shape of each such message, by what the vendor calls its type."""
