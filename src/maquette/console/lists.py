"""A page's part of a list, by number, and the links to the others."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from maquette.console.forms import Form
from maquette.model.page import ByPage, Slice

T = TypeVar("T")

SIZE = 25
MAX_PAGE = 1_000_000
CHOICES = ByPage(1, 500)
"""How many records a field offers to choose from."""

MAX_SEARCH = 200
"""How many characters of a search are looked for."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page of a list."""

    found: Slice[T]
    number: int
    size: int
    path: str
    parameters: dict[str, str]
    """What is asked for besides the page: the search and the filters that aren't empty."""

    @property
    def items(self) -> list[T]:
        """The rows."""
        return self.found.items

    @property
    def total(self) -> int:
        """How many there are in all."""
        return self.found.total

    @property
    def last(self) -> int:
        """The number of the last page, at least 1."""
        return max(1, -(-self.found.total // self.size))

    @property
    def is_filtered(self) -> bool:
        """Whether only a part is asked for: an order is no filter."""
        return any(name != "sort" for name in self.parameters)

    def address(self, number: int) -> str:
        """Where the page of that number is."""
        query = urlencode({**self.parameters, **({"page": str(number)} if number > 1 else {})})
        return self.path + (f"?{query}" if query else "")


def window(query: Form, size: int = SIZE) -> ByPage:
    """The page that is asked for; what is no number is the first."""
    return ByPage(min(max(1, query.number("page", 1)), MAX_PAGE), size)


def search(query: Form) -> str:
    """What is searched for, trimmed and cut."""
    return query.text("q").strip()[:MAX_SEARCH]


def listed(found: Slice[T], window: ByPage, path: str, **parameters: str) -> Listed[T]:
    """The page with what it was asked by."""
    return Listed(found, window.number, window.size, path, {name: text for name, text in parameters.items() if text})
