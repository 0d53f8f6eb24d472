"""Schema annotations for the texts that all dialects share.

They only document: shapes pass a text on as it came. The domain trims it, checks it, and refuses it in its own words.
"""

from msgspec import Meta

from maquette.model.text import DESCRIPTION_LENGTH, NAME_LENGTH, SLUG_LENGTH

NAME = Meta(
    description="Kept trimmed; no control characters.",
    extra_json_schema={"minLength": 1, "maxLength": NAME_LENGTH},
)
DESCRIPTION = Meta(extra_json_schema={"maxLength": DESCRIPTION_LENGTH})
COLOR = Meta(extra_json_schema={"pattern": "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"})
SLUG = Meta(extra_json_schema={"minLength": 1, "maxLength": SLUG_LENGTH, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"})
PIXELS = Meta(description="In pixels.", extra_json_schema={"minimum": 1})
BYTES = Meta(description="In bytes.", extra_json_schema={"minimum": 1})
UUID = Meta(extra_json_schema={"format": "uuid"})
ANSWERED = Meta(description="Its beginning: up to 64 KiB where the attempt failed, 1 KiB where it arrived.")
ANSWERED_HEADERS = Meta(description="By name; where the attempt arrived, the first 2 KiB of them.")
NEXT_ATTEMPT = Meta(
    description="Not before the webhook's pause ends; null once it is finished, and while the webhook is disabled."
)
FAILING_SINCE = Meta(
    description="Since when nothing has arrived but failed; null where the last attempt arrived.", examples=[None]
)
PAUSED_UNTIL = Meta(
    description="Until when it is left in peace because it failed, or asked for that; past or null where it isn't.",
    examples=[None],
)
CHOICE = Meta(extra_json_schema={"type": "string"})

ABOUT_DESCRIPTION = Meta(description="May hold tabs and newlines, but no other control characters.")
ABOUT_COLOR = Meta(description="Three or six hexadecimal digits, kept as sent.", examples=["#1A2B3C"])
"""For fields that may be null: these annotate the union, beside `DESCRIPTION` or `COLOR` on the text itself."""


def legible(content: bytes) -> str:
    """Bytes from a third party as text. Invalid UTF-8 is replaced."""
    return content.decode("utf-8", "replace")
