"""Every fold trained, each choosing its threshold inside; the scores of all test parts pooled, audited once.

With one split a group has a handful of people in the test part; pooled, everyone is tested once.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from avdf.audit.folder import write_audit
from avdf.config.schema import Config
from avdf.errors import ConfigError
from avdf.evaluation.frozen import row_threshold
from avdf.evaluation.scores import read_scores
from avdf.evaluation.shortcuts import mean_probes
from avdf.evaluation.summary import measure
from avdf.experiment.machine import refuse_many_processes
from avdf.experiment.run import resolve, run_experiment
from avdf.files import read_json, write_csv, write_json
from avdf.run_folder import CONFIG_NAME, new_run, read_environment


def run_folds(config: Config, *, name: str, command: Sequence[str] = (), resume: Path | None = None) -> Path:
    """Trains every fold into RUN/fold-I, pools their test scores, and audits all people at once.

    A fold that is finished is not trained again. Raises ConfigError without `data.split.folds`.
    """
    folds = config.data.split.folds
    if folds is None:
        raise ConfigError("data.split.folds: say how many folds, as in data.split.folds=5, for --all-folds")
    refuse_many_processes("--all-folds", "train a fold at a time (data.split.fold=0, ...)")
    run = resume or new_run(resolve(config), name)
    for number in range(folds):
        split = replace(config.data.split, fold=number)
        fold = run / f"fold-{number}"
        of_fold = replace(
            config, data=replace(config.data, split=split), run=replace(config.run, dir=str(fold))
        )
        if not (fold / "audit").is_dir():
            begun = fold if (fold / CONFIG_NAME).is_file() else None
            run_experiment(of_fold, name=fold.name, command=command, resume=begun)
    parts = [run / f"fold-{number}" for number in range(folds)]
    scores = pooled_scores(parts)
    rule = config.evaluation
    threshold = row_threshold(scores, beta=rule.beta, prevalence=rule.prevalence)
    write_csv(run / "scores.csv", scores)
    write_json(run / "metrics.json", measure(scores, threshold, seed=config.seed))
    facts = read_environment(parts[0])
    write_audit(
        scores,
        threshold,
        run / "audit",
        groups=rule.groups,
        provenance={
            "command": facts["command"],
            "data": config.data.root,
            "folds": folds,
            "seed": config.seed,
            "training": config.train.fairness(),
        },
        probes=mean_probes([read_json(part / "audit" / "audit.json")["shortcuts"] for part in parts]),
        warnings=[*facts["warnings"], _each_fold(parts)],
        seed=config.seed,
        overwrite=True,
    )
    return run


def pooled_scores(folds: Sequence[Path]) -> pd.DataFrame:
    """The test rows of all folds, each with its `fold` and that fold's frozen `threshold`."""
    tables = []
    for number, fold in enumerate(folds):
        facts = read_json(fold / "detector" / "detector.json")
        scores = read_scores(fold / "scores.csv").astype({"is_fake": int})
        test = scores[scores["split"] == "test"]
        tables.append(test.assign(fold=number, threshold=float(facts["threshold"]["value"])))
    return pd.concat(tables, ignore_index=True)


def _each_fold(folds: Sequence[Path]) -> str:
    """What the pooled figures hide: how good each detector is, and where its threshold lies."""
    metrics = [read_json(fold / "metrics.json") for fold in folds]
    aucs = ", ".join(f"{found['splits']['test']['auc']:.3f}" for found in metrics)
    values = ", ".join(f"{found['threshold']['value']:.4f}" for found in metrics)
    return f"{len(folds)} folds, each with its own frozen threshold ({values}) and test AUC ({aucs})"
