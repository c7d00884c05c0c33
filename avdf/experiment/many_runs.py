"""Many runs of one config, per fold or per seed: train each, pool their test scores, audit them together."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.audit.folder import write_audit
from avdf.audit.sources import audit_input_of
from avdf.config.schema import Config, SplitConfig
from avdf.errors import ConfigError, UserError
from avdf.evaluation.score_files import read_scores
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.shortcuts import mean_probes
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import row_threshold
from avdf.experiment.machine import refuse_many_processes
from avdf.experiment.record import new_run
from avdf.experiment.repeat_table import markdown, repeat_table
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import changed_setting
from avdf.files import write_csv, write_json, write_text
from avdf.run_folder import RunFolder

_LOG = logging.getLogger(__name__)
Runs = Mapping[int, RunFolder]  # by fold, or by seed


def run_folds(config: Config, *, name: str, command: Sequence[str] = (), resume: Path | None = None) -> Path:
    """Trains every fold into RUN/fold-I, pools their test scores, and audits all people together.

    With one split, test has a handful of people per group; over all folds everyone is tested once. A fold
    that is finished is not trained again. `config` is resolved. Raises ConfigError without
    `data.split.folds`.
    """
    folds = config.data.split.folds
    if folds is None:
        raise ConfigError("data.split.folds: say how many folds, as in data.split.folds=5, for --all-folds")
    refuse_many_processes("--all-folds", "train a fold at a time (data.split.fold=0, ...)")
    run = RunFolder(resume) if resume else new_run(config, name)
    if run.split_csv.exists() and not run.has_folds:
        raise ConfigError(f"--all-folds: {run.path} is the run of one fold; leave --all-folds out")
    runs: dict[int, RunFolder] = {}
    for fold in range(folds):
        of_fold = replace(config, data=replace(config.data, split=replace(config.data.split, fold=fold)))
        _LOG.info("fold %d of %d", fold + 1, folds)
        runs[fold] = finished_run(of_fold, run.fold(fold).path, command, may_move=resume is not None)
    audit_together(config, runs, "fold", run, note=_thresholds_and_aucs(runs))
    return run.path


def run_repeats(
    config: Config,
    seeds: Sequence[int],
    out: Path,
    *,
    same_split: bool = False,
    command: Sequence[str] = (),
) -> Path:
    """Trains with each seed; writes repeat.csv, repeat.md, scores.csv, metrics.json and audit/ to `out`.

    A seed also splits the clips; with `same_split` all keep the split of the first. Finished runs of the
    same config are kept, an unfinished one is resumed. `config` is resolved. Returns the path of repeat.md.
    Raises UserError.
    """
    refuse_many_processes("repeat", "train each seed first, with tools/train.py seed=N run.dir=OUT/seed-N")
    if len(set(seeds)) < len(seeds) or len(seeds) < 2 or min(seeds) < 0:
        raise ConfigError(f"--seeds: give two or more different ones >= 0, got {', '.join(map(str, seeds))}")
    if RunFolder(out).is_begun:
        raise ConfigError(f"--out: {out} is a run itself, whose scores would be lost; name another folder")
    runs: dict[int, RunFolder] = {}
    for number, seed in enumerate(seeds, start=1):
        of_seed = replace(config, seed=seed)
        if same_split and runs:
            split_csv = runs[seeds[0]].split_csv.resolve()
            split = SplitConfig(name="file", path=str(split_csv))
            of_seed = replace(of_seed, data=replace(of_seed.data, split=split))
        _LOG.info("seed %d, number %d of %d", seed, number, len(seeds))
        runs[seed] = finished_run(of_seed, out / f"seed-{seed}", command)
    table = repeat_table(runs)
    write_csv(out / "repeat.csv", table)
    note = f"Test scores of {len(runs)} runs in one table: a clip may be listed once per run."
    audit_together(config, runs, "seed", RunFolder(out), note=note)
    write_text(out / "repeat.md", markdown(table, len(seeds), same_split=same_split))
    return out / "repeat.md"


def finished_run(
    config: Config, folder: Path, command: Sequence[str], *, may_move: bool = False
) -> RunFolder:
    """The run in `folder`: kept if it is done, else resumed or started.

    Raises ConfigError if a run of another config is there; with `may_move` its data may be elsewhere now.
    """
    run = RunFolder(folder)
    config = replace(config, run=replace(config.run, dir=str(folder)))
    if not run.is_begun:
        run_experiment(config, name=run.name, command=command)
        return run
    if change := changed_setting(run.config(), config, may_move=may_move):
        raise ConfigError(f"{folder}: is a run of another config ({change}); name another folder")
    if not run.is_done:
        run_experiment(config, name=run.name, command=command, resume=folder)
    return run


def pooled_scores(runs: Runs, column: str) -> pd.DataFrame:
    """The test rows of all runs, with the number of the run in `column` and that run's `threshold`."""
    tables = []
    for number, run in runs.items():
        scores = read_scores(run.scores_csv).astype({"is_fake": int})
        value = run.metrics()["threshold"]["value"]
        tables.append(scores[scores["split"] == "test"].assign(**{column: number}, threshold=value))
    return pd.concat(tables, ignore_index=True)


def audit_together(config: Config, runs: Runs, column: str, out: RunFolder, *, note: str) -> None:
    """Writes scores.csv, metrics.json and audit/ of all runs' test rows, each at its own run's threshold.

    `column` is fold or seed; `note` is the last warning.
    """
    if len({run.certificate().get("data_hash") for run in runs.values()}) > 1:
        raise UserError(f"{out.path}: its runs are of different data; start them again in another folder")
    rule = config.evaluation
    pooled = pooled_scores(runs, column)
    write_csv(out.scores_csv, pooled)
    groups = rule.group_columns
    scores = CheckedScores.of(pooled, groups)
    threshold = row_threshold(scores.table, beta=rule.beta, prevalence=rule.prevalence)
    splits = score_splits_of(scores, threshold, groups, seed=config.seed)
    write_json(out.metrics_json, measure(splits, threshold))
    first, *others = runs.values()
    in_all_runs = [line for line in first.warnings() if all(line in other.warnings() for other in others)]
    audit_input = audit_input_of(scores, threshold, groups, run=None)
    audit_input = replace(
        audit_input,
        provenance={**_provenance(runs, column), **audit_input.provenance},
        probes=tuple(mean_probes([run.probes() for run in runs.values()])),
        warnings=(*in_all_runs, note),
        num_skipped=first.num_skipped(),
        test=splits["test"],
    )
    write_audit(audit_input, out.audit, config.seed, overwrite=True)


def _provenance(runs: Runs, column: str) -> dict[str, Any]:
    """The provenance of the first run; entries that differ between the runs become lists."""
    of_runs = [run.provenance() for run in runs.values()]
    hashes = ", ".join(str(provenance["detector_hash"]) for provenance in of_runs)
    differs = {"folds": len(runs)} if column == "fold" else {column: ", ".join(map(str, runs))}
    return {**of_runs[0], "detector_hash": hashes, **differs}


def _thresholds_and_aucs(runs: Runs) -> str:
    """A sentence with the threshold and the test AUC of each fold, which pooled metrics do not show."""
    metrics = [run.metrics() for run in runs.values()]
    aucs = ", ".join(f"{of_run['splits']['test']['auc']:.3f}" for of_run in metrics)
    values = ", ".join(f"{of_run['threshold']['value']:.4f}" for of_run in metrics)
    return f"{len(runs)} folds, each with its own frozen threshold ({values}) and test AUC ({aucs})"
