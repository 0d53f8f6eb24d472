"""What does a browser show at the server's bare address? What this server is, and the way to each reference.

`wire/front` calls `render_welcome` with a summary of each API, and sends `REFERENCE_CSP` with the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from maquette.wire.reference import PAGES


@dataclass(frozen=True, slots=True)
class ApiSummary:
    """One dialect as the page presents it; the addresses may be relative."""

    title: str
    summary: str
    base_url: str
    reference_url: str
    document_url: str


def render_welcome(apis: Sequence[ApiSummary], *, version: str, health_url: str) -> str:
    return PAGES.get_template("welcome.html").render(apis=apis, version=version, health_url=health_url)
