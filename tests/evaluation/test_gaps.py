"""Gaps between groups: who is compared, who is left out, when a pair is tested."""

import numpy as np
import pandas as pd
import pytest
from making.made_scores import check_scores

from avdf.evaluation.gaps import gaps_of, pairs_of
from avdf.evaluation.groups import attribute_order, error_counts, groups_of, rate_of, status_of
from avdf.evaluation.identities import sum_by_identity


def people(rates: dict[str, tuple[int, float]], clips: int = 10, seed: int = 0) -> pd.DataFrame:
    """Real clips of `(people, FPR)` a group, and as many fakes that are all caught."""
    rng = np.random.default_rng(seed)
    rows = []
    for group, (num, rate) in rates.items():
        for person in range(num):
            accused = rng.random(clips) < rate
            for number in range(2 * clips):
                fake = number >= clips
                score = 1.0 if fake or accused[number % clips] else 0.0
                rows.append((f"{group}-{person}", group, fake, score + number / 1e6))
    return pd.DataFrame(rows, columns=["identity", "race", "is_fake", "score"])


def audited(table: pd.DataFrame, seed: int = 0):
    sums = sum_by_identity(check_scores(table, ["race"]), 0.5, ["race"])
    groups = groups_of(sums, ["race"])
    return sums, groups, gaps_of(sums, groups, seed)


def test_a_planted_gap_is_found_and_its_worst_group_named():
    sums, groups, (fpr, fnr) = audited(people({"a": (40, 0.05), "b": (40, 0.35), "c": (40, 0.1)}))
    assert fpr.is_shown
    assert (fpr.worst, fpr.best, fpr.status) == ("b", "a", "caution")
    assert fpr.gap == pytest.approx(0.30, abs=0.06)
    assert (fnr.gap, fnr.p, fnr.p_holm) == (0.0, 1.0, 1.0)
    pairs = pairs_of(sums, groups, fpr, 0)
    shown = [(pair.first, pair.second) for pair in pairs if pair.p_holm <= 0.05]
    assert {("b", "a"), ("b", "c")} <= set(shown)
    ab = pairs[0]
    assert ab.low < ab.difference < ab.high
    assert ab.low > 0.0


def test_pairs_are_not_tested_where_the_gap_is_not_shown():
    sums, groups, (fpr, _) = audited(people({"a": (30, 0.2), "b": (30, 0.2)}))
    (pair,) = pairs_of(sums, groups, fpr, 0)
    assert np.isnan(pair.p)
    assert pair.low < 0.0 < pair.high


def test_groups_under_20_people_are_shown_but_not_ranked():
    _, _, (fpr, _) = audited(people({"a": (30, 0.1), "b": (30, 0.1), "few": (10, 0.9)}))
    assert (fpr.compared, fpr.omitted, fpr.status) == (("a", "b"), ("few",), "partial")
    _, _, (fpr, _) = audited(people({"a": (12, 0.1), "few": (10, 0.2)}))
    assert (fpr.status, fpr.worst, fpr.best) == ("low", None, None)
    assert fpr.min_detectable > 0.1


def test_a_group_without_real_clips_leaves_the_gap_partial():
    table = people({"a": (30, 0.1), "b": (30, 0.1), "c": (30, 0.1)})
    table = table[(table["race"] != "c") | table["is_fake"]]
    sums, groups, (fpr, fnr) = audited(table)
    assert (fpr.status, fpr.omitted) == ("partial", ("c",))
    assert fnr.omitted == ()
    assert np.isnan(rate_of(sums, "fpr", groups[2].cells).value)


def test_one_group_alone_has_no_gap():
    _, _, (fpr, _) = audited(people({"a": (30, 0.1), "few": (4, 0.5)}))
    assert fpr.status == "undefined"
    assert np.isnan([fpr.gap, fpr.p, fpr.p_holm]).all()
    assert not fpr.is_shown


def test_status_is_by_people():
    assert [status_of(num) for num in (0, 4, 5, 19, 20, 49, 50)] == [
        *("undefined", "suppressed", "low", "low", "caution", "caution", "ok")
    ]


def test_a_person_some_of_whose_rows_lack_another_group_is_one_person():
    table = people({"a": (6, 0.5)}).assign(gender="men")
    table.loc[table.index[::2], "gender"] = ""
    sums = sum_by_identity(check_scores(table, ["race", "gender"]), 0.5, ["race", "gender"])
    groups = {(group.attribute, group.name): group for group in groups_of(sums, ["race", "gender"])}
    assert set(groups) == {
        ("race", "a"),
        ("gender", "men"),
        ("gender", "unknown"),
        ("race x gender", "a x men"),
        ("race x gender", "unknown"),
    }
    errors, rows = error_counts(sums, "fpr", groups[("race", "a")].cells)
    assert (len(rows), rows.sum()) == (6, 60)
    assert errors.sum() == ((table["score"] >= 0.5) & ~table["is_fake"]).sum()


def test_group_columns_are_reported_in_the_order_of_the_table():
    columns = ["clip", "race", "gender", "age"]
    assert attribute_order(["gender", "age", "race"], columns) == ["race", "gender", "age"]
    assert attribute_order(["gender", "gender"], columns) == ["gender"]
