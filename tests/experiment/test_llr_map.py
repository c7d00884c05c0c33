"""The map to log-likelihood ratios: fitted over people, chosen by Cllr, compared with known truth."""

import numpy as np
import pandas as pd
import pytest

from avdf.config.calibration import Calibration, probability_of
from avdf.errors import UserError
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.reliability import cllr_of_ratios, logits_of, reliability_of
from avdf.evaluation.scores import CheckedScores
from avdf.experiment.llr_map import choose_calibration


def scores_of(factor: float, offset: float, *, num_people: int = 40, share_fake: float = 0.5) -> pd.DataFrame:
    """True ratios are normal, N(2, 4) for fakes and N(-2, 4) for real clips; logits are factor x + offset.

    For equal variances of twice the distance of the means the value is its own log-likelihood ratio.
    """
    rng = np.random.default_rng(0)
    fake = rng.random(num_people * 25) < share_fake
    ratio = rng.normal(np.where(fake, 2, -2), 2)
    return pd.DataFrame(
        {
            "is_fake": fake.astype(int),
            "score": 1 / (1 + np.exp(-(factor * ratio + offset))),
            "identity": [f"p{number % num_people}" for number in range(len(fake))],
            "split": "validation",
        }
    )


@pytest.mark.parametrize(
    ("factor", "offset", "name"), [(1.0, 0.0, "none"), (3.0, 0.0, "temperature"), (3.0, 2.0, "logistic")]
)
def test_the_simplest_map_that_restores_the_true_ratios_is_chosen(factor: float, offset: float, name: str):
    table = scores_of(factor, offset)
    calibration, reason = choose_calibration(CheckedScores.of(table))
    assert (calibration.name, reason) == (name, "")
    assert calibration.slope * factor == pytest.approx(1, abs=0.15)
    assert calibration.intercept + calibration.slope * offset == pytest.approx(0, abs=0.2)
    assert calibration.cllr_after <= calibration.cllr_before + 1e-12
    truth = cllr_of_ratios(
        table["is_fake"].to_numpy(bool), (logits_of(table["score"].to_numpy()) - offset) / factor
    )
    assert calibration.cllr_after == pytest.approx(truth, abs=0.01)


def test_the_share_of_fakes_in_the_table_does_not_move_the_ratios():
    even, _ = choose_calibration(CheckedScores.of(scores_of(3.0, 2.0)))
    rare, _ = choose_calibration(CheckedScores.of(scores_of(3.0, 2.0, share_fake=0.1)))
    assert rare.llr(2.0) == pytest.approx(even.llr(2.0), abs=0.3)


def test_cllr_agrees_with_the_metric_of_that_name():
    table = scores_of(3.0, 2.0)
    fake, score = table["is_fake"].to_numpy(bool), table["score"].to_numpy()
    assert cllr_of_ratios(fake, logits_of(score)) == pytest.approx(binary_metrics(fake, score, 0.5)["cllr"])
    assert cllr_of_ratios(np.array([True, False]), np.zeros(2)) == 1  # ratios of 1 say nothing


def test_too_few_people_get_a_reason_and_separated_classes_a_finite_slope():
    few = scores_of(1.0, 0.0, num_people=4)
    assert choose_calibration(CheckedScores.of(few)) == (
        None,
        "validation has 4 people of the rarer class; a calibration needs 5",
    )
    apart = scores_of(1.0, 0.0).assign(score=lambda rows: np.where(rows["is_fake"] == 1, 1.0, 0.0))
    calibration, _ = choose_calibration(CheckedScores.of(apart))
    assert np.isfinite([calibration.slope, calibration.llr(1e9)]).all()


def test_scores_that_run_the_other_way_are_left_as_they_are():
    calibration, _ = choose_calibration(CheckedScores.of(scores_of(-1.0, 0.0)))
    assert (calibration.name, calibration.slope, calibration.intercept) == ("none", 1, 0)


def test_a_map_is_never_fitted_on_test():
    with pytest.raises(UserError, match="fitted on one split, not test"):
        choose_calibration(CheckedScores.of(scores_of(1.0, 0.0).assign(split="test")))


def test_reliability_lies_on_the_diagonal_after_the_map_and_not_before():
    table = scores_of(3.0, 2.0, share_fake=0.2)
    calibration, _ = choose_calibration(CheckedScores.of(table))
    told = reliability_of(table, calibration)
    assert told["after"]["ece"] < 0.04 < 0.1 < told["before"]["ece"]
    assert told["after"]["cllr"] < told["before"]["cllr"]
    assert sum(item["num_clips"] for item in told["after"]["bins"]) == len(table)


def test_a_probability_is_bayes_rule():
    """A ratio of 10 where 1 of 11 is fake: 10 x 1/11 against 1 x 10/11."""
    assert probability_of(np.log(10), 1 / 11) == pytest.approx(0.5)
    assert probability_of(800.0, 0.5) == 1
    assert probability_of(-800.0, 0.5) == pytest.approx(0)


def test_a_logit_is_cut_where_a_sigmoid_has_no_more_digits():
    line = Calibration(name="logistic", slope=2.0, intercept=1.0, split="validation", num_clips=1,
                       num_identities=1, cllr_before=1.0, cllr_after=1.0)  # fmt: skip
    assert (line.llr(3.0), line.llr(100.0), line.llr(-100.0)) == (7, 73, -71)
