"""What does a browser show at the server's bare address? What this server is, and the way to each reference.

The composition root calls `render_welcome` with the doors it opened and sends `REFERENCE_CSP` with the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from maquette.wire.reference import PAGES


@dataclass(frozen=True, slots=True)
class Door:
    """One dialect as the page presents it; the addresses may be relative."""

    title: str
    summary: str
    base_url: str
    reference_url: str
    document_url: str


def render_welcome(doors: Sequence[Door], *, version: str, health_url: str) -> str:
    return PAGES.get_template("welcome.html").render(doors=doors, version=version, health_url=health_url)
