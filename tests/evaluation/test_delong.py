"""DeLong's test against its definition in loops, and the test over people against a bootstrap."""

import numpy as np
import pytest
from scipy.stats import norm, rankdata
from sklearn.metrics import roc_auc_score

from avdf.evaluation.delong import compare_aucs


def made(num: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    fake = np.arange(num) % 3 == 0
    common = rng.normal(0, 1, num)
    first, second = (np.round(fake * gain + common + rng.normal(0, 1, num), 1) for gain in (0.8, 1.4))
    return fake, first, second


def covariance_by_definition(fake, first, second) -> np.ndarray:
    """DeLong, DeLong and Clarke-Pearson, Biometrics 1988, equations 4 to 6, with loops over pairs."""
    placements = []
    for score in (first, second):
        wins = np.array([[(x > y) + 0.5 * (x == y) for y in score[~fake]] for x in score[fake]])
        placements.append((wins.mean(axis=1), wins.mean(axis=0)))
    of_fakes, of_reals = (np.stack([item[side] for item in placements]) for side in (0, 1))
    return np.cov(of_fakes) / fake.sum() + np.cov(of_reals) / (~fake).sum()


@pytest.mark.parametrize("seed", range(4))
def test_the_standard_error_is_that_of_the_definition(seed):
    fake, first, second = made(seed=seed)
    test = compare_aucs(fake, first, second)
    cov = covariance_by_definition(fake, first, second)
    error = np.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
    assert test.difference == pytest.approx(roc_auc_score(fake, second) - roc_auc_score(fake, first))
    assert test.standard_error == pytest.approx(error, abs=1e-12)
    assert test.z == pytest.approx(test.difference / error)
    ends = norm.interval(0.95, loc=test.difference, scale=error)
    assert (test.low, test.high) == pytest.approx(ends, abs=1e-12)
    assert test.p == pytest.approx(2 * norm.sf(abs(test.difference) / error))


def test_people_with_one_clip_each_give_delongs_test():
    fake, first, second = made()
    names = [f"p{number}" for number in range(60)]
    assert compare_aucs(fake, first, second, names) == compare_aucs(fake, first, second)


def test_clips_that_are_repeated_change_delongs_test_and_not_that_over_people():
    fake, first, second = made()
    person = np.arange(60) // 4
    once = compare_aucs(fake, first, second, person)
    often = compare_aucs(*(np.repeat(item, 20) for item in (fake, first, second, person)))
    assert often.standard_error == pytest.approx(once.standard_error, abs=1e-12)
    assert often.p == pytest.approx(once.p, abs=1e-9)
    plain = compare_aucs(*(np.repeat(item, 20) for item in (fake, first, second)))
    assert plain.standard_error < compare_aucs(fake, first, second).standard_error / 4


def test_the_standard_error_over_people_is_near_that_of_a_bootstrap_over_people():
    rng = np.random.default_rng(3)
    num, clips = 80, 10
    person = np.repeat(np.arange(num), clips)
    fake = np.tile([True, False], num * clips // 2)
    bias = rng.normal(0, 1, num)[person]
    first, second = (fake * 1.0 + weight * bias + rng.normal(0, 1, num * clips) for weight in (1.5, 0.3))
    test, plain = compare_aucs(fake, first, second, person), compare_aucs(fake, first, second)
    rows = np.arange(num * clips).reshape(num, clips)
    draws = []
    for _ in range(400):
        drawn = rows[rng.integers(0, num, num)].ravel()
        ranks = [rankdata(score[drawn])[fake[drawn]].mean() for score in (first, second)]
        draws.append((ranks[1] - ranks[0]) / (~fake[drawn]).sum())  # (mean rank - (m + 1) / 2) / n is the AUC
    assert test.standard_error == pytest.approx(np.std(draws), rel=0.12)
    assert abs(plain.standard_error / np.std(draws) - 1) > 0.12


def test_equal_scores_have_no_p_and_a_class_of_one_person_no_test():
    fake, first, _ = made()
    same = compare_aucs(fake, first, first)
    assert (same.difference, same.standard_error) == (0.0, 0.0)
    assert np.isnan([same.z, same.p]).all()
    assert np.isnan(compare_aucs(fake, first, first, np.zeros(60)).difference)
