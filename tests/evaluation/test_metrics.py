"""Metrics against scikit-learn, a second implementation on rows, and numbers to redo by hand."""

import numpy as np
import pytest
from making.plain_metrics import plain_metrics
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn import metrics

from avdf.errors import UserError
from avdf.evaluation.counts import counts_of_rows, equal_mass_bins
from avdf.evaluation.curves import counts_at_thresholds
from avdf.evaluation.f_beta import f_beta
from avdf.evaluation.metrics import METRICS, binary_metrics, ece


def table(seed: int, num: int = 200, levels: int = 25):
    """Labels and tied scores in [0, 1], both classes present."""
    rng = np.random.default_rng(seed)
    fake = np.append(rng.random(num - 2) < 0.4, [True, False])
    return fake, np.clip(np.round((rng.normal(fake, 1.0, num) + 2.0) / 5.0 * levels) / levels, 0.0, 1.0)


def test_three_of_four_fakes_caught_with_one_false_alarm_in_four():
    values = binary_metrics([1, 1, 1, 1, 0, 0, 0, 0], [0.9, 0.8, 0.7, 0.1, 0.6, 0.3, 0.2, 0.1], 0.5)
    assert (values["recall"], values["fnr"], values["fpr"]) == (0.75, 0.25, 0.25)
    assert (values["precision"], values["accuracy"]) == (0.75, 0.75)
    assert values["f2"] == pytest.approx(5 * 3 / (5 * 3 + 4 * 1 + 1))  # 0.75
    assert values["f2_all_fake"] == pytest.approx(5 * 0.5 / (4 * 0.5 + 1))  # 5p / (4p + 1)
    assert values["auc"] == pytest.approx((4 + 4 + 4 + 0.5) / 16)


@pytest.mark.parametrize("seed", range(8))
def test_metrics_equal_scikit_learns(seed):
    fake, score = table(seed)
    values = binary_metrics(fake, score, 0.5)
    called = score >= 0.5
    expected = {
        "f2": metrics.fbeta_score(fake, called, beta=2),
        "precision": metrics.precision_score(fake, called),
        "recall": metrics.recall_score(fake, called),
        "accuracy": metrics.accuracy_score(fake, called),
        "balanced_accuracy": metrics.balanced_accuracy_score(fake, called),
        "auc": metrics.roc_auc_score(fake, score),
        "average_precision": metrics.average_precision_score(fake, score),
        "brier": metrics.brier_score_loss(fake, score),
        "f2_all_fake": metrics.fbeta_score(fake, np.ones_like(fake), beta=2),
    }
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, abs=1e-12), name


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_every_metric_equals_a_second_implementation_on_rows(seed, beta):
    fake, score = table(seed)
    values = binary_metrics(fake, score, 0.4, beta=beta, prevalence=0.3)
    expected = plain_metrics(fake, score, 0.4, beta=beta, prevalence=0.3)
    assert set(expected) == set(values) - {"ece"}
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, abs=1e-12, nan_ok=True), name


@pytest.mark.parametrize("seed", range(4))
def test_f2_at_a_prevalence_equals_scikit_learns_on_rows_weighted_to_it(seed):
    fake, score = table(seed)
    weight = np.where(fake, 0.2 / fake.sum(), 0.8 / (~fake).sum())
    expected = metrics.fbeta_score(fake, score >= 0.5, beta=2, sample_weight=weight)
    assert binary_metrics(fake, score, 0.5, prevalence=0.2)["f2_at_prevalence"] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(8))
