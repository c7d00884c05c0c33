"""Intervals of a rate and of a difference of rates when rows come in clusters, one a person."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from avdf.evaluation.curves import Floats

NAN = float("nan")
POWER_FACTOR = 2.80  # 1.96 + 0.84: a two-sided test at 5 %, with 80 % power


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A rate with its 95 % interval; `num_effective` is how many independent rows the data is worth."""

    value: float = NAN
    low: float = NAN
    high: float = NAN
    num_effective: float = NAN
    num_rows: int = 0
    num_identities: int = 0
    num_errors: int = 0


def rate_interval(errors: Floats, rows: Floats, copies: int = 1) -> Estimate:
    """sum(errors) / sum(rows) with Wilson's interval at the effective number and t(m - 1) for z.

    `errors` and `rows` are counts, one a person. The variance is that of a ratio of sums over clusters:
    V = m/(m-1) sum (e_i - p n_i)^2 / (sum n_i)^2, n_eff = p(1-p)/V clipped to [1, rows]; where V is 0 or
    p is 0 or 1, n_eff = m. A table that stands `copies` times has no more rows for it. One person has no
    interval. Source: Korn and Graubard 1998; Dean and Pagano 2015 (Wilson's among survey intervals).
    """
    took_part = rows > 0
    error, row = errors[took_part], rows[took_part]
    num, total = len(row), row.sum()
    if num == 0:
        return Estimate()
    p = float(error.sum() / total)
    variance = num / (num - 1) * float(((error - p * row) ** 2).sum()) / total**2 if num > 1 else 0.0
    certain = variance == 0.0 or p in (0.0, 1.0)
    worth = float(num) if certain else float(np.clip(p * (1 - p) / variance, 1.0, total / copies))
    low, high = wilson(p, worth, float(stdtrit(num - 1, 0.975))) if num > 1 else (NAN, NAN)
    return Estimate(
        value=p,
        low=low,
        high=high,
        num_effective=worth,
        num_rows=int(total),
        num_identities=num,
        num_errors=int(error.sum()),
    )


def wilson(p: float, num: float, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share `p` of `num` at `z` standard deviations (Wilson 1927)."""
    middle = (p + z**2 / (2 * num)) / (1 + z**2 / num)
    half = z * np.sqrt(p * (1 - p) / num + z**2 / (4 * num**2)) / (1 + z**2 / num)
    low, high = float(middle - half), float(middle + half)
    return 0.0 if p == 0.0 else max(0.0, low), 1.0 if p == 1.0 else min(1.0, high)


def difference_interval(first: Estimate, second: Estimate) -> tuple[float, float]:
    """The interval of first - second from their own two (MOVER: Newcombe 1998; Zou and Donner 2008)."""
    d = first.value - second.value
    low = d - np.hypot(first.value - first.low, second.high - second.value)
    high = d + np.hypot(first.high - first.value, second.value - second.low)
    return float(low), float(high)


def smallest_detectable(p: float, num_g: float, num_h: float) -> float:
    """The gap of two groups that a test at 5 % finds in 80 % of cases: 2.80 sqrt(p(1-p)(1/n_g + 1/n_h)).

    `p` is the two groups' common rate. A rate that was never seen (or always) is taken as half an error.
    """
    least = 0.5 / (num_g + num_h + 1)
    common = min(max(p, least), 1 - least)
    return float(min(1.0, POWER_FACTOR * np.sqrt(common * (1 - common) * (1 / num_g + 1 / num_h))))
