"""How many units each split gets: by shares, by folds, or by a number of people."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from avdf.config.schema import SPLITS, SplitConfig
from avdf.data.clips import group_columns
from avdf.data.splits.assignment import assign_groups, stratified_order
from avdf.errors import ConfigError


def shares_of(rule: SplitConfig) -> tuple[float, float, float]:
    """Shares of train, validation and test."""
    return 1 - rule.validation - rule.test, rule.validation, rule.test


def held_out_shares(rule: SplitConfig) -> tuple[float, float, float]:
    """Shares of what does not train: validation and test in the same ratio as in the rule.

    Raises ConfigError if both are 0.
    """
    both = rule.validation + rule.test
    if both == 0:
        raise ConfigError(
            "data.split: give validation or test a share; both are 0 and nothing would be scored"
        )
    return 0.0, rule.validation / both, rule.test / both


def splits_by_rule(
    clips: pd.DataFrame,
    units: Sequence[int],
    rule: SplitConfig,
    rng: np.random.Generator,
    *,
    num_people: Sequence[int] | None = None,
) -> list[str]:
    """(clip,) unit of each clip -> (unit,) its split. A unit is one person, or `num_people` of them.

    Raises ConfigError if there are too few units.
    """
    if rule.folds is not None:
        fold_of = assign_groups(clips, units, [1 / rule.folds] * rule.folds, rng)
        if max(units) + 1 < rule.folds:
            raise ConfigError(f"data.split.folds: {max(units) + 1} people can't fill {rule.folds} folds")
        roles = {rule.fold: "test", (rule.fold + 1) % rule.folds: "validation"}
        return [roles.get(int(fold), "train") for fold in fold_of]
    if rule.num_train_voices is not None:
        people = [1] * (max(units) + 1) if num_people is None else num_people
        return _by_number(clips, units, people, rule, rng)
    return splits_by_shares(clips, units, shares_of(rule), rng)


def splits_by_shares(
    clips: pd.DataFrame, units: Sequence[int], shares: Sequence[float], rng: np.random.Generator
) -> list[str]:
    """(clip,) unit of each clip -> (unit,) its split. Raises ConfigError if there are too few units."""
    wanted = [name for name, share in zip(SPLITS, shares, strict=True) if share > 0]
    num_units = max(units, default=-1) + 1
    if num_units < len(wanted):
        raise ConfigError(
            f"data.split: {num_units} people can't fill {', '.join(wanted)}; set validation or test to 0, "
            "or use more clips"
        )
    return [SPLITS[split] for split in assign_groups(clips, units, shares, rng)]


def group_cells(clips: pd.DataFrame, *more: str) -> list[Hashable]:
    """(row,) the values of the group columns, and of `more` columns, as one tuple per row."""
    names = [*group_columns(clips), *more]
    return list(clips[names].itertuples(index=False, name=None)) if names else [()] * len(clips)


def _by_number(
    clips: pd.DataFrame,
    units: Sequence[int],
    people: Sequence[int],
    rule: SplitConfig,
    rng: np.random.Generator,
) -> list[str]:
    """Exactly `num_train_voices` people train, stratified by group; the others go by the shares."""
    cells = group_cells(clips.groupby(np.asarray(units)).first())
    split = np.full(len(cells), "", dtype=object)
    missing = rule.num_train_voices or 0
    for unit in stratified_order(cells, rng):
        if people[unit] <= missing:
            split[unit] = "train"
            missing -= people[unit]
    if missing or not (split == "").any():
        raise ConfigError(
            f"data.split.num_train_voices: {rule.num_train_voices} of {sum(people)} people can't train; "
            "give a smaller number"
        )
    rest = np.flatnonzero(split == "")
    new_number = np.full(len(cells), -1)
    new_number[rest] = np.arange(len(rest))
    new_units = new_number[np.asarray(units)]
    held_out = clips[new_units >= 0].reset_index(drop=True)
    units_held_out = new_units[new_units >= 0].tolist()
    split[rest] = splits_by_shares(held_out, units_held_out, held_out_shares(rule), rng)
    return list(split)
