"""A checked score table and its frozen threshold -> the content of audit.json."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from avdf.audit.caveats import caveats_of, uncovered, upside_down
from avdf.audit.counts import counts_of, methods_of
from avdf.audit.folds import folds_content, folds_warnings
from avdf.audit.group_curves import group_curves, what_ifs_of, without_start
from avdf.audit.more_people import more_people
from avdf.audit.neural_codec import neural_codec_of
from avdf.audit.people import people_of
from avdf.audit.sources import AuditInput
from avdf.audit.verdicts import is_not_enough, verdict_of
from avdf.errors import TableError
from avdf.evaluation.attacks import with_seen
from avdf.evaluation.bootstrap import NUM_DRAWS, interval
from avdf.evaluation.coverage import coverage_of
from avdf.evaluation.gaps import LEVEL, Gap, gaps_of, pairs_of
from avdf.evaluation.groups import Group, error_counts, rate_of, status_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.literature import GroupRates, literature_metrics, max_over_geometric_mean
from avdf.evaluation.permutation import NUM_PERMUTATIONS
from avdf.evaluation.scored_split import ScoredSplit, group_rows, split_metrics
from avdf.evaluation.summary import calibration_content, score_splits_of

SCHEMA_VERSION = 1


def audit_content(audit_input: AuditInput, seed: int) -> dict[str, Any]:
    """What audit.json holds. Raises TableError for a table without a test row."""
    split = _test_split(audit_input, seed)
    table = audit_input.scores.table
    gaps = gaps_of(split.sums, split.groups, seed)
    attributes = list(dict.fromkeys(group.attribute for group in split.groups))
    overall = split_metrics(split)
    coverage = coverage_of(audit_input.scores.of_split("test"), split.columns)
    shortcuts = sorted((dict(probe) for probe in audit_input.probes), key=lambda item: str(item["feature"]))
    return {
        "schema_version": SCHEMA_VERSION,
        "verdicts": [verdict_of(gap, _rates(split, gap)) for gap in gaps],
        "threshold": {**audit_input.threshold.as_dict(), "per_row": "threshold" in split.table},
        "coverage": coverage,
        "overall": overall,
        "groups": [
            row
            for group, draws in zip(split.groups, split.draws[1:], strict=True)
            for row in group_rows(split, group, draws)
        ],
        "gaps": [{**asdict(gap), "ci": _gap_interval(split, gap)} for gap in gaps],
        "pairs": [asdict(pair) for gap in gaps for pair in pairs_of(split.sums, split.groups, gap, seed)],
        "attacks": with_seen(split.attacks, audit_input.seen_attacks),
        "literature": {name: _literature(split, name, overall) for name in attributes},
        "shortcuts": shortcuts,
        "warnings": _warnings(audit_input, split, overall, coverage, shortcuts),
        "counts": counts_of(table, split, audit_input.num_skipped),
        "methods": methods_of(split),
        "neural_codec": neural_codec_of(split),
        "curves": group_curves(split),
        "what_if": what_ifs_of(table, split),
        "without_start": without_start(split),
        "stress": asdict(audit_input.stress) if audit_input.stress else None,
        "provenance": dict(audit_input.provenance),
        "settings": _settings(audit_input, split, seed),
        **({"modalities": split.modalities} if split.modalities else {}),
        **people_of(split.table),
        **_of_run(audit_input, split, gaps),
    }


def _of_run(audit_input: AuditInput, split: ScoredSplit, gaps: Sequence[Gap]) -> dict[str, Any]:
    """What only an audit of a run holds: choices of folds, a command that tests more people, calibration."""
    run, choices = audit_input.run, audit_input.folds
    hint = more_people(run, split, [gap for gap in gaps if is_not_enough(gap)]) if run else None
    calibration = run.calibration() if run else None
    return {
        **({"folds": folds_content(choices)} if choices else {}),
        **({"more_people": hint} if hint else {}),
        **({"calibration": calibration_content(calibration, {"test": split})} if calibration else {}),
    }


def _settings(audit_input: AuditInput, split: ScoredSplit, seed: int) -> dict[str, Any]:
    return {
        "groups": list(split.columns),
        "identity": audit_input.identity,
        "seed": seed,
        "num_draws": NUM_DRAWS,
        "num_permutations": NUM_PERMUTATIONS,
        "level": LEVEL,
    }


def _warnings(
    audit_input: AuditInput,
    split: ScoredSplit,
    overall: Mapping[str, Any],
    coverage: Sequence[Mapping[str, Any]],
    shortcuts: Sequence[Mapping[str, Any]],
) -> list[str]:
    """What must be read before any metric, most serious first."""
    scores = audit_input.scores
    return [
        *upside_down(overall["auc"], overall["ci"]["auc"], scores.is_reversed),
        *uncovered(scores, coverage),
        *audit_input.warnings,
        *folds_warnings(audit_input.folds),
        *caveats_of(scores.table, split, overall, audit_input.threshold, shortcuts),
    ]


def _test_split(audit_input: AuditInput, seed: int) -> ScoredSplit:
    if audit_input.test is not None:
        return audit_input.test
    if "test" not in audit_input.scores.splits:
        raise TableError(f"no row of split 'test' to audit (have: {', '.join(audit_input.scores.splits)})")
    splits = score_splits_of(audit_input.scores, audit_input.threshold, audit_input.groups, seed=seed)
    return splits["test"]


def _rates(split: ScoredSplit, gap: Gap) -> Mapping[str, Any]:
    of_attribute = [group for group in split.groups if group.attribute == gap.attribute]
    return {group.name: rate_of(split.sums, gap.metric, group.cells) for group in of_attribute}


def _gap_interval(split: ScoredSplit, gap: Gap) -> list[float]:
    """The bootstrap interval of max - min over the compared groups."""
    compared = [
        draws[gap.metric]
        for group, draws in zip(split.groups, split.draws[1:], strict=True)
        if group.attribute == gap.attribute and group.name in gap.compared
    ]
    return interval(np.ptp(np.stack(compared), axis=0) if compared else np.full(1, np.nan))


def _literature(split: ScoredSplit, attribute: str, overall: Mapping[str, Any]) -> dict[str, Any]:
    """Over the known groups with both rates from at least 5 people; the others are in `omitted`."""
    of_attribute = [group for group in split.groups if group.attribute == attribute]
    used = [group for group in of_attribute if group.is_known and _has_both(split, group)]
    counts = {harm: [error_counts(split.sums, harm, group.cells) for group in used] for harm in HARMS}
    errors = {harm: np.array([wrong.sum() for wrong, _ in counts[harm]]) for harm in HARMS}
    clips = {harm: np.array([of.sum() for _, of in counts[harm]]) for harm in HARMS}
    num_clips = np.sum(list(clips.values()), axis=0)
    num_wrong = np.sum(list(errors.values()), axis=0)
    called = [clips[key] - errors[key] if harm.of_fakes else errors[key] for key, harm in HARMS.items()]
    rates = GroupRates(
        **{harm: list(errors[harm] / clips[harm]) for harm in HARMS},
        called_share=list(np.sum(called, axis=0) / num_clips),
        accuracy=list((num_clips - num_wrong) / num_clips),
    )
    return {
        **literature_metrics(rates, *(overall[harm] for harm in HARMS)),
        **{f"nist_{harm}": max_over_geometric_mean(errors[harm], clips[harm]) for harm in HARMS},
        "num_groups": len(used),
        "omitted": [group.name for group in of_attribute if group not in used],
    }


def _has_both(split: ScoredSplit, group: Group) -> bool:
    people = [len(error_counts(split.sums, harm, group.cells)[1]) for harm in HARMS]
    return status_of(min(people)) not in ("undefined", "suppressed")
