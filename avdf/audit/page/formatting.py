"""Numbers and names as people read them: percents, points, p-values, counts; and tables of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from avdf.evaluation.scored_split import METRIC_OF

NOTHING = "–"
Column = tuple[str, Callable[[Any], str]]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the page: its column headers and its rows of text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_of(columns: Sequence[Column], rows: Iterable[Any]) -> Table:
    """A table with one (header, text of a row) pair per column."""
    return Table(
        header=tuple(name for name, _ in columns),
        rows=tuple(tuple(text(row) for _, text in columns) for row in rows),
    )


def divided(table: Table, most: int) -> tuple[Table, Table]:
    """The first `most` rows, and the others."""
    return replace(table, rows=table.rows[:most]), replace(table, rows=table.rows[most:])


def key(name: str, text: Callable[[Any], str] = str) -> Callable[[Mapping[str, Any]], str]:
    """Reads `name` from a row and formats it."""
    return lambda row: text(row[name])


def percent(value: float | None, decimals: int = 1) -> str:
    return NOTHING if value is None else f"{100 * value:.{decimals}f}\u00a0%"


def points(value: float | None) -> str:
    """A difference of two rates, in percentage points."""
    return NOTHING if value is None else f"{_signed(100 * value, 1)}\u00a0points"


def points_interval(ends: Sequence[float | None]) -> str:
    """The interval of a difference of two rates, in percentage points."""
    low, high = ends
    if low is None or high is None:
        return NOTHING
    return f"{_signed(100 * low, 1)} to {_signed(100 * high, 1)}"


def metric_text(value: float | None, metric: str) -> str:
    """A metric's value in its unit: shares in percent, numbers with three decimals."""
    if value is None:
        return NOTHING
    return percent(value) if METRIC_OF[metric].unit == "share" else _signed(value, 3)


def interval_text(ends: Sequence[float | None], metric: str) -> str:
    """A metric's interval in its unit: "26.1 to 32.3 %"."""
    low, high = ends
    if low is None or high is None:
        return NOTHING
    if METRIC_OF[metric].unit == "share":
        return rate_interval_text(ends)
    return f"{_signed(low, 3)} to {_signed(high, 3)}"


def rate_interval_text(ends: Sequence[float | None]) -> str:
    """The interval of a rate, in percent."""
    low, high = ends
    return NOTHING if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}\u00a0%"


def number(value: float | None) -> str:
    """A number with three decimals."""
    return NOTHING if value is None else f"{value:.3f}"


def four_digits(value: float | None) -> str:
    """A threshold, which may be of any size."""
    return NOTHING if value is None else f"{value:.4g}"


def sentence(text: str) -> str:
    """With a capital at its start and a full stop; units such as kHz keep theirs.

    >>> sentence("no sound above 3.4 kHz")
    'No sound above 3.4 kHz.'
    """
    return f"{text[:1].upper()}{text[1:]}."


def p_text(p: float | None) -> str:
    if p is None:
        return NOTHING
    return f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def count(value: Any) -> str:
    """A whole number with thin spaces between thousands."""
    return NOTHING if value is None else f"{int(value):,}".replace(",", "\u202f")


def people(num: int) -> str:
    return "1 person" if num == 1 else f"{num} people"


def short(name: str, longest: int = 60) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def listed(names: Sequence[str], most: int = 5) -> str:
    """ "A, B and 3 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(short(name) for name in names[:most]) + more


def _signed(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", "\u2212")
