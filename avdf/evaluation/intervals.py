"""Intervals of a rate and of a difference of two rates when rows are clustered by person."""

from dataclasses import dataclass

import numpy as np

from avdf.evaluation.counts import Floats

NAN = float("nan")
POWER_FACTOR = 2.80  # 1.96 + 0.84: a two-sided test at 5 %, with 80 % power


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A rate with its 95 % interval; `num_effective` is the equivalent number of independent rows."""

    value: float = NAN
    low: float = NAN
    high: float = NAN
    num_effective: float = NAN
    num_rows: int = 0
    num_identities: int = 0
    num_errors: int = 0


def rate_interval(errors: Floats, rows: Floats, copies: int = 1) -> Estimate:
    """sum(errors) / sum(rows) with Wilson's interval at the effective sample size and t(m - 1) for z.

    errors, rows: (num_people,) counts; people without rows are left out. Variance of a ratio of sums over m
    clusters: V = m/(m-1) sum (e_i - p n_i)^2 / (sum n_i)^2; n_eff = p(1-p)/V clipped to [1, rows]; n_eff = m
    where V is 0 or p is 0 or 1. `copies`: how many times the table is repeated, which adds no information.
    One person has a rate and no interval. Source: Korn and Graubard 1998; Dean and Pagano 2015.

    >>> estimate = rate_interval(np.array([1.0, 0.0, 2.0]), np.array([4.0, 4.0, 4.0]))
    >>> estimate.value, round(estimate.low, 2), round(estimate.high, 2)
    (0.25, 0.03, 0.81)
    """
    has_rows = rows > 0
    error, row = errors[has_rows], rows[has_rows]
    num, total = len(row), row.sum()
    if num == 0:
        return Estimate()
    p = float(error.sum() / total)
    variance = num / (num - 1) * float(((error - p * row) ** 2).sum()) / total**2 if num > 1 else 0.0
    certain = variance == 0.0 or p in (0.0, 1.0)
    effective = float(num) if certain else float(np.clip(p * (1 - p) / variance, 1.0, total / copies))
    from scipy.special import stdtrit

    low, high = wilson(p, effective, float(stdtrit(num - 1, 0.975))) if num > 1 else (NAN, NAN)
    return Estimate(
        value=p,
        low=low,
        high=high,
        num_effective=effective,
        num_rows=int(total),
        num_identities=num,
        num_errors=int(error.sum()),
    )


def wilson(p: float, num: float, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share `p` of `num` at `z` standard deviations (Wilson 1927).

    >>> low, high = wilson(0.5, 20, 1.96)
    >>> round(low, 2), round(high, 2)
    (0.3, 0.7)
    """
    middle = (p + z**2 / (2 * num)) / (1 + z**2 / num)
    half = z * np.sqrt(p * (1 - p) / num + z**2 / (4 * num**2)) / (1 + z**2 / num)
    low, high = float(middle - half), float(middle + half)
    return 0.0 if p == 0.0 else max(0.0, low), 1.0 if p == 1.0 else min(1.0, high)


def difference_interval(first: Estimate, second: Estimate) -> tuple[float, float]:
    """The interval of first - second from the two intervals (MOVER: Newcombe 1998; Zou and Donner 2008)."""
    d = first.value - second.value
    low = d - np.hypot(first.value - first.low, second.high - second.value)
    high = d + np.hypot(first.high - first.value, second.value - second.low)
    return float(low), float(high)


def smallest_detectable(p: float, num_g: float, num_h: float) -> float:
    """The gap of two groups that a test at 5 % detects with 80 % power: 2.80 sqrt(p(1-p)(1/n_g + 1/n_h)).

    `p` is the two groups' common rate; a rate of 0 or 1 is replaced by that of half an error.

    >>> round(smallest_detectable(0.5, 50, 50), 2)
    0.28
    """
    least = 0.5 / (num_g + num_h + 1)
    common = min(max(p, least), 1 - least)
    return float(min(1.0, POWER_FACTOR * np.sqrt(common * (1 - common) * (1 / num_g + 1 / num_h))))
