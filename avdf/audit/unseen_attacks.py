"""Attacks that were left out of training in turn, beside the same attacks when they were trained on."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from avdf.audit.figures.drawing import style
from avdf.audit.figures.unseen import unseen_forest
from avdf.audit.page.page import render
from avdf.audit.tables import unseen_csv
from avdf.audit.trained_attacks import copies_in_test
from avdf.evaluation.attack_names import OF_FAKE
from avdf.evaluation.attacks import PER_ATTACK, RANKED_BY
from avdf.evaluation.delong import compare_aucs
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scores import CheckedScores
from avdf.files import atomic_folder, json_text, write_csv, write_text
from avdf.run_folder import RunFolder

SCHEMA_VERSION = 1


def write_unseen(content: Mapping[str, Any], run: RunFolder) -> None:
    """Writes unseen_attacks/ of a run: the page, a table, JSON and figures. An older one is replaced."""
    text = json_text(content)
    strict: dict[str, Any] = json.loads(text)
    with atomic_folder(run.unseen_attacks) as folder:
        figures = folder / "figures"
        figures.mkdir()
        with style():
            drawings = [unseen_forest(strict, metric.key, figures) for metric in PER_ATTACK]
        page = render("unseen.html", unseen=strict, drawings=drawings)
        write_text(folder / run.unseen_attacks_json.name, text)
        write_csv(
            folder / run.unseen_attacks_csv.name, unseen_csv([*strict["attacks"], *strict["in_no_training"]])
        )
        write_text(folder / run.unseen_attacks_html.name, page)


def unseen_content(
    with_all: RunFolder, without: Mapping[str, RunFolder], not_tested: Mapping[str, str]
) -> dict[str, Any]:
    """One row per attack, the highest EER when never trained on first, and the means over attacks.

    `with_all` was trained on every attack, `without[attack]` on the others; both test the same people.
    `not_tested` are attacks that could not be left out, and why. A row has `num_clips`, `num_copies` (those
    of them that are copies of real clips), `num_identities`, `unseen` and `seen` (each metric and `ci`), and
    `auc_change`: the test over people of both AUCs. `in_no_training` are rows of attacks that not even
    `with_all` was trained on, without the latter two.
    """
    of_all, table = _attacks(with_all), _test_rows(with_all)
    copies = copies_in_test(with_all)
    rows = []
    for attack, run in without.items():
        unseen, seen = _attacks(run)[attack], of_all[attack]
        rows.append(
            {
                **_facts(unseen, copies),
                "unseen": _metrics(unseen),
                "seen": _metrics(seen),
                "auc_change": asdict(_auc_change(table, _test_rows(run), attack)),
            }
        )
    rows.sort(key=lambda row: (row["unseen"][RANKED_BY] is None, -(row["unseen"][RANKED_BY] or 0.0)))
    return {
        "schema_version": SCHEMA_VERSION,
        "attacks": rows,
        "means": {side: _means([row[side] for row in rows]) for side in ("unseen", "seen")},
        "in_no_training": [
            {**_facts(row, copies), "unseen": _metrics(row)}
            for attack, row in of_all.items()
            if row["seen_in_training"] is False and attack not in {*without, *not_tested}
        ],
        "not_tested": dict(sorted(not_tested.items())),
        "warnings": with_all.warnings(),
        "thresholds": {
            "all attacks": (with_all.threshold() or {}).get("value"),
            **{f"without {attack}": (run.threshold() or {}).get("value") for attack, run in without.items()},
        },
    }


def _attacks(run: RunFolder) -> dict[str, dict[str, Any]]:
    rows = run.metrics()["splits"]["test"].get("attacks", [])
    return {row["attack"]: row for row in rows}


def _test_rows(run: RunFolder) -> pd.DataFrame:
    scores = CheckedScores.of(read_scores(run.scores_csv))
    return scores.of_split("test").table


def _facts(row: Mapping[str, Any], copies: Mapping[str, int]) -> dict[str, Any]:
    facts = {key: row[key] for key in ("attack", "num_clips", "num_identities", "status", "reason")}
    return facts | {"num_copies": copies.get(row["attack"], 0)}


def _metrics(row: Mapping[str, Any]) -> dict[str, Any]:
    return {metric.key: row[metric.key] for metric in PER_ATTACK} | {"ci": row["ci"]}


def _auc_change(seen: pd.DataFrame, unseen: pd.DataFrame, attack: str) -> Any:
    """AUC when never trained on minus AUC when trained on, on the clips that both scored."""
    columns = ["clip", "is_fake", "identity", "score", OF_FAKE]
    both = seen[columns].merge(unseen[["clip", "score"]], on="clip", suffixes=("", "_unseen"))
    both = both[both[OF_FAKE].isin(["", attack])].sort_values("clip", ignore_index=True)
    return compare_aucs(both["is_fake"], both["score"], both["score_unseen"], both["identity"])


def _means(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean over attacks that have a value, and their number."""
    known = [row for row in rows if row[RANKED_BY] is not None]
    return {"num_attacks": len(known)} | {
        metric.key: float(np.mean([row[metric.key] for row in known])) if known else None
        for metric in PER_ATTACK
    }
