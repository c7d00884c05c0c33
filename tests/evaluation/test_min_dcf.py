"""minDCF with the costs of ASVspoof 5 against a brute force, and its values at the two constant answers."""

import numpy as np
import pytest

from avdf.evaluation.metrics import binary_metrics


def brute_force(bona_fide: np.ndarray, spoof: np.ndarray, c_miss: float, c_fa: float, p_spoof: float):
    """The paper's formula with the paper's roles, for scores that are higher for bona fide.

    A miss is a bona fide clip that is rejected, a false alarm a spoof that is accepted.
    """
    costs = []
    for limit in [*np.unique(np.concatenate([bona_fide, spoof])), np.inf]:
        p_miss, p_fa = (bona_fide < limit).mean(), (spoof >= limit).mean()
        costs.append(c_miss * (1 - p_spoof) * p_miss + c_fa * p_spoof * p_fa)
    return min(costs) / min(c_miss * (1 - p_spoof), c_fa * p_spoof)


def table(seed: int):
    rng = np.random.default_rng(seed)
    fake = np.append(rng.random(150) < 0.5, [True, False])
    return fake, np.round(rng.normal(fake * 1.5, 1.0), 1)


@pytest.mark.parametrize("seed", range(6))
def test_min_dcf_has_the_costs_of_asvspoof_5(seed):
    fake, score = table(seed)
    value = binary_metrics(fake, score, 0.0)["min_dcf"]
    expected = brute_force(-score[~fake], -score[fake], c_miss=1, c_fa=10, p_spoof=0.05)
    assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_min_dcf_equal_costs_has_equal_costs(seed):
    fake, score = table(seed)
    value = binary_metrics(fake, score, 0.0)["min_dcf_equal_costs"]
    expected = brute_force(-score[~fake], -score[fake], c_miss=1, c_fa=1, p_spoof=0.05)
    assert value == pytest.approx(expected, abs=1e-12)


def test_a_perfect_detector_costs_0_and_equal_scores_cost_1():
    perfect = binary_metrics([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 0.5)
    blind = binary_metrics([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], 0.5)
    assert (perfect["min_dcf"], perfect["min_dcf_equal_costs"]) == (0.0, 0.0)
    assert (blind["min_dcf"], blind["min_dcf_equal_costs"]) == (pytest.approx(1.0), pytest.approx(1.0))


def test_half_of_the_bona_fide_clips_rejected_costs_0_95():
    # Both fakes above one of two real clips: reject both fakes and one real clip.
    # 1 x 0.95 x 0.5 + 10 x 0.05 x 0 = 0.475; calling nothing fake costs 10 x 0.05 = 0.5; over 0.5: 0.95.
    assert binary_metrics([1, 1, 0, 0], [0.6, 0.6, 0.9, 0.1], 0.5)["min_dcf"] == pytest.approx(0.95)
