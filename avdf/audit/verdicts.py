"""Verdicts in words, per attribute and harm: gap shown, none shown, or not enough data."""

from collections.abc import Mapping, Sequence
from typing import Any

from avdf.audit.page.formatting import listed, p_text, percent, points, short
from avdf.evaluation.gaps import Gap
from avdf.evaluation.harms import HARMS
from avdf.evaluation.intervals import Estimate

SHOWN, NONE_SHOWN, NOT_ENOUGH = "gap shown", "none shown", "not enough data"
TOO_COARSE = 0.25  # an audit that cannot detect a gap of this size does not show that there is none


def verdict_of(gap: Gap, rates: Mapping[str, Estimate]) -> dict[str, Any]:
    """A verdict and its sentences; `rates` are those of the gap's groups, by name."""
    verdict = _verdict(gap)
    return {
        "attribute": gap.attribute,
        "metric": gap.metric,
        "harm": HARMS[gap.metric].name,
        "verdict": verdict,
        "text": " ".join(_sentences(gap, verdict, rates)),
    }


def is_not_enough(gap: Gap) -> bool:
    """Whether there are too few people to say anything about a gap."""
    return _verdict(gap) == NOT_ENOUGH


def _verdict(gap: Gap) -> str:
    if gap.is_shown:
        return SHOWN
    if gap.status in ("undefined", "low") or gap.min_detectable > TOO_COARSE:
        return NOT_ENOUGH
    return NONE_SHOWN


def _sentences(gap: Gap, verdict: str, rates: Mapping[str, Estimate]) -> list[str]:
    if gap.status == "undefined":
        return ["Fewer than two groups have 5 people with such clips, so nothing can be compared."]
    values = [rates[name] for name in gap.compared]
    low, high = min(rate.value for rate in values), max(rate.value for rate in values)
    best, worst = (f" ({short(name)})" if name else "" for name in (gap.best, gap.worst))
    sentences = [
        f"Rates run from {percent(low)}{best} to {percent(high)}{worst}, a gap of {points(gap.gap)}; chance "
        f"alone makes a gap of {points(gap.null_mean)} on average (p = {p_text(gap.p_holm)} after Holm)."
    ]
    if verdict != SHOWN:
        sentences.append(f"Only a gap of about {points(gap.min_detectable)} or more was likely to be found.")
    if gap.worst is None or verdict == NOT_ENOUGH:
        numbers = [rate.num_identities for rate in values]
        purpose = "rank them" if gap.worst is None else "decide"
        sentences.append(f"{_range(numbers)} people per group: too few to {purpose}.")
    if high == low and low in (0.0, 1.0):
        called = "real" if HARMS[gap.metric].of_fakes == (low == 1.0) else "fake"
        sentences.append(f"All of these clips are called {called}: no gap can show.")
    if gap.omitted:
        sentences.append(f"Not compared, too few people or only one label: {listed(gap.omitted)}.")
    return sentences


def _range(numbers: Sequence[int]) -> str:
    return f"{min(numbers)}" if min(numbers) == max(numbers) else f"{min(numbers)} to {max(numbers)}"
