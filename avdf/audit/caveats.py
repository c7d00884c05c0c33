"""What a reader must know before believing any figure: the first lines of the first screen."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from avdf.evaluation.cohort import Cohort
from avdf.evaluation.scores import overlapping_identities
from avdf.evaluation.threshold import Threshold

NEAR_AUC = 0.05  # a trivial feature this close to the detector explains it
TELLING_AUC = 0.6  # below it a feature tells next to nothing, however weak the detector


def caveats_of(
    table: pd.DataFrame,
    cohort: Cohort,
    overall: Mapping[str, Any],
    threshold: Threshold,
    shortcuts: Sequence[Mapping[str, Any]],
) -> list[str]:
    """The warnings that the table itself gives rise to, gravest first."""
    return [
        *_overlap(table),
        *_probes(overall, shortcuts),
        *(f"Validation: {line}." for line in threshold.warnings),
        *_levels(cohort, overall),
        *_pooled(cohort),
    ]


def _overlap(table: pd.DataFrame) -> list[str]:
    shared = overlapping_identities(table)
    if not shared:
        return []
    some = ", ".join(shared[:5]) + (" ..." if len(shared) > 5 else "")
    return [f"{len(shared)} identities are in test and in another split ({some}): the figures are too good."]


def _probes(overall: Mapping[str, Any], shortcuts: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    for probe in shortcuts:
        value = probe["auc"]
        if value is not None and value >= max(overall["auc"] - NEAR_AUC, TELLING_AUC):
            found.append(
                f"{probe['feature']} alone tells fakes with an AUC of {value:.3f} (the detector: "
                f"{overall['auc']:.3f}): the detector may have learnt that."
            )
    return found


def _levels(cohort: Cohort, overall: Mapping[str, Any]) -> list[str]:
    score = cohort.table["score"].to_numpy()
    called = score >= cohort.threshold
    found = []
    if overall["num_real"] == 0 or overall["num_fake"] == 0:
        found.append(f"The test rows hold no {'fake' if overall['num_fake'] == 0 else 'real'} clip.")
    if score.min() == score.max():
        found.append(f"All {len(score)} test scores are equal: the detector tells nothing.")
    if called.all():
        found.append("The threshold calls every test clip fake: no gap can show, and nothing is told.")
    elif overall["fpr"] > 0.5:
        found.append(f"{overall['fpr']:.0%} of the real test clips are called fake.")
    if not called.any():
        found.append("The threshold calls no test clip fake.")
    if overall["f2"] - overall["f2_all_fake"] < 0.005:
        found.append(
            f"Test F2 is {overall['f2']:.3f}; calling every clip fake reaches {overall['f2_all_fake']:.3f}."
        )
    return found


def _pooled(cohort: Cohort) -> list[str]:
    if "threshold" not in cohort.table:
        return []
    num = int(cohort.table["threshold"].nunique())
    return [
        f"Each row has its own frozen threshold ({num} distinct, one a run): rates use it; AUC, EER and "
        "curves compare scores of several detectors."
    ]
