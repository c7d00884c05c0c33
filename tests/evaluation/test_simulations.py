"""Error rates and coverage of the statistics on simulated people; full tables: benchmarks/audit.py."""

import numpy as np
import pytest

from avdf.evaluation.intervals import rate_interval
from avdf.evaluation.permutation import gap_test

CLIPS = 20


def errors_of(rng: np.random.Generator, num: int, rate: float, likeness: float) -> np.ndarray:
    """Errors in 20 clips per person: beta-binomial with intraclass correlation `likeness`."""
    if likeness == 0.0:
        return rng.binomial(CLIPS, rate, num).astype(float)
    size = 1.0 / likeness - 1.0
    return rng.binomial(CLIPS, rng.beta(rate * size, (1.0 - rate) * size, num)).astype(float)


def test_of_200_tables_without_a_gap_at_most_16_are_called_a_gap():
    rng = np.random.default_rng(0)
    rejected = 0
    for number in range(200):
        errors = [errors_of(rng, 20, 0.2, 0.2) for _ in range(5)]
        test = gap_test(errors, [np.full(20, float(CLIPS))] * 5, np.random.default_rng(number), 499)
        rejected += test.p <= 0.05
    assert rejected <= 16


def test_a_gap_of_5_against_35_percent_is_found_in_95_of_100_tables():
    rng = np.random.default_rng(1)
    detected = 0
    for number in range(100):
        errors = [errors_of(rng, 100, rate, 0.2) for rate in (0.05, 0.35)]
        test = gap_test(errors, [np.full(100, float(CLIPS))] * 2, np.random.default_rng(number), 499)
        detected += test.p * 6 <= 0.05  # with Holm's correction for six tests
    assert detected >= 95


@pytest.mark.parametrize("num", [10, 20, 50, 100])
@pytest.mark.parametrize("rate", [0.05, 0.15, 0.3])
@pytest.mark.parametrize("likeness", [0.05, 0.2])
def test_a_rates_interval_covers_it_in_88_of_100_tables(num, rate, likeness):
    rng = np.random.default_rng([num, round(100 * rate), round(100 * likeness)])
    rows = np.full(num, float(CLIPS))
    covered = 0
    for _ in range(400):
        estimate = rate_interval(errors_of(rng, num, rate, likeness), rows)
        covered += estimate.low <= rate <= estimate.high
    assert covered / 400 >= 0.88
