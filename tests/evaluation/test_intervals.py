"""Intervals of rates over people: formulas by hand, scipy's Wilson interval, repeated tables."""

import numpy as np
import pytest
from scipy.stats import binomtest, t

from avdf.evaluation.intervals import (
    Estimate,
    difference_interval,
    rate_interval,
    smallest_detectable,
    wilson,
)


def test_wilsons_interval_equals_scipys_at_its_z():
    expected = binomtest(3, 20).proportion_ci(method="wilson")
    assert wilson(0.15, 20, 1.959963984540054) == pytest.approx((expected.low, expected.high))


def test_the_effective_number_of_four_people_by_hand():
    # Errors 0, 1, 2, 3 of 4 rows each: p = 6/16; sum (e - 1.5)^2 = 5; V = 4/3 x 5 / 256.
    estimate = rate_interval(np.array([0.0, 1.0, 2.0, 3.0]), np.full(4, 4.0))
    variance = 4 / 3 * 5 / 256
    assert estimate.value == 0.375
    assert estimate.num_effective == pytest.approx(0.375 * 0.625 / variance)  # 9 of 16 rows
    assert (estimate.low, estimate.high) == pytest.approx(
        wilson(0.375, estimate.num_effective, t.ppf(0.975, 3))
    )
    assert (estimate.num_identities, estimate.num_rows, estimate.num_errors) == (4, 16, 6)


def test_rates_of_0_and_1_have_one_effective_row_per_person():
    never = rate_interval(np.zeros(10), np.full(10, 20.0))
    assert (never.value, never.num_effective, never.low) == (0.0, 10.0, 0.0)
    assert never.high == pytest.approx(wilson(0.0, 10, t.ppf(0.975, 9))[1])
    assert rate_interval(np.full(10, 20.0), np.full(10, 20.0)).low == pytest.approx(1.0 - never.high)


def test_people_with_equal_errors_have_one_effective_row_each():
    assert rate_interval(np.full(8, 2.0), np.full(8, 4.0)).num_effective == 8.0  # V = 0


def test_effective_rows_never_exceed_the_rows():
    estimate = rate_interval(np.array([1.0, 1.0, 1.0, 2.0]), np.full(4, 3.0))
    assert estimate.num_effective == 12.0


def test_people_without_such_clips_do_not_count_and_nobody_is_undefined():
    estimate = rate_interval(np.array([1.0, 0.0, 0.0]), np.array([2.0, 2.0, 0.0]))
    assert estimate.num_identities == 2
    assert np.isnan(rate_interval(np.zeros(3), np.zeros(3)).value)
    alone = rate_interval(np.array([1.0]), np.array([2.0]))
    assert alone.value == 0.5
    assert np.isnan(alone.low)


def test_a_table_that_is_repeated_20_times_has_the_same_interval():
    rng = np.random.default_rng(0)
    rows = rng.integers(1, 9, 30).astype(float)
    errors = rng.binomial(rows.astype(int), 0.3).astype(float)
    once, often = rate_interval(errors, rows), rate_interval(20 * errors, 20 * rows, copies=20)
    assert (often.low, often.high) == pytest.approx((once.low, once.high), abs=1e-12)


def test_newcombes_difference_of_5_in_10_and_2_in_10():
    first = Estimate(value=0.5, low=0.24, high=0.76)
    second = Estimate(value=0.2, low=0.06, high=0.51)
    low, high = difference_interval(first, second)
    assert low == pytest.approx(0.3 - np.hypot(0.26, 0.31))
    assert high == pytest.approx(0.3 + np.hypot(0.26, 0.14))


def test_the_smallest_detectable_gap_of_50_against_50_people_at_one_half():
    assert smallest_detectable(0.5, 50, 50) == pytest.approx(0.28)  # 2.80 sqrt(0.25 x 2 / 50)
    assert 0.0 < smallest_detectable(0.0, 50, 50) < 0.1  # no error seen, yet not every gap is detectable
    assert smallest_detectable(0.5, 1, 1) == 1.0
