"""Renders the console's pages: HTML without scripts, one stylesheet, nothing from elsewhere."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from jinja2 import ChoiceLoader, PackageLoader
from markupsafe import Markup

from maquette.console.browsers import browser_name
from maquette.wire.reference import PAGES
from maquette.wire.reply import Header, Reply

HTML = b"text/html; charset=utf-8"
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
REFERRER = b"referrer-policy", b"same-origin"
NO_REFERRER = b"referrer-policy", b"no-referrer"
"""The second is for pages whose address is a secret."""

PRIVATE: Header = b"cache-control", b"private, no-cache"
"""For downloads: a browser keeps one, and asks each time whether it may still show it."""

ENVIRONMENT = PAGES.overlay(loader=ChoiceLoader([PackageLoader("maquette.console"), PackageLoader("maquette.wire")]))
STYLE = ENVIRONMENT.get_template("console.css").render().encode()
STYLE_PATH = f"/console/{hashlib.sha256(STYLE).hexdigest()[:16]}.css"


def page(template: str, values: dict[str, Any], *, status: int = 200, is_address_secret: bool = False) -> Reply:
    """The page. `values` hold all that the template names."""
    html = ENVIRONMENT.get_template(template).render(style_path=STYLE_PATH, **values)
    headers = (*SECURITY_HEADERS, NO_REFERRER if is_address_secret else REFERRER)
    return Reply(status, html.encode(), headers, HTML)


def style() -> Reply:
    """The stylesheet, whose path changes with its content."""
    headers = [(b"cache-control", b"public, max-age=31536000, immutable"), (b"x-content-type-options", b"nosniff")]
    return Reply(200, STYLE, headers, b"text/css; charset=utf-8")


def _time(at_ms: int | None, seconds: bool = False) -> Markup:
    """A time in UTC, to the minute or to the second; a dash for none."""
    if at_ms is None:
        return Markup('<span class="muted">–</span>')
    moment, form = datetime.fromtimestamp(at_ms // 1000, UTC), "%b %Y, %H:%M:%S" if seconds else "%b %Y, %H:%M"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%Y-%m-%d %H:%M:%S} UTC", f"{moment.day} {moment:{form}}"
    )


def _day(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment.day} {moment:%B %Y}"


def _counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 project`, `1,200 projects`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


ENVIRONMENT.filters |= {"time": _time, "day": _day, "counted": _counted, "browser": browser_name}
