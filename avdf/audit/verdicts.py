"""The answer in words, per attribute and per harm: gap shown, none shown, or not enough data."""

from collections.abc import Mapping, Sequence
from typing import Any

from avdf.audit.page.formatting import listed, p_text, percent, points, short
from avdf.evaluation.gaps import Gap
from avdf.evaluation.intervals import Estimate

SHOWN, NONE_SHOWN, NOT_ENOUGH = "gap shown", "none shown", "not enough data"
HARM_NAMES = {"fpr": "false accusations", "fnr": "missed fakes"}
TOO_COARSE = 0.25  # gaps up to that arise by chance in small groups: an audit blind to them shows nothing


def verdict_of(gap: Gap, rates: Mapping[str, Estimate]) -> dict[str, Any]:
    """One verdict with its sentence; `rates` are those of the gap's groups by name."""
    verdict = _verdict(gap)
    return {
        "attribute": gap.attribute,
        "metric": gap.metric,
        "harm": HARM_NAMES[gap.metric],
        "verdict": verdict,
        "text": " ".join(_sentences(gap, verdict, rates)),
    }


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
    people = [rate.num_identities for rate in values]
    low, high = min(rate.value for rate in values), max(rate.value for rate in values)
    span = f"from {percent(low)} to {percent(high)}"
    if gap.worst is not None:
        span = f"from {percent(low)} ({short(gap.best or '')}) to {percent(high)} ({short(gap.worst)})"
    chance = f"chance alone makes a gap of {points(gap.null_mean)} on average"
    said = [f"Rates run {span}, a gap of {points(gap.gap)}; {chance} (p = {p_text(gap.p_holm)} after Holm)."]
    if verdict != SHOWN:
        said.append(f"Only a gap of about {points(gap.min_detectable)} or more was likely to be found.")
    if gap.worst is None or verdict == NOT_ENOUGH:
        said.append(
            f"{_range(people)} people a group: too few to {'rank them' if gap.worst is None else 'tell'}."
        )
    if high == low and low in (0.0, 1.0):
        called = "fake" if (gap.metric == "fpr") == (low == 1.0) else "real"
        said.append(f"All of these clips are called {called}: no gap can show.")
    if gap.omitted:
        said.append(f"Not compared, for want of people or of a label: {listed(gap.omitted)}.")
    return said


def _range(numbers: Sequence[int]) -> str:
    return f"{min(numbers)}" if min(numbers) == max(numbers) else f"{min(numbers)} to {max(numbers)}"
