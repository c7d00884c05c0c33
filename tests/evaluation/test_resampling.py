"""The identity bootstrap against a plain loop over drawn people, and metrics.json's content."""

import numpy as np
import pandas as pd
import pytest

from avdf.evaluation.bootstrap import interval, random_stream, resampled_sums, strata_of
from avdf.evaluation.cohort import cohort_of, drawn_figures
from avdf.evaluation.frozen import given_threshold, row_threshold, stored_threshold
from avdf.evaluation.identities import tally
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.scores import CheckedScores, check_scores
from avdf.evaluation.summary import measure

RULE = {"beta": 2.0, "prevalence": 0.5}


def scores(num_people: int = 30, clips: int = 8, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(num_people), clips)
    fake = rng.random(len(who)) < 0.5
    logit = 2.5 * fake - 1.2 + rng.normal(0, 0.7, num_people)[who] + rng.normal(0, 1, len(who))
    return pd.DataFrame(
        {
            "clip": [f"c{i}" for i in range(len(who))],
            "split": np.where(who < 10, "validation", "test"),
            "is_fake": fake.astype(int),
            "score": 1 / (1 + np.exp(-logit)),
            "identity": [f"id{i:03d}" for i in who],
            "gender": np.where(who % 2, "men", "women"),
        }
    )


def test_every_drawn_figure_equals_a_plain_one_on_the_rows_of_the_people_drawn():
    table = check_scores(scores(12).round({"score": 1}), ["gender"])  # with ties between fake and real
    cohort = cohort_of(table, 0.4, ["gender"], **RULE)
    [[drawn]] = drawn_figures([cohort], [np.ones(2, dtype=bool)], seed=0)
    streams = [random_stream(0, "bootstrap", name) for name in ("men", "women")]
    people = [np.flatnonzero(cohort.folded.cell == cell) for cell in (0, 1)]
    size = 2000
    chosen = [stream.integers(0, 6, size=(size, 6)) for stream in streams]
    for draw in (0, 1, 77, 1999):
        who = np.concatenate([cohort.folded.identity[people[cell][chosen[cell][draw]]] for cell in (0, 1)])
        rows = pd.concat([table[table["identity"] == name] for name in who])
        plain = binary_metrics(rows["is_fake"], rows["score"], 0.4)
        for name in set(plain) - {"ece"}:  # its bins are those of the whole table
            assert drawn[name][draw] == pytest.approx(plain[name], abs=1e-12), name


def test_cells_of_one_person_are_drawn_from_together():
    table = scores(12).assign(gender=[f"cell {number // 8}" for number in range(96)])
    cohort = cohort_of(check_scores(table, ["gender"]), 0.4, ["gender"], **RULE)
    every, one = np.ones(12, dtype=bool), np.arange(12) == 3
    [[whole], [alone]] = drawn_figures([cohort], [every, one], seed=0)
    low, high = interval(whole["auc"])
    assert high - low > 0.05  # drawn each within its own cell they would never vary
    nobody = (11 / 12) ** 12  # how often the one person of that cell isn't drawn
    assert np.isnan(alone["auc"]).mean() == pytest.approx(nobody, abs=0.04)


def test_small_cells_are_joined_until_they_are_five_people():
    rows = [np.arange(num) for num in (9, 1, 2, 7, 1, 30)]
    assert strata_of(rows) == [[1, 4, 2, 3], [0], [5]]  # 1 + 1 + 2 people, and the smallest of the others
    assert strata_of([np.arange(9), np.arange(4), np.arange(3)]) == [[2, 1], [0]]
    assert strata_of([np.arange(5), np.arange(6)]) == [[0], [1]]


def test_the_same_people_are_drawn_for_both_of_a_pair():
    one = tally(check_scores(scores()), 0.4)
    other = tally(check_scores(scores()), 0.6)
    for [[first, second]] in resampled_sums([one, other], [np.ones(1, dtype=bool)], seed=0, num_draws=50):
        np.testing.assert_array_equal(first[3:], second[3:])
        assert (first[0] >= second[0]).all()  # fewer accusations at the higher threshold, in every draw


def test_an_interval_leaves_out_undefined_draws_and_gives_up_when_most_are():
    assert interval(np.append(np.arange(101.0), np.nan), level=0.9) == pytest.approx([5.0, 95.0])
    assert np.isnan(interval(np.array([1.0, np.nan, np.nan]))).all()


def test_metrics_json_holds_every_split_with_intervals_around_the_figures():
    found = measure(CheckedScores.of(scores()), given_threshold(0.5))
    assert set(found["splits"]) == {"test", "validation"}
    test = found["splits"]["test"]
    table = scores()[scores()["split"] == "test"]
    for name, value in binary_metrics(table["is_fake"], table["score"], 0.5).items():
        assert test[name] == pytest.approx(value)
        low, high = test["ci"][name]
        assert low <= value <= high, name
    assert (test["num_clips"], test["num_identities"]) == (160, 20)


def test_row_order_and_copies_leave_metrics_json_alone():
    once = measure(CheckedScores.of(scores()), given_threshold(0.5))
    assert measure(CheckedScores.of(scores().sample(frac=1.0, random_state=1)), given_threshold(0.5)) == once
    often = measure(CheckedScores.of(pd.concat([scores()] * 20)), given_threshold(0.5))
    for split, figures in once["splits"].items():
        for name, ends in figures["ci"].items():
            assert often["splits"][split]["ci"][name] == pytest.approx(ends, abs=1e-9), name


def test_one_person_has_figures_and_no_interval():
    table = scores()[scores()["identity"] == "id015"]
    test = measure(CheckedScores.of(table), given_threshold(0.5))["splits"]["test"]
    assert test["num_identities"] == 1
    assert np.isnan(test["ci"]["f2"]).all()


def test_rows_with_their_own_threshold_are_called_by_it():
    table = scores().assign(threshold=np.where(np.arange(240) < 120, 0.2, 0.8))
    chosen = row_threshold(table)
    found = measure(CheckedScores.of(table), chosen)["splits"]["test"]
    test = table[table["split"] == "test"]
    real = test[test["is_fake"] == 0]
    assert found["fpr"] == pytest.approx((real["score"] >= real["threshold"]).mean())
    assert (chosen.name, chosen.ci) == ("per_row", (0.2, 0.8))


def test_a_stored_threshold_comes_back_as_it_was():
    chosen = given_threshold(0.3)
    stored = {**chosen.as_dict(), "ci": [None, None]}  # as strict JSON keeps NaN
    assert stored_threshold(stored, "metrics.json").value == 0.3
    with pytest.raises(ValueError, match=r"metrics.json: threshold.value must be a number, got None"):
        stored_threshold({"value": None}, "metrics.json")
