"""Units assigned to splits: stratified by whatever group columns a table has."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from making.clip_tables import people

from avdf.data.splits.assignment import assign_groups, stratified_order
from avdf.data.splits.shares import group_cells


def test_every_beginning_of_a_stratified_order_is_stratified() -> None:
    strata = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
    order = stratified_order(strata, np.random.default_rng(0))
    assert sorted(order) == list(range(100))
    assert Counter(strata[item] for item in order[:10]) == {"a": 6, "b": 3, "c": 1}
    assert Counter(strata[item] for item in order[:50]) == {"a": 30, "b": 15, "c": 5}


@pytest.mark.parametrize("groups", [[], ["race"], ["race", "gender"], ["race", "gender", "accent", "device"]])
def test_any_number_of_group_columns_is_stratified(groups: list[str]) -> None:
    clips = people(40).assign(accent=lambda table: table["race"], device="phone")
    columns = ["clip", "type", "method", *groups, "source", "voice", "audio_fake"]
    units = pd.factorize(clips["voice"])[0]
    split_of = assign_groups(clips[columns], units.tolist(), [0.5, 0.5], np.random.default_rng(0))
    assert np.bincount(split_of).tolist() == [20, 20]
    for group in groups:
        per_value = pd.crosstab(clips[group], split_of[units])
        assert (per_value[0] == per_value[1]).all()


def test_a_cell_is_the_crossing_of_the_group_columns_and_of_those_asked_for() -> None:
    clips = people(2, "AB")
    assert group_cells(clips, "type")[:2] == [("African", "men", "A"), ("African", "men", "B")]
    assert group_cells(clips.drop(columns=["race", "gender"])) == [()] * 4
