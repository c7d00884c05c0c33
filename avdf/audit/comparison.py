"""Two audited tables beside each other: comparison.json, comparison.html, differences.csv, figures/."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from avdf.audit.figures.changes import difference_forest
from avdf.audit.figures.drawing import style
from avdf.audit.page.formatting import figure, listed, points, span
from avdf.audit.page.page import render
from avdf.audit.sources import AuditInput
from avdf.audit.tables import differences_table
from avdf.evaluation.cohort import cohort_of
from avdf.evaluation.comparison import differences_of, shared_clips
from avdf.evaluation.groups import Group, attribute_order, groups_of
from avdf.evaluation.summary import thresholds_of
from avdf.files import atomic_folder, json_text, write_csv, write_text

SCHEMA_VERSION = 1
_HARMS = {"fpr": "false accusations", "fnr": "missed fakes"}


def write_comparison(first: AuditInput, second: AuditInput, out: Path, *, seed: int) -> dict[str, Any]:
    """Writes folder `out` (which must be free) and returns what comparison.json holds."""
    text = json_text(comparison_content(first, second, seed))
    content: dict[str, Any] = json.loads(text)
    with atomic_folder(out) as folder:
        figures = folder / "figures"
        figures.mkdir()
        with style():
            drawings = [difference_forest(content, metric, figures) for metric in _HARMS]
        write_text(folder / "comparison.json", text)
        write_csv(folder / "differences.csv", differences_table(content["differences"]))
        write_text(folder / "comparison.html", render("comparison.html", found=content, drawings=drawings))
    return content


def comparison_content(first: AuditInput, second: AuditInput, seed: int) -> dict[str, Any]:
    """Every figure of both on the test clips that both scored, second less first."""
    columns = attribute_order(first.groups)
    tables = shared_clips(first.scores.table, second.scores.table, columns)
    one, other = (
        cohort_of(
            table,
            thresholds_of(table, source.threshold),
            columns,
            beta=first.threshold.beta,
            prevalence=first.threshold.prevalence,
        )
        for table, source in zip(tables, (first, second), strict=True)
    )
    everyone = Group(attribute="all", name="all", cells=np.ones(len(one.folded.cells), dtype=bool))
    differences, gaps = differences_of((one, other), [everyone, *groups_of(one.folded, columns)], seed)
    sides = {}
    for name, source in (("first", first), ("second", second)):
        scored = len(source.scores.of_split("test").table)
        sides[name] = {
            "threshold": source.threshold.as_dict(),
            "num_scored": scored,
            "num_left_out": scored - len(tables[0]),
            "provenance": source.provenance,
        }
    return {
        "schema_version": SCHEMA_VERSION,
        "verdicts": verdicts_of(differences, gaps),
        "differences": differences,
        "gaps": gaps,
        "num_clips": len(tables[0]),
        "num_identities": len(set(one.folded.identity)),
        "warnings": [*dict.fromkeys((*first.warnings, *second.warnings))],
        "seed": seed,
        **sides,
    }


def verdicts_of(
    differences: Sequence[Mapping[str, Any]], gaps: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Did it help, and whom did it cost: in words, harm by harm."""
    found = []
    for metric, harm in _HARMS.items():
        overall = next(row for row in differences if row["metric"] == metric and row["attribute"] == "all")
        rows = [row for row in differences if row["metric"] == metric and row["attribute"] != "all"]
        said = [_said(overall)]
        for change, words in (("worse", "It cost"), ("better", "It helped")):
            names = [row["group"] for row in rows if row["change"] == change]
            if names:
                said.append(f"{words}: {listed(names, 12)}.")
        if all(row["change"] == "unclear" for row in rows):
            said.append("No group's change is more than chance.")
        said += [
            f"The gap by {row['attribute']} became {'smaller' if row['change'] == 'better' else 'larger'}: "
            f"{points(row['first'])}, then {points(row['second'])}."
            for row in gaps
            if row["metric"] == metric and row["change"] != "unclear"
        ]
        found.append({"harm": harm, "metric": metric, "change": overall["change"], "text": " ".join(said)})
    return found


def _said(row: Mapping[str, Any]) -> str:
    if row["first"] is None or np.isnan(row["difference"]):
        return "There are too few such clips to compare."
    return (
        f"Overall from {figure(row['first'], row['metric'])} to {figure(row['second'], row['metric'])}, "
        f"a change of {points(row['difference'])} ({span(row['ci'], 'points')})."
    )
