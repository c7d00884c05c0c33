"""The score table: one row per clip, of any detector; checked, typed and put into one order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.errors import TableError, UserError
from avdf.evaluation.attack_names import OF_FAKE, attack_of_fakes
from avdf.evaluation.bins import binned
from avdf.evaluation.columns import (
    check_number_of_groups,
    check_one_group_each,
    check_one_label_each,
    each_clip,
    finite,
    group_names,
    identities,
    labels,
    splits,
)
from avdf.evaluation.table_names import check_names, check_people
from avdf.evaluation.table_warnings import each_clip_a_person, table_warnings

WITHOUT_START = "score_without_start"  # optional, of test: the score with the first START_S cut off
START_S = 0.15
HigherIs = Literal["fake", "bonafide"]
_RESERVED = ("clip", "is_fake", "score", "split", "threshold", WITHOUT_START)
_REVERSED = (
    "In the table a higher score means bona fide (--higher-is bonafide): scores are reversed, and the "
    "threshold is that of the reversed scores."
)


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """How a score table is read.

    groups: columns to audit; identity: the column of independent people (for audio: the voice), None to take
    each clip as a person; bins: edges of numeric group columns; higher_is: what a high score means; attack:
    the column of attacks, if not one of the usual names.
    """

    groups: tuple[str, ...] = ()
    identity: str | None = "identity"
    bins: Mapping[str, Sequence[float]] = field(default_factory=dict)
    higher_is: HigherIs = "fake"
    attack: str | None = None


@dataclass(frozen=True)
class CheckedScores:
    """A score table with a boolean is_fake, finite scores, an identity in every row and clean group columns.

    Made by `of` or `with_options`, so that a table is checked once. Rows are sorted, so that nothing depends
    on the order they came in; further columns stay. `unscored` are the rows whose score is blank, checked
    alike; every metric is of `table` alone.
    """

    table: pd.DataFrame
    warnings: tuple[str, ...] = ()
    unscored: pd.DataFrame = field(default_factory=pd.DataFrame)

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
        if options.identity is None:
            warnings.insert(0, each_clip_a_person(table))
        warnings += table_warnings(checked, options.groups, options.bins)
        has_score = checked["score"].notna()
        if not has_score.any():
            raise TableError(f"no clip has a score: all {len(checked)} are blank")
        scored, unscored = (in_order(checked[rows]) for rows in (has_score, ~has_score))
        return cls(scored, tuple(warnings), unscored)

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
        rows, unscored = (
            table[table["split"] == split].reset_index(drop=True) if len(table) else table
            for table in (self.table, self.unscored)
        )
        return CheckedScores(rows, unscored=unscored)


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
    checked["split"] = splits(checked) if "split" in checked else "test"
    checked["score"] = finite(checked, "score", may_be_blank=True)
    if "threshold" in checked:
        checked["threshold"] = finite(checked, "threshold")
    if WITHOUT_START in checked:  # of all test clips with a score
        with_score = checked[checked["score"].notna()]
        finite(with_score[with_score["split"] == "test"], WITHOUT_START)
        checked[WITHOUT_START] = finite(with_score, WITHOUT_START, may_be_blank=True)
    if options.higher_is == "bonafide":
        checked = _reversed(checked)
    if options.identity is None:
        checked["identity"] = each_clip(checked)
    checked["identity"] = identities(checked, options.identity or "identity")
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
    attack = attack_of_fakes(checked, options.attack)
    return checked if attack is None else checked.assign(**{OF_FAKE: attack})


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
    return bool(pd.to_numeric(table["score"], errors="coerce").dropna().between(0.0, 1.0).all())


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


def _codes(column: pd.Series) -> NDArray[np.intp]:
    return np.asarray(pd.factorize(column, sort=True)[0])
