"""Checks of numbers in configs."""

from types import SimpleNamespace

import pytest

from avdf.config.bounds import check_at_least, check_positive, check_range, check_share, check_within

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize("value", [0, -1, NAN, INFINITY])
def test_a_count_below_1_nan_or_infinite_is_refused(value: float):
    with pytest.raises(ValueError, match=rf"^epochs must be >= 1, got {value}$"):
        check_at_least(SimpleNamespace(epochs=value), "epochs")


@pytest.mark.parametrize("value", [0.05, 61, NAN, INFINITY])
def test_a_value_outside_its_bounds_is_refused(value: float):
    with pytest.raises(ValueError, match=r"^seconds must be from 0\.1 to 60, got "):
        check_within(SimpleNamespace(seconds=value), "seconds", lowest=0.1, highest=60)


@pytest.mark.parametrize("value", [0, -1, 11, NAN, INFINITY])
def test_a_value_of_0_or_above_the_highest_is_refused(value: float):
    with pytest.raises(ValueError, match=r"^alpha must be above 0 and at most 10, got "):
        check_positive(SimpleNamespace(alpha=value), "alpha", highest=10)


@pytest.mark.parametrize("value", [-0.1, 1, NAN])
def test_a_share_of_1_or_more_is_refused(value: float):
    with pytest.raises(ValueError, match=r"^dropout must be a share from 0 to below 1, got "):
        check_share(SimpleNamespace(dropout=value), "dropout")


def test_a_range_with_its_ends_exchanged_names_both():
    with pytest.raises(ValueError, match=r"^min_db must be <= max_db, got 3 and -3$"):
        check_range(SimpleNamespace(min_db=3, max_db=-3), "min_db", "max_db", lowest=-60, highest=60)


def test_a_field_that_is_left_out_passes():
    check_at_least(SimpleNamespace(patience=None), "patience")


def test_the_bounds_themselves_pass():
    config = SimpleNamespace(a=1, b=0, c=10, low=-60, high=60)
    check_at_least(config, "a")
    check_share(config, "b")
    check_positive(config, "c", highest=10)
    check_range(config, "low", "high", lowest=-60, highest=60)
