"""Test scores of many runs in one table, and one audit of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from avdf.audit.folder import write_audit
from avdf.audit.sources import audit_input_of
from avdf.audit.trained_attacks import attacks_trained_on
from avdf.config.schema import Config
from avdf.errors import UserError
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scored_split import ScoredSplit
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.shortcuts import mean_probes
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import Threshold, row_threshold
from avdf.experiment.many_runs.choices import choices_of
from avdf.experiment.many_runs.pooled_stress import pool_stress
from avdf.files import write_csv, write_json
from avdf.run_folder import RunFolder, common_warnings, joint_provenance

Runs = Mapping[int, RunFolder]  # by fold, or by seed


def pooled_scores(runs: Runs, column: str) -> pd.DataFrame:
    """The test rows of all runs, with the number of the run in `column` and that run's `threshold`."""
    tables = []
    for number, run in runs.items():
        scores = read_scores(run.scores_csv).astype({"is_fake": int})
        value = run.metrics()["threshold"]["value"]
        tables.append(scores[scores["split"] == "test"].assign(**{column: number}, threshold=value))
    return pd.concat(tables, ignore_index=True)


def audit_folds(config: Config, run: RunFolder) -> None:
    """Writes scores.csv, metrics.json, folds.json, stress/ and audit/ of all folds' test rows."""
    folds = run.folds
    pooled = _pooled(config, dict(enumerate(folds)), "fold", run)
    if digest := pool_stress(config, folds, run):
        write_json(run.metrics_json, {**run.metrics(), "stress": digest.summary()})
    write_json(run.folds_json, choices_of(folds))
    audit_input = audit_input_of(
        pooled.scores,
        pooled.threshold,
        config.evaluation.group_columns,
        run=run,
        probes=mean_probes([fold.probes() for fold in folds]),
    )
    write_audit(replace(audit_input, test=pooled.test), run.audit, config.seed, overwrite=True)


def audit_seeds(config: Config, runs: Runs, out: RunFolder, *, note: str) -> None:
    """Writes scores.csv, metrics.json and audit/ of all seeds' test rows; `note` is the last warning."""
    pooled = _pooled(config, runs, "seed", out)
    of_seeds = list(runs.values())
    audit_input = audit_input_of(pooled.scores, pooled.threshold, config.evaluation.group_columns, run=None)
    provenance = {**joint_provenance(of_seeds), "seed": ", ".join(map(str, runs))}
    audit_input = replace(
        audit_input,
        provenance={**provenance, **audit_input.provenance},
        probes=tuple(mean_probes([run.probes() for run in of_seeds])),
        warnings=(*common_warnings(of_seeds), note),
        num_skipped=of_seeds[0].num_skipped(),
        test=pooled.test,
    )
    write_audit(audit_input, out.audit, config.seed, overwrite=True)


@dataclass(frozen=True)
class _Pooled:
    scores: CheckedScores
    threshold: Threshold
    test: ScoredSplit


def _pooled(config: Config, runs: Runs, column: str, out: RunFolder) -> _Pooled:
    """Writes scores.csv and metrics.json to `out`. Raises UserError for runs of different data."""
    if len({run.certificate().get("data_hash") for run in runs.values()}) > 1:
        raise UserError(f"{out.path}: its runs are of different data; start them again in another folder")
    rule = config.evaluation
    table = pooled_scores(runs, column)
    write_csv(out.scores_csv, table)
    scores = CheckedScores.of(table, rule.group_columns)
    threshold = row_threshold(scores.table, beta=rule.beta, prevalence=rule.prevalence)
    splits = score_splits_of(scores, threshold, rule.group_columns, seed=config.seed)
    write_json(out.metrics_json, measure(splits, threshold, attacks_trained_on(out), "each run has its own"))
    return _Pooled(scores, threshold, splits["test"])
