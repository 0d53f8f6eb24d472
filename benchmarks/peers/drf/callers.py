"""Who calls the Django peer, and may they call now? Key and month in the database, the burst in memory."""

import time
from datetime import datetime
from hashlib import sha256

from django.db.models import F, Q
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from .models import Credential, Usage, User, Workspace

BURST_SECONDS = 60


class KeyAuthentication(BaseAuthentication):
    """The bearer is an API key, of which only the hash is stored; `request.auth` is its workspace."""

    def authenticate(self, request: Request) -> tuple[User, Workspace]:
        scheme, _, key = get_authorization_header(request).partition(b" ")
        found = _find(sha256(key).hexdigest()) if scheme.lower() == b"bearer" else None
        if found is None:
            raise AuthenticationFailed("Invalid or expired API key")
        _count_burst(found.workspace)
        _count_month(found.workspace)
        return found.user, found.workspace

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"


def _find(lookup: str) -> Credential | None:
    return (
        Credential.objects.select_related("user", "workspace")
        .filter(Q(expires_at=None) | Q(expires_at__gt=datetime.now()), lookup=lookup, revoked_at=None)  # noqa: DTZ005
        .first()
    )


_bursts: dict[int, tuple[int, int]] = {}


def _count_burst(workspace: Workspace) -> None:
    window = int(time.time()) // BURST_SECONDS
    started, calls = _bursts.get(workspace.pk, (window, 0))
    calls = calls + 1 if started == window else 1
    _bursts[workspace.pk] = (window, calls)
    if workspace.burst_limit is not None and calls > workspace.burst_limit:
        raise Throttled(BURST_SECONDS)


def _count_month(workspace: Workspace) -> None:
    this = {"workspace": workspace, "month": time.strftime("%Y-%m", time.gmtime())}
    if not Usage.objects.filter(**this).update(calls=F("calls") + 1):
        Usage.objects.get_or_create(**this, defaults={"calls": 1})
    if workspace.month_limit is not None and Usage.objects.get(**this).calls > workspace.month_limit:
        raise Throttled(detail="Monthly quota exceeded")
