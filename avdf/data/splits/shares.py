"""How many units each part of a split gets: by shares, by folds, or by a number of people."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from avdf.config.schema import SplitConfig
from avdf.data.splits.assignment import deal, stratified_order
from avdf.data.splits.certificate import PARTS
from avdf.errors import ConfigError


def shares_of(rule: SplitConfig) -> tuple[float, float, float]:
    """Shares of train, validation and test."""
    return 1 - rule.validation - rule.test, rule.validation, rule.test


def held_out_shares(rule: SplitConfig) -> tuple[float, float, float]:
    """The same where something else says what trains: validation and test as they are to each other."""
    both = rule.validation + rule.test
    if both == 0:
        raise ConfigError(
            "data.split: give validation or test a share; both are 0 and nothing would be scored"
        )
    return 0.0, rule.validation / both, rule.test / both


def parts_by_rule(
    clips: pd.DataFrame,
    units: Sequence[int],
    rule: SplitConfig,
    rng: np.random.Generator,
    *,
    num_people: Sequence[int] | None = None,
) -> list[str]:
    """(clip,) unit of each clip -> (unit,) its part. A unit is one person, or `num_people` of them.

    Raises ConfigError where the units are too few.
    """
    if rule.folds is not None:
        fold_of = deal(clips, units, [1 / rule.folds] * rule.folds, rng)
        if max(units) + 1 < rule.folds:
            raise ConfigError(f"data.split.folds: {max(units) + 1} people can't fill {rule.folds} folds")
        roles = {rule.fold: "test", (rule.fold + 1) % rule.folds: "validation"}
        return [roles.get(int(fold), "train") for fold in fold_of]
    if rule.num_train_voices is not None:
        people = [1] * (max(units) + 1) if num_people is None else num_people
        return _by_number(clips, units, people, rule, rng)
    return parts_by_shares(clips, units, shares_of(rule), rng)


def parts_by_shares(
    clips: pd.DataFrame, units: Sequence[int], shares: Sequence[float], rng: np.random.Generator
) -> list[str]:
    """(clip,) unit of each clip -> (unit,) its part. Raises ConfigError where the units are too few."""
    wanted = [name for name, share in zip(PARTS, shares, strict=True) if share > 0]
    num_units = max(units, default=-1) + 1
    if num_units < len(wanted):
        raise ConfigError(
            f"data.split: {num_units} people can't fill {', '.join(wanted)}; set validation or test to 0, "
            "or use more clips"
        )
    return [PARTS[part] for part in deal(clips, units, shares, rng)]


def _by_number(
    clips: pd.DataFrame,
    units: Sequence[int],
    people: Sequence[int],
    rule: SplitConfig,
    rng: np.random.Generator,
) -> list[str]:
    """Exactly so many people train, stratified over race x gender; the rest is dealt by the shares."""
    by_unit = clips.groupby(np.asarray(units))
    cells = list(zip(by_unit["race"].first(), by_unit["gender"].first(), strict=True))
    part = np.full(len(cells), "", dtype=object)
    missing = rule.num_train_voices or 0
    for unit in stratified_order(cells, rng):
        if people[unit] <= missing:
            part[unit] = "train"
            missing -= people[unit]
    if missing or not (part == "").any():
        raise ConfigError(
            f"data.split.num_train_voices: {rule.num_train_voices} of {sum(people)} people can't train; "
            "give a smaller number"
        )
    rest = np.flatnonzero(part == "")
    renumbered = np.full(len(cells), -1)
    renumbered[rest] = np.arange(len(rest))
    of_clip = renumbered[np.asarray(units)]
    left = clips[of_clip >= 0].reset_index(drop=True)
    part[rest] = parts_by_shares(left, of_clip[of_clip >= 0].tolist(), held_out_shares(rule), rng)
    return list(part)
