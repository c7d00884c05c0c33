"""The gap of each harm between the groups of an attribute: how large, whose, and is it more than chance?"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from avdf.evaluation.bootstrap import random_stream
from avdf.evaluation.groups import RANKED_FROM, SUPPRESSED_UNDER, Group, error_counts, rate_of
from avdf.evaluation.identities import Tally
from avdf.evaluation.intervals import NAN, Estimate, difference_interval, smallest_detectable
from avdf.evaluation.permutation import GapTest, gap_test, holm

HARMS = ("fpr", "fnr")  # a real person accused, a fake missed
LEVEL = 0.05  # of the whole family of omnibus tests


@dataclass(frozen=True, kw_only=True)
class Gap:
    """max - min of one rate over the groups compared; `worst` and `best` only where groups may be ranked.

    `status`: ok; caution (a group under 50 people); partial (a group left out, in `omitted`); low (no two
    groups of 20 people, so all of 5 and more are compared and none is ranked); undefined (no two of 5).
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
    """first - second of one rate, `first` the higher; p is Holm's among the pairs, after a rejection only."""

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


def gaps_of(folded: Tally, groups: Sequence[Group], seed: int) -> list[Gap]:
    """One omnibus test an attribute and harm, Holm's over all of them."""
    attributes = list(dict.fromkeys(group.attribute for group in groups))
    found = [
        _gap(folded, [group for group in groups if group.attribute == attribute], metric, seed)
        for attribute in attributes
        for metric in HARMS
    ]
    adjusted = holm([gap.p for gap in found])
    return [replace(gap, p_holm=p) for gap, p in zip(found, adjusted, strict=True)]


def pairs_of(folded: Tally, groups: Sequence[Group], gap: Gap, seed: int) -> list[Pair]:
    """The groups of one gap two by two: intervals always, tests only where the gap itself is shown."""
    inside = {group.name: group for group in groups if group.attribute == gap.attribute}
    rates = {name: rate_of(folded, gap.metric, inside[name].cells) for name in gap.compared}
    found = []
    for one, other in itertools.combinations(gap.compared, 2):
        first, second = sorted((one, other), key=lambda name: -rates[name].value)
        low, high = difference_interval(rates[first], rates[second])
        test = _test(folded, [inside[one], inside[other]], gap.metric, seed) if gap.is_shown else None
        found.append(
            Pair(
                attribute=gap.attribute,
                metric=gap.metric,
                first=first,
                second=second,
                difference=rates[first].value - rates[second].value,
                low=low,
                high=high,
                p=test.p if test else NAN,
                min_detectable=_detectable([rates[one], rates[other]]),
            )
        )
    adjusted = holm([pair.p for pair in found])
    return [replace(pair, p_holm=p) for pair, p in zip(found, adjusted, strict=True)]


def _gap(folded: Tally, groups: Sequence[Group], metric: str, seed: int) -> Gap:
    rates = {group.name: rate_of(folded, metric, group.cells) for group in groups}
    compared, ranked = _compared(groups, rates)
    omitted = tuple(group.name for group in groups if group not in compared)
    attribute = groups[0].attribute
    if len(compared) < 2:
        return Gap(attribute=attribute, metric=metric, omitted=tuple(group.name for group in groups))
    test = _test(folded, compared, metric, seed)
    names = [group.name for group in compared]
    ascending = sorted(names, key=lambda name: rates[name].value)
    fewest = min(rates[name].num_identities for name in names)
    status = "caution" if fewest < 50 else "ok"
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
    """The groups that are ranked; without two of them, all that are shown at all, unranked."""
    known = [group for group in groups if group.is_known]
    ranked = [group for group in known if rates[group.name].num_identities >= RANKED_FROM]
    if len(ranked) > 1:
        return ranked, True
    return [group for group in known if rates[group.name].num_identities >= SUPPRESSED_UNDER], False


def _test(folded: Tally, groups: Sequence[Group], metric: str, seed: int) -> GapTest:
    counts = [error_counts(folded, metric, group.cells) for group in groups]
    words = [groups[0].attribute, metric, *(group.name for group in groups)]
    stream = random_stream(seed, "permutation", *words)
    return gap_test([errors for errors, _ in counts], [rows for _, rows in counts], stream)


def _detectable(rates: Sequence[Estimate]) -> float:
    """For the two groups that the data says least about, at the rate common to all of them."""
    least = sorted(rate.num_effective for rate in rates)[:2]
    common = sum(rate.num_errors for rate in rates) / sum(rate.num_rows for rate in rates)
    return smallest_detectable(common, least[0], least[1])
