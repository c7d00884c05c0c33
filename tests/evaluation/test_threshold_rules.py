"""The bound on the share of missed fakes over new people."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from avdf.config.evaluation import ThresholdConfig
from avdf.errors import UserError
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import choose_threshold
from avdf.evaluation.threshold_rules import risk_p_value, threshold_bounding_fnr


def people(rng, num, clips=5, spread=1.0):
    """(is_fake, score, identity) of people whose scores differ by an offset per person."""
    who = np.repeat(np.arange(num), 2 * clips)
    fake = np.tile([True, False], num * clips)
    offset = rng.normal(0.0, spread, num)[who]
    return fake, rng.normal(np.where(fake, 2.0, 0.0) + offset, 1.0), who.astype(str)


def test_59_people_without_a_miss_prove_5_percent_and_58_do_not():
    assert 0.95**59 < 0.05 < 0.95**58
    assert risk_p_value(0.0, 59, 0.05) < 0.05 < risk_p_value(0.0, 58, 0.05)


def test_for_whole_losses_p_is_no_smaller_than_the_exact_binomials():
    for misses in range(8):
        assert risk_p_value(misses / 100, 100, 0.1) >= binom.cdf(misses, 100, 0.1) * (1 - 1e-9)


def test_the_chosen_threshold_passes_and_the_next_higher_one_does_not():
    fake, score, who = people(np.random.default_rng(0), 100)
    threshold = threshold_bounding_fnr(fake, score, who, at_most=0.1)
    above = np.unique(score)[np.unique(score) > threshold]
    for at, passes in ((threshold, True), ((above[0] + above[1]) / 2, False)):
        shares = [np.mean(score[fake & (who == name)] < at) for name in np.unique(who)]
        assert (risk_p_value(np.mean(shares), 100, 0.1) <= 0.05) == passes


def test_new_people_miss_more_than_the_bound_in_at_most_1_of_20_choices():
    rng = np.random.default_rng(1)
    fake, score, _ = people(rng, 20_000)
    broken = 0
    for _ in range(200):
        threshold = threshold_bounding_fnr(*people(rng, 80), at_most=0.1)
        broken += np.mean(score[fake] < threshold) > 0.1
    assert broken <= 10


def test_too_few_people_give_the_lowest_fake_and_a_warning():
    fake, score, who = people(np.random.default_rng(2), 20)
    assert threshold_bounding_fnr(fake, score, who, at_most=0.05) == score[fake].min()
    table = pd.DataFrame({"split": "validation", "is_fake": fake, "score": score, "identity": who})
    rule = ThresholdConfig(name="missed_fakes", at_most=0.05)
    threshold = choose_threshold(CheckedScores.of(table), rule, beta=2.0, prevalence=0.5)
    assert any("without a guarantee" in line for line in threshold.warnings)
    assert threshold.name == "missed_fakes"


def test_without_fakes_there_is_nothing_to_miss():
    with pytest.raises(UserError, match="needs fake clips"):
        threshold_bounding_fnr([0, 0], [0.1, 0.2], ["a", "b"], at_most=0.05)
