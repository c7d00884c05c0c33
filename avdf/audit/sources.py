"""What there is to audit: a run folder or anybody's score table -> scores, threshold, provenance."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avdf import __version__
from avdf.config.loading import load_config
from avdf.config.schema import EvaluationConfig
from avdf.errors import TableError, UserError
from avdf.evaluation.frozen import given_threshold, row_threshold, stored_threshold
from avdf.evaluation.scores import check_scores, overlapping_identities, read_scores
from avdf.evaluation.threshold import Threshold, choose_threshold
from avdf.files import text_hash

_USUAL_GROUPS = ("race", "gender")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A score table ready to be audited."""

    scores: pd.DataFrame
    threshold: Threshold
    groups: tuple[str, ...]
    provenance: dict[str, Any]
    probes: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a table is to be read: what the command line says."""

    groups: tuple[str, ...] | None = None  # the run's, or race and gender
    identity: str = "identity"
    threshold: float | None = None
    allow_overlap: bool = False
    seed: int = 0


def read_source(path: Path, reading: Reading) -> Source:
    """Reads a run folder, or a CSV of scores; the threshold is, in this order, the given one, one a row, the
    run's own, or the best F2 of the validation rows.

    Raises UserError where there is none of these, or where people of test are in another split too.
    """
    run = path if path.is_dir() else None
    if run and not (run / "scores.csv").is_file():
        raise UserError(f"{run}: holds no scores.csv; give a run folder or a score table")
    scores = read_scores(path / "scores.csv" if run else path)
    columns = tuple(reading.groups or _groups_of(run, scores))
    table = check_scores(scores, columns, reading.identity)
    if not reading.allow_overlap:
        _refuse_overlap(table, path)
    return Source(
        scores=table,
        threshold=_threshold(run, table, path, reading),
        groups=columns,
        provenance={"scores": _hash(table, columns), "avdf": __version__, **(_run_facts(run) if run else {})},
        probes=tuple(_run_probes(run) if run else ()),
        warnings=tuple(_run_warnings(run) if run else ()),
    )


def _groups_of(run: Path | None, scores: pd.DataFrame) -> Sequence[str]:
    if run and (run / "config.yaml").is_file():
        return load_config(run / "config.yaml").evaluation.groups
    found = [name for name in _USUAL_GROUPS if name in scores]
    if not found:
        raise TableError(
            f"no column race or gender (have: {', '.join(map(str, scores.columns))}); "
            "name the columns to audit with --groups COLUMN ..."
        )
    return found


def _refuse_overlap(table: pd.DataFrame, path: Path) -> None:
    shared = overlapping_identities(table)
    if shared:
        more = f" and {len(shared) - 5} more" if len(shared) > 5 else ""
        raise UserError(
            f"{path}: {len(shared)} identities are in test and in another split: "
            f"{', '.join(shared[:5])}{more}; part the people anew, or have the report say so: --allow-overlap"
        )


def _threshold(run: Path | None, table: pd.DataFrame, path: Path, reading: Reading) -> Threshold:
    if reading.threshold is not None:
        return given_threshold(reading.threshold)
    if "threshold" in table:
        return row_threshold(table)
    for name in ("metrics.json", "detector/detector.json"):
        stored = _json(run / name).get("threshold") if run and (run / name).is_file() else None
        if isinstance(stored, dict):
            return stored_threshold(stored, f"{run}/{name}")
    validation = table[table["split"] == "validation"]
    if validation.empty:
        raise UserError(
            f"{path}: no validation rows to choose a threshold on; give the frozen one with --threshold X"
        )
    rule = EvaluationConfig()
    return choose_threshold(
        validation, rule.threshold, beta=rule.beta, prevalence=rule.prevalence, seed=reading.seed
    )


def _run_facts(run: Path) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if (run / "config.yaml").is_file():
        config = load_config(run / "config.yaml")
        facts |= {"seed": config.seed, "split": config.data.split.name, "root": config.data.root}
        facts["training"] = config.train.fairness()
    for key, name, wanted in (
        ("detector", "detector/detector.json", ("hashes", "format_version", "sample_rate_hz", "seconds")),
        ("certificate", "certificate.json", ("name", "seed", "data_hash", "leaks", "num_dropped")),
        ("environment", "environment.json", ("command", "device", "packages", "python")),
    ):
        if (run / name).is_file():
            found = _json(run / name)
            facts[key] = {item: found[item] for item in wanted if item in found}
    return facts


def _run_warnings(run: Path) -> list[str]:
    found = []
    if (run / "certificate.json").is_file() and _json(run / "certificate.json").get("leaks"):
        found.append(
            "This split LEAKS: people or recordings of training are in test, so the figures are too good."
        )
    if (run / "config.yaml").is_file() and load_config(run / "config.yaml").data.root == "demo":
        found.append("Made-up demo data: these figures say nothing about real detectors or people.")
    return found


def _run_probes(run: Path) -> list[Mapping[str, Any]]:
    """The shortcuts of the run's first audit: they were measured on media that may be gone."""
    audited = run / "audit" / "audit.json"
    return list(_json(audited).get("shortcuts", [])) if audited.is_file() else []


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: can't be read as JSON ({error})") from error
    if not isinstance(found, dict):
        raise UserError(f"{path}: must hold a JSON object")
    return found


def _hash(table: pd.DataFrame, groups: Sequence[str]) -> str:
    """sha256 of what was audited, whatever the order of the rows and the columns beside."""
    names = sorted({"split", "identity", "is_fake", "score", *groups})
    return text_hash(table[names].sort_values(names).to_csv(index=False, lineterminator="\n"))
