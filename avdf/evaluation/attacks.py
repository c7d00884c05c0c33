"""Attack by attack, as ASVspoof reports: the fakes of each attack against all bona fide clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from avdf.evaluation.attack_names import OF_FAKE
from avdf.evaluation.bins import UNKNOWN
from avdf.evaluation.bootstrap import interval, resampled_counts
from avdf.evaluation.counts import Floats
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.groups import REASONS, rate_of, status_of
from avdf.evaluation.identities import cell_of, sum_by_identity
from avdf.evaluation.intervals import Estimate
from avdf.evaluation.metrics import METRICS, binary_metrics, values_of

PER_ATTACK = tuple(metric for metric in METRICS if metric.per_attack)
RANKED_BY = "eer"


def attack_rows(
    table: pd.DataFrame, threshold: float | Floats, f_beta: FBeta, seed: int
) -> list[dict[str, Any]]:
    """One row per attack, the highest EER first; those of fewer than 5 people last, with counts only.

    attack, num_clips and num_identities of its fakes, the metrics that are reported per attack, `ci`, status
    and reason. `table` has the checked rows of one split, `threshold` is one number or one per row. Intervals
    are over people, who are drawn with all of their clips. No rows if the table does not name attacks.
    """
    if OF_FAKE not in table:
        return []
    cell, cells = cell_of(table, [OF_FAKE])
    attacks = [name for (name,) in cells if name]
    sums = sum_by_identity(table, threshold, [OF_FAKE])
    with_reals = [np.array([item in ("", name) for (item,) in cells]) for name in attacks]
    drawn: list[dict[str, list[Floats]]] = [{} for _ in attacks]
    for counts in resampled_counts([sums], with_reals, seed):
        for values, (of_attack,) in zip(drawn, counts, strict=True):
            for key, value in values_of(of_attack, PER_ATTACK, f_beta).items():
                values.setdefault(key, []).append(value)
    rows = []
    for name, selection, values in zip(attacks, with_reals, drawn, strict=True):
        inside = selection[cell]
        limit = threshold if isinstance(threshold, float) else threshold[inside]
        metrics = binary_metrics(table["is_fake"][inside], table["score"][inside], limit)
        fnr = rate_of(sums, "fnr", selection)
        ci = {key: interval(np.concatenate(value)) for key, value in values.items()}
        num_real_people = rate_of(sums, "fpr", selection).num_identities
        ci["fnr"] = [fnr.low, fnr.high]
        rows.append({"attack": name, **_row(metrics, ci, fnr, num_real_people)})
    return sorted(rows, key=lambda row: (row[RANKED_BY] is None, -(row[RANKED_BY] or 0.0), row["attack"]))


def _row(
    metrics: Mapping[str, float], ci: Mapping[str, list[float]], fnr: Estimate, num_real_people: int
) -> dict[str, Any]:
    """The columns of an attack; counts only where fewer than 5 people have its fakes, or real clips."""
    status = status_of(min(fnr.num_identities, num_real_people))
    known = status not in ("undefined", "suppressed")
    return {
        "num_clips": fnr.num_rows,
        "num_identities": fnr.num_identities,
        **{metric.key: metrics[metric.key] if known else None for metric in PER_ATTACK},
        "ci": {metric.key: ci[metric.key] if known else [None, None] for metric in PER_ATTACK},
        "status": status,
        "reason": REASONS[status],
    }


@dataclass(frozen=True, kw_only=True)
class SeenAttacks:
    """The attacks that a detector was trained on, by name.

    `gap` is why an attack that is not among them may have been trained on; "" if all of them are known.
    """

    names: frozenset[str] = frozenset()
    gap: str = ""

    def of(self, attack: str) -> tuple[bool | None, str]:
        """Whether an attack was trained on; None with the reason where that is not known.

        >>> SeenAttacks(names=frozenset({"vits"})).of("hifigan"), SeenAttacks(gap="no list").of("vits")
        ((False, ''), (None, 'no list'))
        """
        if attack == UNKNOWN:
            return None, "these fakes have no name of an attack"
        if attack in self.names:
            return True, ""
        gap = "some fakes of the training have no name of an attack" if UNKNOWN in self.names else self.gap
        return (None, gap) if gap else (False, "")


OF_NOBODY = SeenAttacks(gap="a score table does not say what the detector was trained on")


def with_seen(rows: Sequence[Mapping[str, Any]], seen: SeenAttacks) -> list[dict[str, Any]]:
    """The rows with seen_in_training, None where that is not known, and seen_reason, which says why not."""
    of_rows = [seen.of(row["attack"]) for row in rows]
    return [
        {**row, "seen_in_training": is_seen, "seen_reason": reason}
        for row, (is_seen, reason) in zip(rows, of_rows, strict=True)
    ]
