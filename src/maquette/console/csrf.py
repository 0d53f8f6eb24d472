"""Protects the console's forms against requests that other sites make a browser send.

Every form of somebody signed in carries a token that only this session's pages show, and a browser's request has to
come from a page of this server (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from maquette.model.errors import ForeignOrigin
from maquette.model.records import Workspace

FIELD, WORKSPACE = "form_token", "workspace"


def form_token(session_token: str) -> str:
    """The token for the forms of a session."""
    digest = hmac.digest(session_token.encode(), b"maquette form token", hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:24]).decode()


def require_form_token(session_token: str, given: str) -> None:
    """Raise `ForeignOrigin` unless the form came from a page of this session."""
    if not hmac.compare_digest(form_token(session_token).encode(), given.encode()):
        raise ForeignOrigin


def require_workspace(shown: Workspace | None, given: str) -> None:
    """Raise `ForeignOrigin` for a form that was shown in another workspace: another tab has switched meanwhile."""
    if shown is not None and given not in ("", shown.id):
        raise ForeignOrigin


def require_same_origin(headers: Mapping[bytes, bytes]) -> None:
    """Raise `ForeignOrigin` where a browser says that another site's page sent the request.

    `Sec-Fetch-Site` (Fetch Metadata) says so where it is sent, else `Origin`. Programs send neither.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        if site not in (b"same-origin", b"none"):
            raise ForeignOrigin
        return
    origin = headers.get(b"origin")
    if origin is not None and origin.partition(b"://")[2] != headers.get(b"host"):
        raise ForeignOrigin
