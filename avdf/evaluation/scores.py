"""The score table: one row a clip, of any detector; read, checked and put into one order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.errors import TableError
from avdf.files import read_csv_table

UNKNOWN = "unknown"
WITHOUT_START = "score_without_start"  # optional: the score with the first START_S cut off
START_S = 0.15
_MEANS_UNKNOWN = {"", "-", "?", "nan", "none", "null", "na", "n/a", "<na>", UNKNOWN}
_NUMBERS = ("is_fake", "score", "threshold", WITHOUT_START)
_TRUE_FALSE = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0}


def read_scores(path: Path) -> pd.DataFrame:
    """Reads a score table as it stands; text columns stay text ("NA" is a word, "007" keeps its zeros).

    Raises TableError for a file that is missing, empty or no CSV.
    """
    table = read_csv_table(path, "give a score table (CSV with is_fake, score, identity) or a run folder")
    for name in _NUMBERS:
        if name in table:
            table[name] = _as_numbers(table[name])
    return table


def check_scores(table: pd.DataFrame, groups: Sequence[str] = (), identity: str = "identity") -> pd.DataFrame:
    """A score table that can be trusted, whatever the order of its rows: sorted, typed, odd groups `unknown`.

    `identity` names the column of independent people (for audio: the voice); it comes back as `identity`.
    A table without `split` is all `test`. Further columns stay. Raises TableError naming clips or identities.
    """
    for name, what in (("is_fake", "0 or 1"), ("score", "higher is more fake")):
        _need(table, name, f"a score table holds is_fake (0/1), score and an identity; {name}: {what}")
    _need(table, identity, "the column that says whose voice or face it is; name it with --identity COLUMN")
    for name in groups:
        _need(table, name, "name the columns to audit with --groups COLUMN ...")
    if table.empty:
        raise TableError("the score table holds no rows")
    checked = table.reset_index(drop=True)
    checked["is_fake"] = _labels(checked) == 1.0
    for name in ("score", "threshold", WITHOUT_START):
        if name in checked:
            checked[name] = _finite(checked, name)
    checked["identity"] = _identities(checked, identity)
    checked["split"] = _words(checked["split"]) if "split" in checked else "test"
    for name in groups:
        checked[name] = _clean_groups(checked[name])
        _one_group_each(checked, name)
    for name in ("type", "method"):
        if name in checked and name not in groups:
            checked[name] = _clean_groups(checked[name])
    return in_order(checked)


@dataclass(frozen=True)
class CheckedScores:
    """A score table that `check_scores` has accepted; made by `of` alone, so that it is checked once."""

    table: pd.DataFrame

    @classmethod
    def of(
        cls, table: pd.DataFrame, groups: Sequence[str] = (), identity: str = "identity"
    ) -> "CheckedScores":
        """Checks a table as `check_scores` does. Raises TableError."""
        return cls(check_scores(table, groups, identity))

    @property
    def splits(self) -> list[str]:
        """The names of the splits, sorted."""
        return sorted(set(self.table["split"]))

    def of_split(self, split: str) -> "CheckedScores":
        """The rows of one split; none if the table has no such split."""
        return CheckedScores(self.table[self.table["split"] == split].reset_index(drop=True))


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """The rows by split, identity, score and label: no sum depends on the order they came in."""
    keys = [table["is_fake"], table["score"], _codes(table["identity"]), _codes(table["split"])]
    return table.iloc[np.lexsort([np.asarray(key) for key in keys])].reset_index(drop=True)


def overlapping_identities(table: pd.DataFrame) -> list[str]:
    """Identities with rows in `test` and in another split too, sorted."""
    in_test = table["split"] == "test"
    both = set(table.loc[in_test, "identity"]) & set(table.loc[~in_test, "identity"])
    return sorted(both)


def _as_numbers(column: pd.Series) -> pd.Series:
    """Text as numbers, each the nearest float (pandas 2 is a bit off); as it was where one isn't a number."""
    try:
        return pd.Series(column.to_numpy(object).astype(np.float64), index=column.index)
    except ValueError:
        return column


def _need(table: pd.DataFrame, name: str, remedy: str) -> None:
    if name not in table.columns:
        raise TableError(f"no column {name!r} (have: {', '.join(map(str, table.columns))}); {remedy}")


def _labels(table: pd.DataFrame) -> pd.Series:
    column = table["is_fake"]
    if column.dtype == bool or pd.api.types.is_numeric_dtype(column):
        labels = column.astype("float64")
    else:
        labels = _words(column).str.lower().map(_TRUE_FALSE).astype("float64")
    wrong = ~labels.isin([0.0, 1.0])
    if wrong.any():
        raise TableError(f"is_fake must be 0 (real) or 1 (fake); {_which(table, wrong, 'is_fake')}")
    return labels


def _finite(table: pd.DataFrame, name: str) -> pd.Series:
    numbers = pd.to_numeric(table[name].astype(object), errors="coerce").astype("float64")
    wrong = pd.Series(~np.isfinite(numbers.to_numpy()), index=table.index)
    if wrong.any():
        raise TableError(
            f"{name} must be a finite number; {_which(table, wrong, name)}; score those clips again"
        )
    return numbers


def _identities(table: pd.DataFrame, name: str) -> pd.Series:
    words = _words(table[name])
    blank = words.str.lower().isin(_MEANS_UNKNOWN)
    if blank.any():
        raise TableError(f"{name} must say who it is in every row; {_which(table, blank, name)}")
    return words


def _clean_groups(column: pd.Series) -> pd.Series:
    """Blanks stripped, spellings that differ in case alone joined (the most frequent stays)."""
    words = _words(column)
    counts = words.value_counts()
    best: dict[str, str] = {}
    for word in sorted(counts.index, key=lambda word: (-counts[word], word)):
        best.setdefault(word.casefold(), word)
    odd = _MEANS_UNKNOWN
    return words.map(
        {word: UNKNOWN if word.casefold() in odd else best[word.casefold()] for word in counts.index}
    )


def _words(column: pd.Series) -> pd.Series:
    """A column as stripped text, whatever it held; each distinct value is handled once."""
    codes, values = pd.factorize(column.astype(object))
    texts = np.array([_text(value) for value in values] + [""], dtype=object)
    return pd.Series(texts[codes], index=column.index, dtype=object)  # code -1, missing, picks the last


def _text(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()  # pandas reads 1,,3 as 1.0, NaN, 3.0
    return str(int(value) if whole else value).strip()  # type: ignore[call-overload]


def _one_group_each(table: pd.DataFrame, name: str) -> None:
    known = table.loc[table[name] != UNKNOWN, ["identity", name]].drop_duplicates()
    torn = known[known["identity"].duplicated(keep=False)]
    if not torn.empty:
        listed = torn.groupby("identity", sort=True)[name].agg(lambda values: " and ".join(sorted(values)))
        raise TableError(
            f"one identity, one {name}: {_some([f'{who} ({what})' for who, what in listed.items()])}; "
            "mend the table, or name another --identity column"
        )


def _which(table: pd.DataFrame, wrong: pd.Series, name: str) -> str:
    rows = table[wrong]
    keys = _words(rows["clip"]) if "clip" in rows else [f"row {number + 1}" for number in rows.index]
    return _some([f"{key} ({name}={value!s})" for key, value in zip(keys, rows[name], strict=True)])


def _some(items: list[str]) -> str:
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    return ", ".join(items[:5]) + more


def _codes(column: pd.Series) -> NDArray[np.intp]:
    return np.asarray(pd.factorize(column, sort=True)[0])
