"""Published fairness metrics by hand, and against fairlearn where both classes are present."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, demographic_parity_difference, false_positive_rate

from avdf.evaluation.literature import GroupRates, literature_metrics, max_over_geometric_mean
from avdf.evaluation.shortcuts import mean_probes, probe_auc


def test_two_groups_by_hand():
    rates = GroupRates(fpr=[0.1, 0.3], fnr=[0.2, 0.1], called_share=[0.45, 0.6], accuracy=[0.85, 0.8])
    values = literature_metrics(rates, 0.2, 0.15)
    assert values["f_fpr"] == pytest.approx(0.1 + 0.1)
    assert values["f_eo"] == pytest.approx(0.2 + 0.05 + 0.05)
    assert values["f_meo"] == pytest.approx(0.2)
    assert values["f_dp"] == pytest.approx(0.15)
    assert values["f_oae"] == pytest.approx(0.05)


def test_one_group_has_no_gap():
    rates = GroupRates(fpr=[0.1], fnr=[0.2], called_share=[0.4], accuracy=[0.8])
    assert np.isnan(list(literature_metrics(rates, 0.1, 0.2).values())).all()
    assert np.isnan(max_over_geometric_mean([1], [10]))


def test_nists_inequity_of_9_in_99_against_4_in_99():
    # Rates 0.095 and 0.045; their geometric mean is sqrt(0.095 x 0.045).
    assert max_over_geometric_mean([9, 4], [99, 99]) == pytest.approx(0.095 / np.sqrt(0.095 * 0.045))


def test_rates_and_shares_equal_fairlearns_where_both_classes_are():
    rng = np.random.default_rng(0)
    fake, called, group = rng.random(300) < 0.5, rng.random(300) < 0.6, rng.integers(0, 3, 300)
    frame = MetricFrame(
        metrics=false_positive_rate, y_true=fake, y_pred=called, sensitive_features=group
    ).by_group
    inside = [group == value for value in range(3)]
    fpr = [called[which & ~fake].mean() for which in inside]
    assert fpr == pytest.approx(frame.to_list())
    share = [called[which].mean() for which in inside]
    rates = GroupRates(fpr=fpr, fnr=[0.0] * 3, called_share=share, accuracy=[1.0] * 3)
    values = literature_metrics(rates, called[~fake].mean(), 0.0)
    assert values["f_dp"] == pytest.approx(
        demographic_parity_difference(fake, called, sensitive_features=group)
    )
    assert values["f_meo"] == pytest.approx(frame.max() - frame.min())


def test_a_feature_that_separates_the_classes_has_auc_1_whichever_way_it_points():
    assert probe_auc([1, 1, 0, 0], [1.0, 2.0, 3.0, 4.0]) == 1.0
    assert probe_auc([1, 1, 0, 0], [4.0, 3.0, 2.0, 1.0]) == 1.0
    assert probe_auc([1, 0, 1, 0], [1.0, 1.0, 1.0, 1.0]) == 0.5


def test_words_are_ranked_by_their_share_of_fakes_and_blanks_left_out():
    assert probe_auc([1, 1, 0, 0], ["aac", "aac", "opus", ""]) == 1.0
    assert np.isnan(probe_auc([1, 1], ["aac", "opus"]))


def test_a_shortcuts_auc_is_the_mean_over_the_runs_that_have_one():
    runs = [
        [{"feature": "loudness", "auc": 0.6}, {"feature": "duration", "type": "A", "auc": None}],
        [{"feature": "loudness", "auc": 0.8}, {"feature": "duration", "type": "A", "auc": 0.5}],
    ]
    assert mean_probes(runs) == [
        {"feature": "loudness", "auc": pytest.approx(0.7)},
        {"feature": "duration", "type": "A", "auc": 0.5},
    ]
