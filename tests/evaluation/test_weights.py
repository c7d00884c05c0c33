"""Rows that stand for several clips against the table in which each row is repeated that often."""

import numpy as np
import pytest
from making.plain_metrics import plain_metrics
from sklearn.metrics import fbeta_score, roc_auc_score

from avdf.errors import UserError
from avdf.evaluation.counts import counts_of_rows, equal_mass_bins
from avdf.evaluation.curves import counts_at_thresholds
from avdf.evaluation.metrics import METRICS, binary_metrics
from avdf.evaluation.threshold_rules import best_threshold


def weighted_rows(seed: int):
    """Labels, scores with ties, and 1 to 40 clips per row."""
    rng = np.random.default_rng(seed)
    fake = np.append(rng.random(40) < 0.5, [True, False])
    score = np.clip(rng.normal(0.4 + 0.2 * fake, 0.3), 0, 1).round(1)
    return fake, score, rng.integers(1, 41, len(fake))


@pytest.mark.parametrize("seed", range(5))
def test_every_metric_with_weights_is_that_of_the_repeated_rows(seed: int):
    fake, score, clips = weighted_rows(seed)
    weighted = binary_metrics(fake, score, 0.5, beta=1.5, prevalence=0.3, weights=clips)
    repeated = binary_metrics(
        *(np.repeat(item, clips) for item in (fake, score)), 0.5, beta=1.5, prevalence=0.3
    )
    assert set(weighted) == {metric.key for metric in METRICS}
    for key, value in repeated.items():
        assert weighted[key] == pytest.approx(value, rel=1e-12, abs=1e-12, nan_ok=True), key


@pytest.mark.parametrize("seed", range(5))
def test_every_metric_with_weights_is_that_of_a_plain_loop_over_the_repeated_rows(seed: int):
    fake, score, clips = weighted_rows(seed)
    weighted = binary_metrics(fake, score, 0.5, weights=clips)
    for key, value in plain_metrics(np.repeat(fake, clips), np.repeat(score, clips), 0.5).items():
        assert weighted[key] == pytest.approx(value, rel=1e-9, nan_ok=True), key


def test_weights_are_the_sample_weights_of_scikit_learn():
    fake, score, clips = weighted_rows(7)
    weighted = binary_metrics(fake, score, 0.5, weights=clips)
    assert weighted["auc"] == pytest.approx(roc_auc_score(fake, score, sample_weight=clips))
    assert weighted["f2"] == pytest.approx(fbeta_score(fake, score >= 0.5, beta=2, sample_weight=clips))


def test_three_clips_of_a_missed_fake_count_three_times():
    # Fakes: 1 clip found, 3 missed; real: 2 accused of 2 + 4.
    values = binary_metrics([1, 1, 0, 0], [0.9, 0.1, 0.8, 0.2], 0.5, weights=[1, 3, 2, 4])
    assert (values["fnr"], values["fpr"]) == (3 / 4, 2 / 6)
    assert values["f2"] == pytest.approx(5 * 1 / (5 * 1 + 4 * 3 + 2))


def test_the_best_threshold_with_weights_is_that_of_the_repeated_rows():
    for seed in range(20):
        fake, score, clips = weighted_rows(seed)
        repeated = np.repeat(fake, clips), np.repeat(score, clips)
        for rule in ({}, {"beta": 0.5, "prevalence": 0.1}, {"max_fpr": 0.2}):
            assert best_threshold(fake, score, weights=clips, **rule) == best_threshold(*repeated, **rule)


def test_counts_and_bins_with_weights_are_those_of_the_repeated_rows():
    fake, score, clips = weighted_rows(3)
    repeated = np.repeat(fake, clips), np.repeat(score, clips)
    weighted, plain = counts_at_thresholds(fake, score, weights=clips), counts_at_thresholds(*repeated)
    assert weighted.fakes_called.tolist() == plain.fakes_called.tolist()
    assert weighted.reals_called.tolist() == plain.reals_called.tolist()
    bins = equal_mass_bins(score, weights=clips)
    assert np.repeat(bins, clips).tolist() == equal_mass_bins(repeated[1]).tolist()


def test_weights_of_1_change_no_bit():
    fake, score, _ = weighted_rows(4)
    plain, ones = (
        counts_of_rows(fake, score, 0.5),
        counts_of_rows(fake, score, 0.5, weights=np.ones(len(fake))),
    )
    for name in ("fp", "fn", "real", "fake", "squared_error", "bins"):
        assert getattr(plain, name).tobytes() == getattr(ones, name).tobytes()


@pytest.mark.parametrize("weights", [[1, 0], [1, 1.5], [1, -2], [1, np.nan], [1, np.inf]])
def test_weights_that_are_no_counts_are_refused(weights: list):
    with pytest.raises(UserError, match="weights count clips: give whole numbers of at least 1"):
        binary_metrics([1, 0], [0.9, 0.1], 0.5, weights=weights)
    with pytest.raises(UserError, match="weights count clips"):
        best_threshold([1, 0], [0.9, 0.1], weights=weights)


def test_weights_of_another_length_are_refused():
    with pytest.raises(UserError, match=r"weights must be one number per row, got \(1,\) for 2 rows"):
        binary_metrics([1, 0], [0.9, 0.1], 0.5, weights=[2])
