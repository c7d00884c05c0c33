"""Plain figures against scikit-learn and numbers to redo by hand; undefined is NaN."""

import numpy as np
import pytest
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn import metrics

from avdf.errors import UserError
from avdf.evaluation.curves import det_points, precision_recall_points, roc_points, steps
from avdf.evaluation.metrics import binary_metrics, brier, ece, eer, equal_mass_bins, f_beta, min_dcf


def table(seed: int, num: int = 200, levels: int = 25):
    """Labels and tied scores in [0, 1], both classes present."""
    rng = np.random.default_rng(seed)
    fake = np.append(rng.random(num - 2) < 0.4, [True, False])
    return fake, np.clip(np.round((rng.normal(fake, 1.0, num) + 2.0) / 5.0 * levels) / levels, 0.0, 1.0)


def test_three_caught_of_four_with_one_false_alarm_in_four():
    found = binary_metrics([1, 1, 1, 1, 0, 0, 0, 0], [0.9, 0.8, 0.7, 0.1, 0.6, 0.3, 0.2, 0.1], 0.5)
    assert (found["recall"], found["fnr"], found["fpr"]) == (0.75, 0.25, 0.25)
    assert (found["precision"], found["accuracy"]) == (0.75, 0.75)
    assert found["f2"] == pytest.approx(5 * 3 / (5 * 3 + 4 * 1 + 1))  # 0.75
    assert found["f2_all_fake"] == pytest.approx(5 * 0.5 / (4 * 0.5 + 1))  # 5p / (4p + 1)
    assert found["auc"] == pytest.approx((4 + 4 + 4 + 0.5) / 16)


@pytest.mark.parametrize("seed", range(8))
def test_figures_equal_scikit_learns(seed):
    fake, score = table(seed)
    found = binary_metrics(fake, score, 0.5)
    called = score >= 0.5
    expected = {
        "f2": metrics.fbeta_score(fake, called, beta=2),
        "precision": metrics.precision_score(fake, called),
        "recall": metrics.recall_score(fake, called),
        "accuracy": metrics.accuracy_score(fake, called),
        "auc": metrics.roc_auc_score(fake, score),
        "average_precision": metrics.average_precision_score(fake, score),
        "brier": metrics.brier_score_loss(fake, score),
        "f2_all_fake": metrics.fbeta_score(fake, np.ones_like(fake), beta=2),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name


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
    assert eer(steps(fake, score)) == pytest.approx(crossing, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_curves_equal_scikit_learns(seed):
    fake, score = table(seed)
    fpr, tpr, _ = metrics.roc_curve(fake, score, drop_intermediate=False)
    np.testing.assert_allclose(roc_points(fake, score), (fpr, tpr), atol=1e-12)
    np.testing.assert_allclose(det_points(fake, score), (fpr, 1.0 - tpr), atol=1e-12)
    precision, recall, _ = metrics.precision_recall_curve(fake, score)
    ours = precision_recall_points(fake, score)
    np.testing.assert_allclose(ours[0], recall[::-1], atol=1e-12)
    np.testing.assert_allclose(ours[1][1:], precision[::-1][1:], atol=1e-12)
    assert np.isnan(ours[1][0])  # nothing called: scikit-learn says 1, we say undefined


def test_min_dcf_of_a_perfect_detector_is_0_and_of_a_blind_one_is_1():
    assert min_dcf(steps([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1])) == 0.0
    assert min_dcf(steps([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5])) == pytest.approx(1.0)
    # Half of the fakes above all real clips: 0.05 x 0.5 / 0.05.
    assert min_dcf(steps([1, 0, 1, 0], [0.9, 0.5, 0.1, 0.2])) == pytest.approx(0.5)


def test_min_dcf_equals_a_brute_force_over_thresholds():
    fake, score = table(3)
    costs = [
        0.05 * (score[fake] < at).mean() + 0.95 * (score[~fake] >= at).mean() for at in [*np.unique(score), 2]
    ]
    assert min_dcf(steps(fake, score)) == pytest.approx(min(costs) / 0.05)


def test_ece_of_two_bins_by_hand():
    # Bins {0.1, 0.2} with one fake of two, {0.8, 0.9} with two of two: gaps 0.35 and 0.15.
    assert ece([0, 1, 1, 1], [0.1, 0.2, 0.8, 0.9], num_bins=2) == pytest.approx((0.35 + 0.15) / 2)


def test_bins_of_equal_mass_keep_ties_together_and_ignore_copies():
    score = np.array([0.1, 0.2, 0.2, 0.2, 0.8, 0.9])
    bins = equal_mass_bins(score, 3)
    assert bins.tolist() == [0, 1, 1, 1, 2, 2]
    assert equal_mass_bins(np.repeat(score, 20), 3).tolist() == np.repeat(bins, 20).tolist()


def test_logits_have_no_brier_score_and_no_calibration():
    assert np.isnan(brier([1, 0], [3.0, -2.0]))
    assert np.isnan(ece([1, 0], [3.0, -2.0]))


def test_without_a_class_its_rate_is_undefined_never_0():
    only_fake = binary_metrics([1, 1], [0.9, 0.2], 0.5)
    assert np.isnan([only_fake[name] for name in ("fpr", "auc", "eer", "min_dcf", "f2_at_prevalence")]).all()
    assert only_fake["f2"] == pytest.approx(5 / (5 + 4))
    only_real = binary_metrics([0, 0], [0.9, 0.2], 0.5)
    assert np.isnan([only_real[name] for name in ("fnr", "f2", "f2_all_fake", "auc")]).all()
    assert only_real["fpr"] == 0.5
    assert np.isnan(binary_metrics([1, 0], [0.2, 0.1], 0.5)["precision"])  # nothing called fake


def test_f_beta_is_named_as_such_where_beta_is_not_2():
    found = binary_metrics([1, 0, 1, 0], [0.9, 0.6, 0.4, 0.1], 0.5, beta=1.0)
    assert found["f_beta"] == pytest.approx(0.5)  # one of two caught, one false alarm
    assert found["f2"] == pytest.approx(5 / 10)
    assert "f_beta" not in binary_metrics([1, 0], [0.9, 0.1], 0.5)
    assert f_beta(1.0, 1.0, 0.5) == pytest.approx(5 / 6)


def test_each_row_may_be_called_by_its_own_threshold():
    found = binary_metrics([1, 0], [0.4, 0.6], np.array([0.3, 0.7]))
    assert (found["fnr"], found["fpr"]) == (0.0, 0.0)


def test_labels_and_scores_that_are_none_are_refused():
    with pytest.raises(UserError, match="1 scores are NaN"):
        binary_metrics([1, 0], [0.5, np.nan], 0.5)
    with pytest.raises(UserError, match="is_fake must be 0"):
        binary_metrics([2, 0], [0.5, 0.1], 0.5)
    with pytest.raises(UserError, match="one length"):
        binary_metrics([1, 0], [0.5], 0.5)
