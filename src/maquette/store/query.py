"""Builds the SQL for a filtered, ordered window of a table, collecting conditions with their numbered arguments."""

from collections.abc import Mapping, Sequence

from maquette.model.page import AfterCursor, ByPage, Order, SortField, Window
from maquette.store.database import Transaction, Value

LONG_TEXT_CHARS = 64
"""Longest text that `instr` and LIKE are given: they compare it at each place, which is slow for longer ones."""

LIKE_PREFIX_CHARS = 16
"""Characters of a longer text given to LIKE, by which PostgreSQL's index finds what may hold it."""

REGEX_CHARS = 1_000
"""Characters of a longer text given to a regular expression: with more it takes long by itself."""


class Where:
    """Conditions joined by AND; every argument gets the next `$n`."""

    def __init__(self) -> None:
        self.args: list[Value] = []
        self._conditions: list[str] = []

    def copy(self) -> "Where":
        """A copy, to which conditions can be added."""
        copy = Where()
        copy.args, copy._conditions = [*self.args], [*self._conditions]
        return copy

    def bind(self, value: Value) -> str:
        """The placeholder that stands for this value."""
        self.args.append(value)
        return f"${len(self.args)}"

    def add(self, condition: str, *values: Value) -> None:
        """Add a condition whose `{}` stand for the values, in order."""
        self._conditions.append(condition.format(*(self.bind(value) for value in values)))

    def contains(self, tx: Transaction, columns: tuple[str, ...], folded: str) -> None:
        """Add: one of the columns contains the folded text. Evaluated in linear time, whatever the two texts are."""
        condition = self._contains_sqlite(folded) if tx.engine == "sqlite" else self._contains_postgres(folded)
        self._conditions.append("(" + " OR ".join(condition.replace("{}", column) for column in columns) + ")")

    def among(self, column: str, values: Sequence[Value]) -> None:
        """Add: the column is one of the values; without values nothing matches."""
        places = ", ".join(self.bind(value) for value in values) or "NULL"
        self._conditions.append(f"{column} IN ({places})")

    def sql(self) -> str:
        """The WHERE clause."""
        return " WHERE " + self.conditions()

    def conditions(self) -> str:
        """What follows WHERE."""
        return " AND ".join(self._conditions)

    def _contains_sqlite(self, folded: str) -> str:
        place = self.bind(folded)
        return f"holds({{}}, {place})" if len(folded) > LONG_TEXT_CHARS else f"instr({{}}, {place}) > 0"

    def _contains_postgres(self, folded: str) -> str:
        """Only LIKE uses the index. A regular expression that begins with `***=` is literal text."""
        prefix = folded if len(folded) <= LONG_TEXT_CHARS else folded[:LIKE_PREFIX_CHARS]
        conditions = [f"{{}} LIKE {self.bind(f'%{_escaped(prefix)}%')} ESCAPE '\\'"]
        if len(folded) > LONG_TEXT_CHARS:
            conditions.append(f"{{}} ~ {self.bind(f'***={folded[:REGEX_CHARS]}')}")
        if len(folded) > REGEX_CHARS:
            conditions.append(f"strpos({{}}, {self.bind(folded)}) > 0")
        return f"({' AND '.join(conditions)})"


def rows(count: int, width: int) -> str:
    """The placeholders of `count` rows of `width` values: `($1, $2), ($3, $4)`."""
    starts = range(1, count * width, width)
    return ", ".join("(" + ", ".join(f"${n}" for n in range(start, start + width)) + ")" for start in starts)


def windowed(where: Where, window: Window, order: Order, columns: Mapping[SortField, str]) -> str:
    """WHERE, ORDER BY and LIMIT for one window, with one row more than fits, to know whether more follow.

    `columns` maps each sort field to its column.
    """
    if isinstance(window, AfterCursor):
        _seek(where, window, _keys(order, columns), "<" if order.descending else ">")
    clause = where.sql() + ordering(order, columns) + f" LIMIT {where.bind(window.size + 1)}"
    if isinstance(window, ByPage):
        clause += f" OFFSET {where.bind((window.number - 1) * window.size)}"
    return clause


def ordering(order: Order, columns: Mapping[SortField, str]) -> str:
    """ORDER BY, with the serial last."""
    direction = "DESC" if order.descending else "ASC"
    return " ORDER BY " + ", ".join(f"{key} {direction}" for key in _keys(order, columns))


def _keys(order: Order, columns: Mapping[SortField, str]) -> list[str]:
    column, serial = columns[order.field], columns[SortField.SERIAL]
    return [serial] if column == serial else [column, serial]


def _seek(where: Where, window: AfterCursor, keys: list[str], compare: str) -> None:
    if window.after is None:
        return
    if len(keys) == 1:
        where.add(f"{keys[0]} {compare} {{}}", window.after.serial)
    else:
        where.add(f"({keys[0]}, {keys[1]}) {compare} ({{}}, {{}})", window.after.value, window.after.serial)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
