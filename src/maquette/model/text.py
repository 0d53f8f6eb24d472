"""The rules for text: what may be stored, how it is folded for search and order, how a slug is made."""

import re
import unicodedata

from anyascii import anyascii

NAME_LENGTH = 255
DESCRIPTION_LENGTH = 10_000
SLUG_LENGTH = 100
MAX_MARKS = 30
"""No language needs more combining marks in a row (UAX #15, Stream-Safe Text), and normalizing more is slow."""

TOO_MANY_MARKS = f"must hold at most {MAX_MARKS} combining marks in a row"

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COLOR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_SLUG_WORDS = re.compile(r"[a-z0-9]+")

# None of these is printable, so `isprintable`, which is faster, is asked before any of them is searched for.
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_DESCRIPTIONS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def fold(text: str) -> str:
    """The text as it is searched and ordered: NFKC, then casefolded; accents count."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def differs_in_case_alone(text: str, folded: str) -> bool:
    """Whether folding has changed nothing but case; it turns `ß` and `ⓐ` into other letters."""
    return unicodedata.normalize("NFC", text).lower() == folded


def slugify(name: str) -> str:
    """Lower-case ASCII letters, digits and hyphens made from a name; `project` where nothing is left."""
    ascii_name = name if name.isascii() else anyascii(name)
    slug = "-".join(_SLUG_WORDS.findall(ascii_name.lower()))
    return slug[:SLUG_LENGTH].rstrip("-") or "project"


def numbered(slug: str, number: int) -> str:
    """`slug-2`, `slug-3` …, cut so that the whole still fits."""
    tail = f"-{number}"
    return slug[: SLUG_LENGTH - len(tail)].rstrip("-") + tail


def is_storable(text: str) -> bool:
    """Whether the text holds neither NUL nor a lone surrogate."""
    return text.isprintable() or not _UNSTORABLE.search(text)


def has_too_many_marks(text: str) -> bool:
    """Whether more than `MAX_MARKS` combining marks follow each other.

    So many always cover one of the places that are looked at first, which most texts' marks don't.
    """
    return any(map(_is_mark, text[MAX_MARKS :: MAX_MARKS + 1])) and _longest_run(text) > MAX_MARKS


def name_problem(name: str) -> str | None:
    """Why an already trimmed name can't be kept, as a sentence, or None."""
    if not name:
        return "must not be empty"
    if len(name) > NAME_LENGTH:
        return f"must have at most {NAME_LENGTH} characters"
    if not name.isprintable() and _NOT_IN_NAMES.search(name):
        return "must not hold control characters"
    return TOO_MANY_MARKS if not name.isascii() and has_too_many_marks(name) else None


def description_problem(description: str) -> str | None:
    """Why a description can't be kept, as a sentence, or None; tabs and newlines are welcome."""
    if len(description) > DESCRIPTION_LENGTH:
        return f"must have at most {DESCRIPTION_LENGTH:,} characters"
    if not description.isprintable() and _NOT_IN_DESCRIPTIONS.search(description):
        return "must not hold control characters other than tabs and newlines"
    return TOO_MANY_MARKS if not description.isascii() and has_too_many_marks(description) else None


def color_problem(color: str) -> str | None:
    """Why a colour can't be kept, as a sentence, or None."""
    return None if _COLOR.fullmatch(color) else "must be a colour such as #1A2B3C or #ABC"


def slug_problem(slug: str) -> str | None:
    """Why an explicit slug can't be kept, as a sentence, or None; a UUID's shape is checked by the caller."""
    if len(slug) > SLUG_LENGTH:
        return f"must have at most {SLUG_LENGTH} characters"
    if not _SLUG.fullmatch(slug):
        return "must hold only lower-case letters, digits and single hyphens between them"
    return None


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) > 0 or character in _MADE_OF_MARKS


def _longest_run(text: str) -> int:
    """The length of the longest run of combining marks."""
    longest = length = 0
    for character in text:
        length = length + 1 if _is_mark(character) else 0
        longest = max(longest, length)
    return longest


_MADE_OF_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"
"""Characters that decompose into combining marks."""
