"""Warnings about the scores themselves; the page shows them first."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from avdf.evaluation.columns import MOST_GROUPS, some
from avdf.evaluation.coverage import LEAST, low_coverage
from avdf.evaluation.f_beta import f2_all_fake
from avdf.evaluation.groups import CROSSING
from avdf.evaluation.scored_split import ScoredSplit
from avdf.evaluation.scores import CheckedScores, overlapping_identities
from avdf.evaluation.threshold import Threshold

NEAR_AUC = 0.05  # a trivial feature with an AUC this close to the detector's may explain it
TELLING_AUC = 0.6  # a feature with a lower AUC is never named


def caveats_of(
    table: pd.DataFrame,
    split: ScoredSplit,
    overall: Mapping[str, Any],
    threshold: Threshold,
    shortcuts: Sequence[Mapping[str, Any]],
) -> list[str]:
    """The warnings about a checked table and its test split, most serious first."""
    return [
        *_overlap(table),
        *_probes(overall, shortcuts),
        *(f"Validation: {line}." for line in threshold.warnings),
        *_levels(split, overall),
        *_pooled(split),
        *_crossing(split),
    ]


def upside_down(auc: float, ci: Sequence[float], is_reversed: bool = False) -> list[str]:
    """A warning where the AUC is below 0.5 by more than chance; `is_reversed`: by --higher-is bonafide."""
    low, high = ci
    if not high < 0.5:
        return []
    remedy = (
        "A higher score must mean fake. If it means bona fide in this table, audit it with "
        "--higher-is bonafide; if not, check that is_fake is 1 for fakes."
    )
    if is_reversed:
        remedy = "They were reversed: leave out --higher-is bonafide, or check that is_fake is 1 for fakes."
    return [
        f"The scores seem to be upside down: AUC {auc:.3f} ({low:.3f} to {high:.3f}), so real "
        f"clips score higher than fakes. {remedy}"
    ]


def uncovered(scores: CheckedScores, coverage: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of the test clips without a score; a coverage under 95 % is said of each class and group."""
    unscored = scores.of_split("test").unscored
    if unscored.empty:
        return []
    names = [str(name) for name in unscored["clip"]] if "clip" in unscored else []
    named = f" ({some(sorted(names))})" if names else ""
    total = coverage[0]["num_clips"]
    lines = [f"{len(unscored)} of {total} test clips have no score{named}: all metrics are of the others."]
    if low := low_coverage(coverage, LEAST):
        more = f", and {len(low) - 5} more such lines" if len(low) > 5 else ""
        lines.append(
            f"Coverage is low: {', '.join(low[:5])}{more}. A detector that answers only the easy clips looks "
            "better than it is."
        )
    return lines


def _overlap(table: pd.DataFrame) -> list[str]:
    shared = overlapping_identities(table)
    if not shared:
        return []
    some = ", ".join(shared[:5]) + (" ..." if len(shared) > 5 else "")
    return [f"{len(shared)} identities are in test and in another split ({some}): the metrics are too good."]


def _probes(overall: Mapping[str, Any], shortcuts: Sequence[Mapping[str, Any]]) -> list[str]:
    least = max(overall["auc"] - NEAR_AUC, TELLING_AUC)
    return [
        f"{probe['feature']} alone tells {_which_fakes(probe)} with an AUC of {probe['auc']:.3f} (the "
        f"detector: {overall['auc']:.3f}): the detector may have learnt that."
        for probe in shortcuts
        if probe["auc"] is not None and probe["auc"] >= least
    ]


def _which_fakes(probe: Mapping[str, Any]) -> str:
    return "fakes that are no copies" if probe.get("without_copies") else "fakes"


def _levels(split: ScoredSplit, overall: Mapping[str, Any]) -> list[str]:
    score = split.table["score"].to_numpy()
    called = score >= split.threshold
    lines = []
    if overall["num_real"] == 0 or overall["num_fake"] == 0:
        lines.append(f"The test rows hold no {'fake' if overall['num_fake'] == 0 else 'real'} clip.")
    if score.min() == score.max():
        lines.append(f"All {len(score)} test scores are equal: they carry no information.")
    if called.all():
        lines.append("The threshold calls every test clip fake; no gap can show.")
    elif overall["fpr"] > 0.5:
        lines.append(f"{overall['fpr']:.0%} of the real test clips are called fake.")
    if not called.any():
        lines.append("The threshold calls no test clip fake.")
    prevalence, f2 = split.f_beta.prevalence, overall["f2_at_prevalence"]
    if f2 - f2_all_fake(prevalence) < 0.005:
        lines.append(
            f"Test F2 at {prevalence:.0%} fakes is {f2:.3f}; calling every clip fake reaches "
            f"{f2_all_fake(prevalence):.3f}."
        )
    return lines


def _pooled(split: ScoredSplit) -> list[str]:
    if "threshold" not in split.table:
        return []
    num = int(np.unique(split.table["threshold"]).size)
    return [
        f"Each row has its own frozen threshold ({num} distinct, one per run): rates use it; AUC, EER and "
        "curves compare scores of several detectors."
    ]


def _crossing(split: ScoredSplit) -> list[str]:
    name = CROSSING.join(split.columns)
    if len(split.columns) < 2 or any(group.attribute == name for group in split.groups):
        return []
    return [f"{name} would have more than {MOST_GROUPS} groups: the crossing is left out."]
