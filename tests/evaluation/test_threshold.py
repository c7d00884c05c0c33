"""The threshold against numbers by hand and brute force; the rows it may be chosen on."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import fbeta_score

from avdf.config.evaluation import ThresholdConfig
from avdf.errors import UserError
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import choose_threshold
from avdf.evaluation.threshold_rules import best_threshold


def validation(is_fake, score, identity=None):
    who = identity if identity is not None else [f"id{i}" for i in range(len(score))]
    return pd.DataFrame({"split": "validation", "is_fake": is_fake, "score": score, "identity": who})


def test_threshold_accepts_one_false_alarm_to_catch_the_last_fake():
    assert best_threshold([True, False, True, False], [0.9, 0.6, 0.4, 0.1]) == 0.25


def test_of_equally_good_thresholds_the_highest_is_taken():
    # At 1.5: all fakes, half the real, F1 = 1 / (1 + 0.25); at 3.5: 2/3 of the fakes, F1 = (2/3) / (5/6).
    is_fake, score = [1, 1, 0, 1, 0], [5.0, 4.0, 3.0, 2.0, 1.0]
    assert best_threshold(is_fake, score, beta=1.0) == 3.5


def test_a_threshold_between_neighbouring_floats_separates_them():
    low, high = 0.5, np.nextafter(0.5, 1.0)
    assert best_threshold([0, 1], [low, high]) == high


def test_the_best_threshold_is_the_best_of_a_brute_force_over_midpoints():
    rng = np.random.default_rng(0)
    for _ in range(20):
        fake = np.append(rng.random(30) < 0.4, [True, False])
        score = rng.integers(0, 12, 32) / 11
        levels = np.unique(score)
        middle = (levels[1:] + levels[:-1]) / 2
        weight = np.where(fake, 0.5 / fake.sum(), 0.5 / (~fake).sum())  # a table at prevalence 0.5
        value = np.array([fbeta_score(fake, score >= at, beta=2, sample_weight=weight) for at in middle])
        best = max(middle[value > value.max() - 1e-12])
        assert best_threshold(fake, score) == pytest.approx(best)


def test_under_a_cap_the_threshold_accuses_no_more_real_clips_than_allowed():
    is_fake, score = [1, 0, 1, 0], [0.9, 0.6, 0.4, 0.1]
    assert best_threshold(is_fake, score, max_fpr=0.4) == 0.75
    assert best_threshold([0, 1, 0], [0.9, 0.5, 0.1], max_fpr=0.4) > 0.9  # the top score is a real clip's


def test_constant_scores_give_that_score_and_a_warning():
    assert best_threshold([1, 0, 1], [0.3, 0.3, 0.3]) == 0.3
    table = CheckedScores.of(validation([1, 0, 1], [0.3, 0.3, 0.3]))
    threshold = choose_threshold(table, ThresholdConfig(), beta=2.0, prevalence=0.5)
    assert any("scores are equal" in line for line in threshold.warnings)
    assert any("accuses 100%" in line for line in threshold.warnings)


def test_without_real_clips_no_threshold_can_be_chosen():
    with pytest.raises(UserError, match="no clip is real"):
        best_threshold([1, 1], [0.2, 0.8])


def test_a_table_with_test_rows_chooses_no_threshold():
    table = validation([1, 0], [0.9, 0.1])
    table.loc[0, "split"] = "test"
    with pytest.raises(UserError, match="test split"):
        choose_threshold(CheckedScores.of(table), ThresholdConfig(), beta=2.0, prevalence=0.5)
    table["split"] = ["train", "validation"]
    with pytest.raises(UserError, match="got train, validation"):
        choose_threshold(CheckedScores.of(table), ThresholdConfig(), beta=2.0, prevalence=0.5)


def test_a_threshold_names_the_rows_it_was_chosen_on():
    rng = np.random.default_rng(1)
    fake = rng.random(400) < 0.5
    table = validation(fake, rng.normal(fake * 2.0, 1.0), [f"id{i % 40}" for i in range(400)])
    threshold = choose_threshold(CheckedScores.of(table), ThresholdConfig(), beta=2.0, prevalence=0.5)
    assert (threshold.split, threshold.num_clips, threshold.num_identities, threshold.name) == (
        "validation",
        400,
        40,
        "f_beta",
    )
    assert threshold.ci[0] <= threshold.value <= threshold.ci[1]
    assert threshold.value == best_threshold(fake, table["score"])
    assert threshold.as_dict()["ci"] == list(threshold.ci)


def test_rows_in_another_order_or_twenty_times_choose_the_same_threshold_and_interval():
    rng = np.random.default_rng(2)
    fake = rng.random(200) < 0.5
    table = validation(fake, rng.normal(fake * 2.0, 1.0), [f"id{i % 20}" for i in range(200)])
    once = choose_threshold(CheckedScores.of(table), ThresholdConfig(), beta=2.0, prevalence=0.5)
    shuffled = table.sample(frac=1.0, random_state=3)
    assert choose_threshold(CheckedScores.of(shuffled), ThresholdConfig(), beta=2.0, prevalence=0.5) == once
    often = choose_threshold(
        CheckedScores.of(pd.concat([table] * 20)), ThresholdConfig(), beta=2.0, prevalence=0.5
    )
    assert (often.value, often.ci) == (once.value, once.ci)


def test_a_detector_no_better_than_calling_everything_fake_is_warned_of():
    rng = np.random.default_rng(3)
    table = CheckedScores.of(validation(rng.random(300) < 0.5, rng.random(300)))
    threshold = choose_threshold(table, ThresholdConfig(), beta=2.0, prevalence=0.5)
    assert any("adds next to nothing" in line for line in threshold.warnings)


def test_many_fakes_do_not_make_a_useful_detector_look_useless():
    """900 of 1,000 clips are fake: to call all fake has F2 .978, to find 90 % at an FPR of 5 % .917."""
    fake = np.arange(1000) < 900
    score = np.where(fake, np.arange(1000) % 10 >= 1, np.arange(1000) % 20 < 1).astype(float)
    table = CheckedScores.of(validation(fake, score))
    threshold = choose_threshold(table, ThresholdConfig(max_fpr=0.1), beta=2.0, prevalence=0.5)
    called = score >= threshold.value
    assert (called[fake].mean(), called[~fake].mean()) == pytest.approx((0.9, 0.05))
    assert not threshold.warnings
