"""API keys as bearer tokens, and the burst limit."""

from functools import lru_cache

from maquette.domain import keys
from maquette.domain.bursts import BurstRule
from maquette.domain.identities import Authentication
from maquette.domain.services import Services
from maquette.model.errors import Unauthenticated
from maquette.model.records import Plan

BURST_WINDOW_S = 60


async def identify(services: Services, token: str) -> Authentication:
    """The principal behind a live key. Malformed keys cost no query. Raises `Unauthenticated`."""
    if not keys.is_key(token):
        raise Unauthenticated
    return Authentication(await services.identities.by_key_hash(keys.key_hash(token)))


def speaks(token: str) -> bool:
    """Whether the token begins like an API key."""
    return token.startswith(keys.KEY_PREFIX)


def burst(plan: Plan) -> BurstRule | None:
    """The plan's calls per minute, or None for a plan without a burst limit."""
    return None if plan.burst is None else _rule(plan.burst)


@lru_cache
def _rule(limit: int) -> BurstRule:
    return BurstRule(limit, BURST_WINDOW_S)
