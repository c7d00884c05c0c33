"""One config, many seeds: a run each, then mean, standard deviation, and one audit of all test scores."""

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.audit.folder import write_audit
from avdf.config.schema import Config, RunConfig, SplitConfig
from avdf.errors import ConfigError
from avdf.evaluation.frozen import row_threshold
from avdf.evaluation.scores import read_scores
from avdf.evaluation.shortcuts import mean_probes
from avdf.experiment.machine import refuse_many_processes
from avdf.experiment.run import resolve, run_experiment
from avdf.files import read_json, write_csv, write_text
from avdf.run_folder import config_of_run

_LOG = logging.getLogger(__name__)
_FIGURES = ["f2", "f2_at_prevalence", "f2_all_fake", "precision", "recall", "fpr", "fnr", "accuracy", "auc"]
_FIGURES += ["average_precision", "eer", "min_dcf", "brier", "ece"]


def run_repeats(
    config: Config,
    seeds: Sequence[int],
    out: Path,
    *,
    same_split: bool = False,
    command: Sequence[str] = (),
) -> Path:
    """Trains with each seed and writes repeat.csv, repeat.md, scores.csv and audit/ to `out`.

    A seed parts the clips, too; with `same_split` all keep the parts of the first. Finished runs of the
    same config are kept, an unfinished one is resumed. Returns the path of repeat.md. Raises UserError.
    """
    refuse_many_processes("repeat", "train each seed first, with tools/train.py seed=N run.dir=OUT/seed-N")
    if len(set(seeds)) < len(seeds) or len(seeds) < 2 or min(seeds) < 0:
        raise ConfigError(f"--seeds: give two or more different ones >= 0, got {', '.join(map(str, seeds))}")
    runs: list[Path] = []
    for number, seed in enumerate(seeds, start=1):
        own = replace(config, seed=seed, run=replace(config.run, dir=str(out / f"seed-{seed}")))
        if same_split and runs:
            as_first = SplitConfig(name="file", path=str((runs[0] / "split.csv").resolve()))
            own = replace(own, data=replace(own.data, split=as_first))
        _LOG.info("seed %d, the %d. of %d", seed, number, len(seeds))
        runs.append(finished_run(resolve(own), command))
    figures = figures_table(runs, seeds)
    write_csv(out / "repeat.csv", figures)
    _audit_all(config, runs, seeds, out)
    write_text(out / "repeat.md", markdown(figures, len(seeds), same_split=same_split))
    return out / "repeat.md"


def finished_run(config: Config, command: Sequence[str]) -> Path:
    """The run in `run.dir`: as it is where it is done, else resumed or begun. Raises ConfigError."""
    run = Path(config.run.dir or "")
    if not (run / "config.yaml").is_file():
        return run_experiment(config, name=run.name, command=command)
    if replace(config_of_run(run), run=RunConfig()) != replace(config, run=RunConfig()):
        raise ConfigError(f"--out: {run} is a run of another config; name another folder")
    if (run / "audit" / "audit.json").is_file():
        return run
    return run_experiment(config, name=run.name, command=command, resume=run)


def figures_table(runs: Sequence[Path], seeds: Sequence[int]) -> pd.DataFrame:
    """A row a figure of the test part, then a row a gap: mean, sd (n - 1), n, and each seed's value.

    A value that is undefined for a seed is missing there and left out of the mean; `num_seeds` counts
    the others.
    """
    found = [{**_test_figures(run), **_gaps(run)} for run in runs]
    names = [name for name in dict.fromkeys(name for row in found for name in row)]
    rows = []
    for name in names:
        values = pd.Series([row.get(name) for row in found], dtype="float64")
        rows.append(
            {
                "figure": name,
                "mean": values.mean(),
                "sd": values.std(ddof=1),
                "num_seeds": int(values.notna().sum()),
                **{f"seed_{seed}": value for seed, value in zip(seeds, values, strict=True)},
            }
        )
    return pd.DataFrame(rows)


def pooled_scores(runs: Sequence[Path], seeds: Sequence[int]) -> pd.DataFrame:
    """The test rows of all runs, with `seed` and the `threshold` of the run that each row comes from."""
    tables = []
    for run, seed in zip(runs, seeds, strict=True):
        scores = read_scores(run / "scores.csv").astype({"is_fake": int})
        value = read_json(run / "metrics.json")["threshold"]["value"]
        tables.append(scores[scores["split"] == "test"].assign(seed=seed, threshold=value))
    return pd.concat(tables, ignore_index=True)


def markdown(figures: pd.DataFrame, num_seeds: int, *, same_split: bool) -> str:
    """The table as a paper wants it: mean ± standard deviation, three decimals, a dash for undefined.

    Figures that no seed has data for are named below it.
    """
    parts = "the same parts" if same_split else "its own parts of the clips"
    lines = [
        f"Test figures over {num_seeds} seeds, each with {parts}: mean ± standard deviation.",
        "",
        "| figure | mean ± sd | lowest | highest |",
        "| --- | --- | --- | --- |",
    ]
    defined = figures[figures["num_seeds"] > 0]
    of_seeds = defined[[name for name in figures.columns if name.startswith("seed_")]]
    for row, low, high in zip(
        defined.to_dict("records"), of_seeds.min(axis=1), of_seeds.max(axis=1), strict=True
    ):
        few = "" if row["num_seeds"] == num_seeds else f" ({row['num_seeds']} of {num_seeds} seeds)"
        lines.append(
            f"| {row['figure']}{few} | {_three(row['mean'])} ± {_three(row['sd'])} | {_three(low)} "
            f"| {_three(high)} |"
        )
    without = figures["figure"][figures["num_seeds"] == 0]
    if len(without):
        lines += ["", f"Not enough data under any seed: {', '.join(without)}."]
    return "\n".join(lines) + "\n"


def _audit_all(config: Config, runs: Sequence[Path], seeds: Sequence[int], out: Path) -> None:
    scores = pooled_scores(runs, seeds)
    write_csv(out / "scores.csv", scores)
    rule = config.evaluation
    audits = [read_json(run / "audit" / "audit.json") for run in runs]
    hashes = ", ".join(audit["provenance"]["detector_hash"] for audit in audits)
    said_by_all = [
        line for line in audits[0]["warnings"] if all(line in audit["warnings"] for audit in audits)
    ]
    write_audit(
        scores,
        row_threshold(scores, beta=rule.beta, prevalence=rule.prevalence),
        out / "audit",
        groups=rule.groups,
        provenance={
            **audits[0]["provenance"],
            "detector_hash": hashes,
            "seed": ", ".join(map(str, seeds)),
        },
        probes=mean_probes([audit["shortcuts"] for audit in audits]),
        warnings=[
            *said_by_all,
            f"Test scores of {len(runs)} runs in one table: a clip may stand in it once a run.",
        ],
        seed=config.seed,
        overwrite=True,
    )


def _test_figures(run: Path) -> dict[str, Any]:
    test = read_json(run / "metrics.json")["splits"]["test"]
    return {name: test[name] for name in _FIGURES if name in test}


def _gaps(run: Path) -> dict[str, Any]:
    gaps = read_json(run / "audit" / "audit.json")["gaps"]
    return {f"{gap['metric']} gap by {gap['attribute']}": gap["gap"] for gap in gaps}


def _three(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
