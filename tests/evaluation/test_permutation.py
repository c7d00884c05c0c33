"""The permutation test: exact on small tables; Holm's correction by hand."""

import itertools

import numpy as np
import pytest

from avdf.evaluation.permutation import _shuffled_gaps, gap_test, holm


def test_the_p_value_is_near_that_of_all_70_ways_to_split_eight_people():
    errors, rows = np.array([3.0, 2.0, 3.0, 1.0, 0.0, 1.0, 0.0, 1.0]), np.full(8, 4.0)
    observed = abs(errors[:4].sum() - errors[4:].sum()) / 16
    gaps = []
    for members in itertools.combinations(range(8), 4):
        inside = np.isin(np.arange(8), members)
        gaps.append(abs(errors[inside].sum() - errors[~inside].sum()) / 16)
    exact = np.mean(np.array(gaps) >= observed - 1e-12)
    stream = np.random.default_rng(0)
    test = gap_test([errors[:4], errors[4:]], [rows[:4], rows[4:]], stream)
    assert test.gap == pytest.approx(observed)
    assert test.p == pytest.approx(exact, abs=0.006)
    assert test.null_mean == pytest.approx(np.mean(gaps), abs=0.005)


def test_p_is_never_0():
    one, other = np.full(30, 5.0), np.zeros(30)
    test = gap_test([one, other], [np.full(30, 5.0)] * 2, np.random.default_rng(0), 999)
    assert (test.gap, test.p) == (1.0, 0.001)


def test_equal_rates_are_no_evidence_at_all():
    same = np.array([1.0, 1.0, 1.0])
    test = gap_test([same, same], [np.full(3, 2.0)] * 2, np.random.default_rng(0), 99)
    assert (test.gap, test.p, test.null_q95) == (0.0, 1.0, 0.0)


def test_clips_that_are_repeated_20_times_give_the_same_p():
    rng = np.random.default_rng(3)
    errors, rows = rng.integers(0, 3, 20).astype(float), np.full(20, 3.0)
    groups = [slice(0, 8), slice(8, 20)]
    once = gap_test([errors[g] for g in groups], [rows[g] for g in groups], np.random.default_rng(1), 999)
    often = gap_test(
        [20 * errors[g] for g in groups], [20 * rows[g] for g in groups], np.random.default_rng(1), 999
    )
    assert once == often


def test_holms_correction_by_hand():
    # 0.01 x 4, 0.02 x 3, 0.03 x 2, then never less than the one before.
    assert holm([0.03, 0.01, 0.02, 0.04]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]


def test_a_test_that_was_not_made_is_not_counted():
    test = holm([np.nan, 0.02, 0.03])
    assert np.isnan(test[0])
    assert test[1:] == pytest.approx([0.04, 0.04])
    assert holm([]) == []


def test_draws_for_many_people_with_equal_counts_have_the_distribution_of_shuffles():
    rng = np.random.default_rng(4)
    errors = [rng.binomial(1, rate, 3000).astype(float) for rate in (0.2, 0.22, 0.2)]
    rows = [np.ones(3000)] * 3
    drawn = gap_test(errors, rows, np.random.default_rng(0), 999)
    packed = (np.concatenate(rows).astype(np.int64) << 32) + np.concatenate(errors).astype(np.int64)
    shuffled = _shuffled_gaps(packed, np.array([0, 3000, 6000]), np.random.default_rng(0), 999)
    assert drawn.null_mean == pytest.approx(shuffled.mean(), rel=0.05)
    assert drawn.null_q95 == pytest.approx(np.quantile(shuffled, 0.95), rel=0.08)
    assert drawn.p == pytest.approx((1 + (shuffled >= drawn.gap).sum()) / 1000, abs=0.06)
