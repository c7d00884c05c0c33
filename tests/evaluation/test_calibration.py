"""actDCF, Cllr and minCllr against scikit-learn, formulas of ASVspoof 5, and numbers by hand."""

import numpy as np
import pandas as pd
import pytest
from making.plain_metrics import plain_metrics

from avdf.evaluation.llr import ASVSPOOF5, llr_of
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.scored_split import split_metrics
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.summary import score_splits_of
from avdf.evaluation.threshold import given_threshold


def table(seed: int, *, probabilities: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    fake = np.append(rng.random(200) < 0.4, [True, False])
    llr = np.round(rng.normal(np.where(fake, 1.0, -1.0), 1.4), 1)
    return fake, 1 / (1 + np.exp(-llr)) if probabilities else 3 * llr


@pytest.mark.parametrize("probabilities", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_the_costs_of_ratios_are_those_of_an_independent_computation(seed, probabilities):
    fake, score = table(seed, probabilities=probabilities)
    values, expected = binary_metrics(fake, score, 0.5), plain_metrics(fake, score, 0.5)
    for name in ("act_dcf", "cllr", "min_cllr"):
        assert values[name] == pytest.approx(expected[name], abs=1e-9), name
    assert values["min_cllr"] <= values["cllr"]
    assert values["min_dcf"] <= values["act_dcf"]


def test_a_score_of_one_half_says_nothing_and_costs_one_bit():
    values = binary_metrics([1, 1, 0, 0], [0.5] * 4, 0.5)
    # A ratio of 0 is under the Bayes threshold log(0.95 / 0.5) = 0.642: no clip is called fake, cost 1.
    assert ASVSPOOF5.threshold == pytest.approx(0.6419, abs=1e-4)
    assert (values["cllr"], values["min_cllr"], values["act_dcf"]) == pytest.approx((1.0, 1.0, 1.0))


def test_the_cllr_of_two_clips_by_hand():
    # Ratio log 3 on a fake and log(1/3) on a real clip: log2(1 + 1/3) each.
    values = binary_metrics([1, 0], [0.75, 0.25], 0.5)
    assert values["cllr"] == pytest.approx(np.log2(4 / 3))
    assert (values["min_cllr"], values["act_dcf"]) == (0.0, 0.0)
    assert llr_of(np.array([0.25, 0.75])) == pytest.approx([-np.log(3), np.log(3)])


def test_an_infinite_ratio_on_the_wrong_side_has_no_cllr_and_a_reason():
    right = pd.DataFrame({"is_fake": [1, 0], "score": [1.0, 0.0], "identity": ["a", "b"]})
    wrong = pd.DataFrame({"is_fake": [1, 0, 1], "score": [1.0, 0.0, 0.0], "identity": ["a", "b", "c"]})
    values, undefined = (
        split_metrics(score_splits_of(CheckedScores.of(rows), given_threshold(0.5))["test"])
        for rows in (right, wrong)
    )
    assert (values["cllr"], values["reasons"]) == (0.0, {})
    assert np.isnan(undefined["cllr"])
    assert undefined["min_cllr"] < 1.0
    assert undefined["reasons"] == {
        "cllr": "a score of 0 or 1 on the wrong side is an infinite log-likelihood ratio"
    }


def test_a_metric_that_lacks_a_class_says_which():
    rows = pd.DataFrame({"is_fake": [1, 1], "score": [3.0, -1.0], "identity": ["a", "b"]})
    reasons = split_metrics(score_splits_of(CheckedScores.of(rows), given_threshold(5.0))["test"])["reasons"]
    assert (reasons["auc"], reasons["cllr"], reasons["fpr"]) == ("no real clip",) * 3
    assert reasons["precision"] == "no clip is called fake"
    assert reasons["brier"] == "scores lie outside [0, 1]"
    assert "fnr" not in reasons


def test_a_monotone_map_of_the_scores_changes_cllr_and_not_min_cllr():
    fake, score = table(0, probabilities=False)
    one, other = binary_metrics(fake, score, 0.5), binary_metrics(fake, 5 * score + 2, 0.5)
    assert one["min_cllr"] == pytest.approx(other["min_cllr"], abs=1e-12)
    assert other["cllr"] > one["cllr"] + 0.5
