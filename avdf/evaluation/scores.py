"""The score table: one row per clip, of any detector; checked, typed and put into one order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.config.schema import SPLITS
from avdf.errors import TableError, UserError
from avdf.evaluation.bins import MOST_NUMBERS, UNKNOWN, binned, suggested_edges
from avdf.evaluation.columns import (
    are_numbers,
    check_number_of_groups,
    check_one_group_each,
    check_one_label_each,
    finite,
    group_names,
    have_names,
    identities,
    labels,
    people_in_several,
    some,
    splits,
)
from avdf.evaluation.table_names import check_names, check_people

WITHOUT_START = "score_without_start"  # optional: the score with the first START_S cut off
START_S = 0.15
HigherIs = Literal["fake", "bonafide"]
_RESERVED = ("clip", "is_fake", "score", "split", "threshold", WITHOUT_START)
_REVERSED = (
    "In the table a higher score means bona fide (--higher-is bonafide): scores are reversed, and the "
    "threshold is that of the reversed scores."
)
_RUN_COLUMNS = ("fold", "seed", "threshold")  # tables of several runs list a clip once per run


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """How a score table is read.

    groups: columns to audit; identity: the column of independent people (for audio: the voice); bins: edges
    of numeric group columns; higher_is: what a high score means.
    """

    groups: tuple[str, ...] = ()
    identity: str = "identity"
    bins: Mapping[str, Sequence[float]] = field(default_factory=dict)
    higher_is: HigherIs = "fake"


@dataclass(frozen=True)
class CheckedScores:
    """A score table with a boolean is_fake, finite scores, an identity in every row and clean group columns.

    Made by `of` or `with_options`, so that a table is checked once. Rows are sorted, so that nothing depends
    on the order they came in; further columns stay.
    """

    table: pd.DataFrame
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, table: pd.DataFrame, groups: Sequence[str] = (), identity: str = "identity"
    ) -> "CheckedScores":
        """Checks a table; `groups` are the columns to audit, `identity` names the column of people.

        A table without a column `split` is all test. Raises TableError that names clips or identities.
        """
        return cls.with_options(table, TableOptions(groups=tuple(groups), identity=identity))

    @classmethod
    def with_options(cls, table: pd.DataFrame, options: TableOptions) -> "CheckedScores":
        """Checks a table, reverses its scores and puts its numbers into bins as the options say."""
        checked = _checked(table, options)
        are_reversed = options.higher_is == "bonafide"
        warnings = [_REVERSED] if are_reversed else []
        warnings += [*_other_splits(checked), *_repeated_clips(checked), *_group_warnings(checked, options)]
        return cls(checked, tuple(warnings))

    @property
    def is_reversed(self) -> bool:
        """Whether a higher score means bona fide in the table as it was given."""
        return _REVERSED in self.warnings

    @property
    def splits(self) -> list[str]:
        """The names of the splits, sorted."""
        return sorted(set(self.table["split"]))

    def of_split(self, split: str) -> "CheckedScores":
        """The rows of one split; none if the table has no such split."""
        return CheckedScores(self.table[self.table["split"] == split].reset_index(drop=True))


def _checked(table: pd.DataFrame, options: TableOptions) -> pd.DataFrame:
    check_names(table)
    check_people(table, options.identity, options.groups, _RESERVED)
    unused = [name for name in options.bins if name not in options.groups]
    if unused:
        raise UserError(f"--bins {unused[0]}: name the column in --groups, too")
    if table.empty:
        raise TableError("the score table holds no rows")
    checked = table.reset_index(drop=True)
    checked["is_fake"] = labels(checked)
    for name in ("score", "threshold", WITHOUT_START):
        if name in checked:
            checked[name] = finite(checked, name)
    if options.higher_is == "bonafide":
        checked = _reversed(checked)
    checked["identity"] = identities(checked, options.identity)
    checked["split"] = splits(checked) if "split" in checked else "test"
    if "clip" in checked:
        check_one_label_each(checked)
    for name in options.groups:
        if name in options.bins:
            checked[name] = binned(checked[name], options.bins[name])
        checked[name] = group_names(checked[name])
        check_number_of_groups(checked, name)
        if name not in options.bins:
            check_one_group_each(checked, name)
    for name in ("type", "method"):
        if name in checked and name not in options.groups:
            checked[name] = group_names(checked[name])
    return in_order(checked)


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """The rows sorted by split, identity, score and label, so that no sum depends on their order."""
    keys = [table["is_fake"], table["score"], _codes(table["identity"]), _codes(table["split"])]
    return table.iloc[np.lexsort([np.asarray(key) for key in keys])].reset_index(drop=True)


def overlapping_identities(table: pd.DataFrame) -> list[str]:
    """Identities with rows in `test` and in another split too, sorted."""
    in_test = table["split"] == "test"
    both = set(table.loc[in_test, "identity"]) & set(table.loc[~in_test, "identity"])
    return sorted(both)


def are_probabilities(table: pd.DataFrame) -> bool:
    """Whether all scores lie in [0, 1]."""
    return bool(pd.to_numeric(table["score"]).between(0.0, 1.0).all())


def reversed_threshold(value: float, is_probability: bool) -> float:
    """The threshold on reversed scores that calls the scores below `value` in the table fake."""
    return float(np.nextafter(1.0 - value if is_probability else -value, np.inf))


def _reversed(table: pd.DataFrame) -> pd.DataFrame:
    """Scores that are higher for bona fide -> scores that are higher for fake."""
    is_probability = are_probabilities(table)
    names = [name for name in ("score", WITHOUT_START) if name in table]
    columns = {name: 1.0 - table[name] if is_probability else -table[name] for name in names}
    if "threshold" in table:
        columns["threshold"] = table["threshold"].map(lambda value: reversed_threshold(value, is_probability))
    return table.assign(**columns)


def _other_splits(table: pd.DataFrame) -> list[str]:
    """A warning of rows whose split is not train, validation or test."""
    counts = table.loc[~table["split"].isin(SPLITS), "split"].value_counts().sort_index()
    if counts.empty:
        return []
    names = some([f"{name} ({num})" for name, num in counts.items()])
    known = f"{SPLITS[0]}, {SPLITS[1]} nor {SPLITS[2]}"
    return [f"{counts.sum()} rows are neither {known} and are not audited: {names}."]


def _repeated_clips(table: pd.DataFrame) -> list[str]:
    """A warning of clips that are listed more than once, unless once per run."""
    if "clip" not in table:
        return []
    keys = ["clip", *(name for name in _RUN_COLUMNS if name in table)]
    named = table[have_names(table)]
    repeated = named[named.duplicated(keys, keep=False)]
    if repeated.empty:
        return []
    num_scores = repeated.groupby(keys, sort=True)["score"].nunique()
    differ = num_scores[num_scores > 1].index
    listed = differ if len(differ) else num_scores.index
    names = some([str(item[0] if isinstance(item, tuple) else item) for item in listed])
    scores = f"{len(differ)} of them with different scores" if len(differ) else "with the same score"
    return [
        f"{len(num_scores)} clips are listed more than once, {scores} ({names}): every row counts; keep one "
        "row per clip."
    ]


def _group_warnings(table: pd.DataFrame, options: TableOptions) -> list[str]:
    """Warnings of numbers that make too many groups, and of people in several bins."""
    lines = []
    for name in options.groups:
        if name in options.bins:
            known = table.loc[table[name] != UNKNOWN, ["identity", name]].drop_duplicates()
            num = int(known["identity"].duplicated().sum())
            if num:
                lines.append(
                    f"{num} people are in more than one bin of {name}; each of their clips counts in its own."
                )
            continue
        num_several, num_people, _ = people_in_several(table, name)
        if num_several:
            lines.append(
                f"{name} is a property of clips: {num_several} of {num_people} people have clips in several "
                "of its groups. Each clip counts in its own, and chance is judged within people."
            )
        values = sorted(set(table[name]) - {UNKNOWN})
        if len(values) > MOST_NUMBERS and are_numbers(values):
            edges = suggested_edges(table.loc[table[name] != UNKNOWN, name].astype(float).to_numpy())
            lines.append(
                f"{name} has {len(values)} distinct numbers, and each is a separate group: put them into "
                f"bins, for example with --bins {name}={edges}."
            )
    return lines


def _codes(column: pd.Series) -> NDArray[np.intp]:
    return np.asarray(pd.factorize(column, sort=True)[0])
