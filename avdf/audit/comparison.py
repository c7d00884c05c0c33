"""Comparison of two audited tables: comparison.json, comparison.html, differences.csv, figures/."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from avdf.audit.caveats import upside_down
from avdf.audit.figures.drawing import style
from avdf.audit.figures.forests import difference_forest
from avdf.audit.page.formatting import listed, metric_text, points, points_interval
from avdf.audit.page.page import render
from avdf.audit.sources import AuditInput
from avdf.audit.tables import differences_table
from avdf.evaluation.bootstrap import interval
from avdf.evaluation.comparison import differences_of, shared_clips
from avdf.evaluation.delong import compare_aucs
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.groups import attribute_order
from avdf.evaluation.harms import HARMS
from avdf.evaluation.scored_split import ScoredSplit, draw_metrics, score_split_of
from avdf.files import atomic_folder, json_text, write_csv, write_text

SCHEMA_VERSION = 1


def write_comparison(first: AuditInput, second: AuditInput, out: Path, *, seed: int) -> dict[str, Any]:
    """Writes folder `out`, which must not exist or be empty, and returns what comparison.json holds."""
    text = json_text(comparison_content(first, second, seed))
    content: dict[str, Any] = json.loads(text)
    with atomic_folder(out) as folder:
        figures = folder / "figures"
        figures.mkdir()
        with style():
            drawings = [difference_forest(content, harm, figures) for harm in HARMS]
        write_text(folder / "comparison.json", text)
        write_csv(folder / "differences.csv", differences_table(content["differences"]))
        write_text(
            folder / "comparison.html", render("comparison.html", comparison=content, drawings=drawings)
        )
    return content


def comparison_content(first: AuditInput, second: AuditInput, seed: int) -> dict[str, Any]:
    """Every metric of both on the test clips that both scored; differences are second minus first.

    F-beta of both has the first's beta and prevalence; each uses its own threshold. Raises TableError.
    """
    columns = attribute_order(first.groups, list(first.scores.table.columns))
    f_beta = FBeta(beta=first.threshold.beta, prevalence=first.threshold.prevalence)
    before, after = (
        score_split_of(table, audit_input.threshold.value, columns, f_beta=f_beta, seed=seed)
        for table, audit_input in zip(
            shared_clips(first.scores.table, second.scores.table, columns), (first, second), strict=True
        )
    )
    differences, gaps = differences_of((before, after), seed)
    num_clips = len(before.table)
    return {
        "schema_version": SCHEMA_VERSION,
        "verdicts": verdicts_of(differences, gaps),
        "differences": differences,
        "gaps": gaps,
        "auc_tests": _auc_tests(before.table, after.table),
        "num_clips": num_clips,
        "num_identities": len(set(before.sums.identity)),
        "warnings": [
            *(f"First: {line}" for line in upside_down(*_auc(before, seed))),
            *(f"Second: {line}" for line in upside_down(*_auc(after, seed))),
            *dict.fromkeys((*first.warnings, *second.warnings)),
        ],
        "seed": seed,
        "first": _side(first, num_clips),
        "second": _side(second, num_clips),
    }


def _auc_tests(before: pd.DataFrame, after: pd.DataFrame) -> list[dict[str, Any]]:
    """Tests of equal AUCs: over people, and over clips as papers do it."""
    columns = ["clip", "is_fake", "identity", "score"]
    both = before[columns].merge(after[["clip", "score"]], on="clip", suffixes=("", "_second"))
    both = both.sort_values("clip", ignore_index=True)
    labels, scores = both["is_fake"], (both["score"], both["score_second"])
    return [
        {
            "unit": "people",
            "method": "Obuchowski 1997",
            **asdict(compare_aucs(labels, *scores, both["identity"])),
        },
        {"unit": "clips", "method": "DeLong 1988", **asdict(compare_aucs(labels, *scores))},
    ]


def _auc(split: ScoredSplit, seed: int) -> tuple[float, list[float]]:
    """The AUC of all clips with its interval."""
    [[draws]] = draw_metrics([split], [split.everyone.cells], seed)
    everyone = np.ones(len(split.table), dtype=bool)
    return split.metrics(everyone)["auc"], interval(draws["auc"])


def _side(audit_input: AuditInput, num_clips: int) -> dict[str, Any]:
    num_scored = len(audit_input.scores.of_split("test").table)
    return {
        "threshold": audit_input.threshold.as_dict(),
        "num_scored": num_scored,
        "num_left_out": num_scored - num_clips,
        "provenance": audit_input.provenance,
    }


def verdicts_of(
    differences: Sequence[Mapping[str, Any]], gaps: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """One verdict in words per harm: the overall change, the groups with less harm and those with more."""
    verdicts = []
    for harm in HARMS.values():
        rows = [row for row in differences if row["metric"] == harm.key]
        overall = next(row for row in rows if row["attribute"] == "all")
        of_groups = [row for row in rows if row["attribute"] != "all"]
        sentences = [_overall_sentence(overall), *_group_sentences(of_groups)]
        sentences += [
            f"The gap by {gap['attribute']} became {'smaller' if gap['change'] == 'better' else 'larger'}: "
            f"{points(gap['first'])}, then {points(gap['second'])}."
            for gap in gaps
            if gap["metric"] == harm.key and gap["change"] != "unclear"
        ]
        verdicts.append(
            {
                "harm": harm.name,
                "metric": harm.key,
                "change": overall["change"],
                "text": " ".join(sentences),
            }
        )
    return verdicts


def _overall_sentence(row: Mapping[str, Any]) -> str:
    if row["first"] is None:
        return "There are too few such clips to compare."
    before, after = (metric_text(row[side], row["metric"]) for side in ("first", "second"))
    change = f"a change of {points(row['difference'])} ({points_interval(row['ci'])})"
    return f"Overall from {before} to {after}, {change}."


def _group_sentences(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    sentences = []
    for change, words in (("worse", "It cost"), ("better", "It helped")):
        names = [row["group"] for row in rows if row["change"] == change]
        if names:
            sentences.append(f"{words}: {listed(names, 12)}.")
    if all(row["change"] == "unclear" for row in rows):
        sentences.append("No group's change is more than chance.")
    return sentences
