"""Numbers as groups: bins of a column such as age, and the order of group names that begin with a number."""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from avdf.errors import UserError
from avdf.table_files import BLANKS

UNKNOWN = "unknown"
MOST_NUMBERS = 12  # a column with more distinct numbers gets the advice to use --bins


def parse_bins(text: str) -> tuple[str, tuple[float, ...]]:
    """`COLUMN=EDGE,EDGE,...` -> the column and its ascending edges. Raises UserError.

    >>> parse_bins("age=18,30,45")
    ('age', (18.0, 30.0, 45.0))
    """
    name, sign, edges = text.partition("=")
    try:
        values = tuple(float(edge) for edge in edges.split(","))
    except ValueError:
        values = ()
    ascending = all(low < high for low, high in itertools.pairwise(values))
    if not (name and sign and values and ascending and np.isfinite(values).all()):
        raise UserError(f"--bins: give a column and ascending numbers, as in age=18,30,45,60, got {text!r}")
    return name, values


def bin_names(edges: Sequence[float]) -> list[str]:
    """The names of the bins: one more than there are edges.

    >>> bin_names([18, 30])
    ['under 18', '18 to under 30', '30 and over']
    """
    between = [f"{low:g} to under {high:g}" for low, high in itertools.pairwise(edges)]
    return [f"under {edges[0]:g}", *between, f"{edges[-1]:g} and over"]


def binned(column: pd.Series, edges: Sequence[float]) -> pd.Series:
    """The bin of each number by name, "" where a text is in BLANKS. Raises UserError for other texts."""
    text = column.astype(object).where(column.notna(), "").map(lambda value: str(value).strip())
    blank = text.str.casefold().isin(BLANKS).to_numpy(dtype=bool)
    numbers = pd.to_numeric(text.where(~blank, "nan"), errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(numbers) & ~blank
    if wrong.any():
        kind = "finite number" if np.isinf(numbers[wrong][0]) else "number"
        raise UserError(f"--bins {column.name}: not a {kind}: {text[wrong].iloc[0]!r}; leave out --bins")
    names = np.array([*bin_names(edges), ""], dtype=object)
    place = np.searchsorted(np.asarray(edges, dtype=np.float64), numbers, side="right")
    return pd.Series(names[np.where(blank, len(names) - 1, place)], index=column.index, name=column.name)


def order_of(name: str) -> tuple[float, str]:
    """Sort key of a group name: "under ..." first, then by the number it begins with, then other names.

    >>> sorted(["9", "10", "under 9", "men"], key=order_of)
    ['under 9', '9', '10', 'men']
    """
    if name.startswith("under "):
        return -np.inf, name
    try:
        number = float(name.split(" ")[0])
    except ValueError:
        return np.inf, name
    return (number if np.isfinite(number) else np.inf), name


def suggested_edges(values: np.ndarray) -> str:
    """Three edges that cut the values into four bins of about equal size, for a message."""
    edges = sorted({float(f"{edge:.2g}") for edge in np.quantile(values, (0.25, 0.5, 0.75))})
    return ",".join(f"{edge:g}" for edge in edges)
