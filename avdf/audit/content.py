"""Checked scores and a frozen threshold -> the content of audit.json."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from avdf.audit.caveats import caveats_of
from avdf.audit.counts import counts_of, methods_of
from avdf.audit.group_curves import sweeps_of, what_ifs_of, without_start
from avdf.audit.sources import AuditInput
from avdf.audit.verdicts import verdict_of
from avdf.errors import TableError
from avdf.evaluation.bootstrap import NUM_DRAWS, interval
from avdf.evaluation.cohort import Cohort, cohort_of, drawn_figures, group_rows, whole_figures
from avdf.evaluation.curves import Floats
from avdf.evaluation.gaps import HARMS, LEVEL, Gap, gaps_of, pairs_of
from avdf.evaluation.groups import Group, attribute_order, error_counts, groups_of, rate_of, status_of
from avdf.evaluation.literature import literature_figures, max_over_geometric_mean
from avdf.evaluation.permutation import NUM_PERMUTATIONS
from avdf.evaluation.summary import thresholds_of

SCHEMA_VERSION = 1


def audit_content(audit_input: AuditInput, seed: int) -> dict[str, Any]:
    """What audit.json holds. Raises TableError for a table without a test row."""
    columns = attribute_order(audit_input.groups)
    table, threshold = audit_input.scores.table, audit_input.threshold
    test = audit_input.scores.of_split("test").table
    if test.empty:
        raise TableError(f"no row of split 'test' to audit (have: {', '.join(sorted(set(table['split'])))})")
    rule = {"beta": threshold.beta, "prevalence": threshold.prevalence}
    cohort = cohort_of(test, thresholds_of(test, threshold), columns, **rule)
    found = groups_of(cohort.folded, columns)
    everyone = Group(attribute="all", name="all", cells=np.ones(len(cohort.folded.cells), dtype=bool))
    selections = [everyone.cells, *(group.cells for group in found)]
    draws = [drawn for (drawn,) in drawn_figures([cohort], selections, seed)]
    gaps = gaps_of(cohort.folded, found, seed)
    attributes = list(dict.fromkeys(group.attribute for group in found))
    overall = whole_figures(cohort, draws[0])
    shortcuts = sorted((dict(probe) for probe in audit_input.probes), key=lambda item: str(item["feature"]))
    return {
        "schema_version": SCHEMA_VERSION,
        "verdicts": [_verdict(cohort, found, gap) for gap in gaps],
        "threshold": {**threshold.as_dict(), "per_row": "threshold" in test},
        "overall": overall,
        "groups": [
            row
            for group, drawn in zip(found, draws[1:], strict=True)
            for row in group_rows(cohort, group, drawn)
        ],
        "gaps": [_gap_row(gap, found, draws[1:]) for gap in gaps],
        "pairs": [asdict(pair) for gap in gaps for pair in pairs_of(cohort.folded, found, gap, seed)],
        "literature": {name: _literature(cohort, found, name) for name in attributes},
        "shortcuts": shortcuts,
        "warnings": [*audit_input.warnings, *caveats_of(table, cohort, overall, threshold, shortcuts)],
        "counts": counts_of(table, cohort, found, audit_input.num_skipped),
        "methods": methods_of(cohort),
        "curves": sweeps_of(cohort, [everyone, *found]),
        "what_if": what_ifs_of(table, cohort, found),
        "without_start": without_start(cohort),
        "provenance": dict(audit_input.provenance),
        "settings": {
            "groups": columns,
            "identity": audit_input.identity,
            "seed": seed,
            "num_draws": NUM_DRAWS,
            "num_permutations": NUM_PERMUTATIONS,
            "level": LEVEL,
        },
    }


def _verdict(cohort: Cohort, groups: Sequence[Group], gap: Gap) -> dict[str, Any]:
    inside = [group for group in groups if group.attribute == gap.attribute]
    return verdict_of(gap, {group.name: rate_of(cohort.folded, gap.metric, group.cells) for group in inside})


def _gap_row(gap: Gap, groups: Sequence[Group], draws: Sequence[Mapping[str, Floats]]) -> dict[str, Any]:
    """A gap with its approximate interval: max - min of the compared groups in every draw."""
    names = [(gap.attribute, name) for name in gap.compared]
    compared = [
        drawn[gap.metric]
        for group, drawn in zip(groups, draws, strict=True)
        if (group.attribute, group.name) in names
    ]
    spread = np.ptp(np.stack(compared), axis=0) if compared else np.full(1, np.nan)
    return {**asdict(gap), "ci": interval(spread)}


def _literature(cohort: Cohort, groups: Sequence[Group], attribute: str) -> dict[str, Any]:
    """Over the known groups with both rates from at least 5 people; the omitted are named."""
    inside = [group for group in groups if group.attribute == attribute]
    used = [group for group in inside if group.is_known and _has_both(cohort, group)]
    every = {metric: [error_counts(cohort.folded, metric, group.cells) for group in used] for metric in HARMS}
    errors = {metric: [float(wrong.sum()) for wrong, _ in counts] for metric, counts in every.items()}
    rows = {metric: [float(of.sum()) for _, of in counts] for metric, counts in every.items()}
    fpr, fnr = (np.array(errors[metric]) / np.array(rows[metric]) for metric in HARMS)
    called = np.array(errors["fpr"]) + np.array(rows["fnr"]) - np.array(errors["fnr"])
    right = np.array(rows["fpr"]) - np.array(errors["fpr"]) + np.array(rows["fnr"]) - np.array(errors["fnr"])
    num = np.array(rows["fpr"]) + np.array(rows["fnr"])
    overall = cohort.figures(np.ones(len(cohort.table), dtype=bool))
    return {
        **literature_figures(
            list(fpr), list(fnr), list(called / num), list(right / num), overall["fpr"], overall["fnr"]
        ),
        "nist_fpr": max_over_geometric_mean(errors["fpr"], rows["fpr"]),
        "nist_fnr": max_over_geometric_mean(errors["fnr"], rows["fnr"]),
        "num_groups": len(used),
        "omitted": [group.name for group in inside if group not in used],
    }


def _has_both(cohort: Cohort, group: Group) -> bool:
    people = [len(error_counts(cohort.folded, metric, group.cells)[1]) for metric in HARMS]
    return status_of(min(people)) not in ("undefined", "suppressed")