def test_eer_equals_the_crossing_of_the_interpolated_roc_curve(seed):
    fake, score = table(seed)
    fpr, tpr, _ = metrics.roc_curve(fake, score, drop_intermediate=False)
    crossing = brentq(lambda x: 1.0 - x - interp1d(fpr, tpr)(x), 0.0, 1.0)
    assert binary_metrics(fake, score, 0.5)["eer"] == pytest.approx(crossing, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_rates_at_every_threshold_equal_scikit_learns_curve(seed):
    fake, score = table(seed)
    counts = counts_at_thresholds(fake, score)
    fpr, tpr, thresholds = metrics.roc_curve(fake, score, drop_intermediate=False)
    np.testing.assert_allclose(counts.fpr[::-1], fpr, atol=1e-12)
    np.testing.assert_allclose(counts.tpr[::-1], tpr, atol=1e-12)
    np.testing.assert_array_equal(counts.levels[::-1], thresholds[1:])


def test_ece_of_two_bins_by_hand():
    # Bins {0.1, 0.2} with one fake of two, {0.8, 0.9} with two of two: gaps 0.35 and 0.15.
    counts = counts_of_rows([0, 1, 1, 1], [0.1, 0.2, 0.8, 0.9], 0.5, num_bins=2)
    assert ece(counts)[0] == pytest.approx((0.35 + 0.15) / 2)


def test_bins_of_equal_mass_keep_ties_together_and_ignore_copies():
    score = np.array([0.1, 0.2, 0.2, 0.2, 0.8, 0.9])
    bins = equal_mass_bins(score, 3)
    assert bins.tolist() == [0, 1, 1, 1, 2, 2]
    assert equal_mass_bins(np.repeat(score, 20), 3).tolist() == np.repeat(bins, 20).tolist()


def test_logits_have_no_brier_score_and_no_calibration_error():
    values = binary_metrics([1, 0], [3.0, -2.0], 0.0)
    assert np.isnan([values["brier"], values["ece"]]).all()


def test_a_metric_without_its_class_is_undefined_and_never_0():
    only_fake = binary_metrics([1, 1], [0.9, 0.2], 0.5)
    needs_both = [metric.key for metric in METRICS if metric.needs_both_classes and metric.key in only_fake]
    assert {"auc", "eer", "min_dcf", "f2_at_prevalence"} <= set(needs_both)
    assert np.isnan([only_fake[name] for name in ("fpr", *needs_both)]).all()
    assert only_fake["f2"] == pytest.approx(5 / (5 + 4))
    only_real = binary_metrics([0, 0], [0.9, 0.2], 0.5)
    assert np.isnan([only_real[name] for name in ("fnr", "f2", "f2_all_fake", *needs_both)]).all()
    assert only_real["fpr"] == 0.5
    assert np.isnan(binary_metrics([1, 0], [0.2, 0.1], 0.5)["precision"])  # nothing called fake


def test_f_beta_is_reported_where_beta_is_not_2():
    values = binary_metrics([1, 0, 1, 0], [0.9, 0.6, 0.4, 0.1], 0.5, beta=1.0)
    assert values["f_beta"] == pytest.approx(0.5)  # one of two caught, one false alarm
    assert values["f2"] == pytest.approx(5 / 10)
    assert "f_beta" not in binary_metrics([1, 0], [0.9, 0.1], 0.5)
    assert f_beta(1.0, 1.0, 0.5) == pytest.approx(5 / 6)


def test_each_row_may_have_its_own_threshold():
    values = binary_metrics([1, 0], [0.4, 0.6], np.array([0.3, 0.7]))
    assert (values["fnr"], values["fpr"]) == (0.0, 0.0)


def test_labels_scores_and_thresholds_that_are_not_valid_are_refused():
    with pytest.raises(UserError, match="1 scores are NaN"):
        binary_metrics([1, 0], [0.5, np.nan], 0.5)
    with pytest.raises(UserError, match="is_fake must be 0"):
        binary_metrics([2, 0], [0.5, 0.1], 0.5)
    with pytest.raises(UserError, match="same length"):
        binary_metrics([1, 0], [0.5], 0.5)
    for threshold in (np.inf, np.nan):
        with pytest.raises(UserError, match="a threshold must be a finite number"):
            binary_metrics([1, 0], [0.5, 0.1], threshold)
