"""The page at the server's root: what this server is, with links to each API's reference.

Whoever serves it sends `REFERENCE_CSP` with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from maquette.wire.reference import PAGES


@dataclass(frozen=True, slots=True)
class ApiSummary:
    """One dialect as the page presents it. The URLs may be relative."""

    title: str
    summary: str
    base_url: str
    reference_url: str
    document_url: str


def render_welcome(apis: Sequence[ApiSummary], *, version: str, health_url: str) -> str:
    return PAGES.get_template("welcome.html").render(apis=apis, version=version, health_url=health_url)
