"""Gaps in FPR and FNR between the groups of an attribute, tested against chance."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from avdf.evaluation.bootstrap import random_stream
from avdf.evaluation.columns import MOSTLY
from avdf.evaluation.groups import OK_FROM, RANKED_FROM, SUPPRESSED_UNDER, Group, named_error_counts, rate_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.identities import IdentitySums
from avdf.evaluation.intervals import NAN, Estimate, difference_interval, smallest_detectable
from avdf.evaluation.permutation import NUM_PERMUTATIONS, GapTest, gap_test, holm, within_people_test

LEVEL = 0.05  # of the whole family of omnibus tests
MOST_PAIRS = int(LEVEL * (NUM_PERMUTATIONS + 1))  # of more, Holm's correction can show none


@dataclass(frozen=True, kw_only=True)
class Gap:
    """max - min of a rate over the groups compared; `worst` and `best` only where groups may be ranked.

    `status`: ok; caution (a group has fewer than 50 people); partial (a group is left out, see `omitted`);
    low (fewer than two groups have 20 people, so all with 5 or more are compared and none is ranked);
    undefined (fewer than two groups have 5 people).
    """

    attribute: str
    metric: str
    compared: tuple[str, ...] = ()
    omitted: tuple[str, ...] = ()
    gap: float = NAN
    worst: str | None = None
    best: str | None = None
    null_mean: float = NAN
    null_q95: float = NAN
    p: float = NAN
    p_holm: float = NAN
    min_detectable: float = NAN
    status: str = "undefined"

    @property
    def is_shown(self) -> bool:
        return self.p_holm <= LEVEL


@dataclass(frozen=True, kw_only=True)
class Pair:
    """first - second of a rate, `first` the higher; tested only where the gap is shown, with Holm's p."""

    attribute: str
    metric: str
    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float = NAN
    p_holm: float = NAN
    min_detectable: float = NAN


def gaps_of(sums: IdentitySums, groups: Sequence[Group], seed: int) -> list[Gap]:
    """One omnibus test per attribute and harm, with Holm's correction over all of them."""
    attributes = list(dict.fromkeys(group.attribute for group in groups))
    gaps = [
        _gap(sums, [group for group in groups if group.attribute == attribute], harm, seed)
        for attribute in attributes
        for harm in HARMS
    ]
    adjusted = holm([gap.p for gap in gaps])
    return [replace(gap, p_holm=p) for gap, p in zip(gaps, adjusted, strict=True)]


def pairs_of(sums: IdentitySums, groups: Sequence[Group], gap: Gap, seed: int) -> list[Pair]:
    """All pairs of the compared groups: with intervals always, with tests only where the gap is shown.

    None where there are more than MOST_PAIRS (33 groups have 528): the smallest p of a permutation test
    times their number would exceed LEVEL.
    """
    if math.comb(len(gap.compared), 2) > MOST_PAIRS:
        return []
    of_attribute = {group.name: group for group in groups if group.attribute == gap.attribute}
    rates = {name: rate_of(sums, gap.metric, of_attribute[name].cells) for name in gap.compared}
    pairs = []
    for names in itertools.combinations(gap.compared, 2):
        first, second = sorted(names, key=lambda name: -rates[name].value)
        low, high = difference_interval(rates[first], rates[second])
        two = [of_attribute[name] for name in names]
        pairs.append(
            Pair(
                attribute=gap.attribute,
                metric=gap.metric,
                first=first,
                second=second,
                difference=rates[first].value - rates[second].value,
                low=low,
                high=high,
                p=_test(sums, two, gap.metric, seed).p if gap.is_shown else NAN,
                min_detectable=_detectable([rates[name] for name in names]),
            )
        )
    adjusted = holm([pair.p for pair in pairs])
    return [replace(pair, p_holm=p) for pair, p in zip(pairs, adjusted, strict=True)]


def _gap(sums: IdentitySums, groups: Sequence[Group], metric: str, seed: int) -> Gap:
    rates = {group.name: rate_of(sums, metric, group.cells) for group in groups}
    compared, ranked = _compared(groups, rates)
    omitted = tuple(group.name for group in groups if group not in compared)
    attribute = groups[0].attribute
    if len(compared) < 2:
        return Gap(attribute=attribute, metric=metric, omitted=tuple(group.name for group in groups))
    test = _test(sums, compared, metric, seed)
    names = [group.name for group in compared]
    ascending = sorted(names, key=lambda name: rates[name].value)
    fewest = min(rates[name].num_identities for name in names)
    status = "caution" if fewest < OK_FROM else "ok"
    return Gap(
        attribute=attribute,
        metric=metric,
        compared=tuple(names),
        omitted=omitted,
        gap=test.gap,
        worst=ascending[-1] if ranked else None,
        best=ascending[0] if ranked else None,
        null_mean=test.null_mean,
        null_q95=test.null_q95,
        p=test.p,
        min_detectable=_detectable([rates[name] for name in names]),
        status="low" if not ranked else "partial" if omitted else status,
    )


def _compared(groups: Sequence[Group], rates: Mapping[str, Estimate]) -> tuple[list[Group], bool]:
    """The groups of at least 20 people, to be ranked; if fewer than two, those of at least 5, unranked."""
    known = [group for group in groups if group.is_known]
    ranked = [group for group in known if rates[group.name].num_identities >= RANKED_FROM]
    if len(ranked) > 1:
        return ranked, True
    return [group for group in known if rates[group.name].num_identities >= SUPPRESSED_UNDER], False


def _test(sums: IdentitySums, groups: Sequence[Group], metric: str, seed: int) -> GapTest:
    counts = [named_error_counts(sums, metric, group.cells) for group in groups]
    words = [groups[0].attribute, metric, *(group.name for group in groups)]
    stream = random_stream(seed, "permutation", *words)
    names, errors, rows = (list(item) for item in zip(*counts, strict=True))
    _, num_groups = np.unique(np.concatenate(names), return_counts=True)
    if (num_groups > 1).mean() > MOSTLY:
        return within_people_test(errors, rows, names, stream)
    return gap_test(errors, rows, stream)


def _detectable(rates: Sequence[Estimate]) -> float:
    """The smallest detectable gap of the two groups with the fewest effective rows, at the common rate."""
    least = sorted(rate.num_effective for rate in rates)[:2]
    common = sum(rate.num_errors for rate in rates) / sum(rate.num_rows for rate in rates)
    return smallest_detectable(common, least[0], least[1])
