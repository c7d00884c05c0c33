"""The cluster bootstrap against a loop over drawn people, and the content of metrics.json."""

import numpy as np
import pandas as pd
import pytest
from making.made_scores import check_scores
from making.plain_metrics import plain_metrics

from avdf.evaluation.bootstrap import interval, random_stream, resampled_counts, strata_of
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.identities import sum_by_identity
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.scored_split import ScoredSplit, draw_metrics, score_split_of
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import Threshold, given_threshold, row_threshold, stored_threshold


def scores(num_people: int = 30, clips: int = 8, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(num_people), clips)
    fake = rng.random(len(person)) < 0.5
    logit = 2.5 * fake - 1.2 + rng.normal(0, 0.7, num_people)[person] + rng.normal(0, 1, len(person))
    return pd.DataFrame(
        {
            "clip": [f"c{i}" for i in range(len(person))],
            "split": np.where(person < 10, "validation", "test"),
            "is_fake": fake.astype(int),
            "score": 1 / (1 + np.exp(-logit)),
            "identity": [f"id{i:03d}" for i in person],
            "gender": np.where(person % 2, "men", "women"),
        }
    )


def scored(table: pd.DataFrame) -> ScoredSplit:
    return score_split_of(check_scores(table, ["gender"]), 0.4, ["gender"], f_beta=FBeta())


def metrics_json(table: pd.DataFrame, threshold: Threshold):
    return measure(score_splits_of(CheckedScores.of(table), threshold), threshold)


def test_every_draw_of_a_metric_equals_the_metric_of_the_rows_of_the_people_drawn():
    split = scored(scores(12).round({"score": 1}))  # with ties between fake and real
    [[drawn]] = draw_metrics([split], [np.ones(2, dtype=bool)], seed=0)
    streams = [random_stream(0, "bootstrap", name) for name in ("men", "women")]
    people = [np.flatnonzero(split.sums.cell == cell) for cell in (0, 1)]
    chosen = [stream.integers(0, 6, size=(2000, 6)) for stream in streams]
    for draw in (0, 1, 77, 1999):
        names = np.concatenate([split.sums.identity[people[cell][chosen[cell][draw]]] for cell in (0, 1)])
        rows = pd.concat([split.table[split.table["identity"] == name] for name in names])
        expected = plain_metrics(rows["is_fake"], rows["score"], 0.4)
        assert set(drawn) - set(expected) == {"ece"}  # its bins are those of the whole table
        for name, value in expected.items():
            assert drawn[name][draw] == pytest.approx(value, abs=1e-12), name


def test_cells_of_one_person_are_drawn_together():
    split = scored(scores(12).assign(gender=[f"cell {number // 8}" for number in range(96)]))
    every, one = np.ones(12, dtype=bool), np.arange(12) == 3
    [[whole], [alone]] = draw_metrics([split], [every, one], seed=0)
    low, high = interval(whole["auc"])
    assert high - low > 0.05  # drawn within its own cell, each person would be the same in every draw
    nobody = (11 / 12) ** 12  # how often the one person of that cell isn't drawn
    assert np.isnan(alone["auc"]).mean() == pytest.approx(nobody, abs=0.04)


def test_small_cells_are_joined_until_they_hold_five_people():
    rows = [np.arange(num) for num in (9, 1, 2, 7, 1, 30)]
    assert strata_of(rows) == [[1, 4, 2, 3], [0], [5]]  # 1 + 1 + 2 people, and the smallest of the others
    assert strata_of([np.arange(9), np.arange(4), np.arange(3)]) == [[2, 1], [0]]
    assert strata_of([np.arange(5), np.arange(6)]) == [[0], [1]]


def test_paired_tables_have_the_same_people_in_every_draw():
    low = sum_by_identity(check_scores(scores()), 0.4)
    high = sum_by_identity(check_scores(scores()), 0.6)
    for [[first, second]] in resampled_counts([low, high], [np.ones(1, dtype=bool)], seed=0, num_draws=50):
        np.testing.assert_array_equal(first.real, second.real)
        np.testing.assert_array_equal(first.fake, second.fake)
        assert (first.fp >= second.fp).all()  # fewer accusations at the higher threshold, in every draw


def test_an_interval_leaves_out_undefined_draws_and_is_undefined_when_most_are():
    assert interval(np.append(np.arange(101.0), np.nan), level=0.9) == pytest.approx([5.0, 95.0])
    assert np.isnan(interval(np.array([1.0, np.nan, np.nan]))).all()


def test_metrics_json_holds_every_split_with_intervals_around_the_metrics():
    content = metrics_json(scores(), given_threshold(0.5))
    assert set(content["splits"]) == {"test", "validation"}
    test = content["splits"]["test"]
    table = scores()[scores()["split"] == "test"]
    for name, value in binary_metrics(table["is_fake"], table["score"], 0.5).items():
        assert test[name] == pytest.approx(value)
        low, high = test["ci"][name]
        assert low <= value <= high, name
    assert (test["num_clips"], test["num_identities"]) == (160, 20)


def test_the_interval_of_recall_is_one_minus_that_of_fnr():
    ci = metrics_json(scores(), given_threshold(0.5))["splits"]["test"]["ci"]
    assert ci["recall"] == [1.0 - ci["fnr"][1], 1.0 - ci["fnr"][0]]


def test_row_order_and_copies_do_not_change_metrics_json():
    once = metrics_json(scores(), given_threshold(0.5))
    assert metrics_json(scores().sample(frac=1.0, random_state=1), given_threshold(0.5)) == once
    often = metrics_json(pd.concat([scores()] * 20), given_threshold(0.5))
    for split, metrics in once["splits"].items():
        for name, ends in metrics["ci"].items():
            assert often["splits"][split]["ci"][name] == pytest.approx(ends, abs=1e-9), name


def test_one_person_has_metrics_and_no_interval():
    table = scores()[scores()["identity"] == "id015"]
    test = metrics_json(table, given_threshold(0.5))["splits"]["test"]
    assert test["num_identities"] == 1
    assert np.isnan(test["ci"]["f2"]).all()


def test_rows_with_their_own_threshold_are_called_by_it():
    table = scores().assign(threshold=np.where(np.arange(240) < 120, 0.2, 0.8))
    threshold = row_threshold(table)
    test = metrics_json(table, threshold)["splits"]["test"]
    rows = table[table["split"] == "test"]
    real = rows[rows["is_fake"] == 0]
    assert test["fpr"] == pytest.approx((real["score"] >= real["threshold"]).mean())
    assert (threshold.name, threshold.ci) == ("per_row", (0.2, 0.8))


def test_a_stored_threshold_is_read_back_and_a_value_that_is_no_finite_number_is_refused():
    stored = {**given_threshold(0.3).as_dict(), "ci": [None, None]}  # as strict JSON keeps NaN
    assert stored_threshold(stored, "metrics.json").value == 0.3
    for value in (None, "0.5", True, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"metrics.json: threshold.value must be a finite number, got"):
            stored_threshold({"value": value}, "metrics.json")
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"the threshold must be a finite number"):
            given_threshold(value)
