"""Mean and standard deviation over seeds of every test metric, as CSV and Markdown."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from avdf.audit.content import audit_content
from avdf.audit.options import AuditOptions
from avdf.audit.sources import read_audit_input
from avdf.evaluation.metrics import METRICS
from avdf.run_folder import RunFolder


def repeat_table(runs: Mapping[int, RunFolder]) -> pd.DataFrame:
    """A row per test metric, per metric through channels, and per gap: mean, sd (n - 1), each seed's value.

    A value that is undefined for a seed is missing there and left out of the mean; `num_seeds` counts
    the others. `runs` are by seed.
    """
    of_runs = {seed: {**_test_metrics(run), **_stress(run), **_gaps(run)} for seed, run in runs.items()}
    rows = []
    for name in dict.fromkeys(name for metrics in of_runs.values() for name in metrics):
        values = pd.Series([metrics.get(name) for metrics in of_runs.values()], dtype="float64")
        rows.append(
            {
                "figure": name,
                "mean": values.mean(),
                "sd": values.std(ddof=1),
                "num_seeds": int(values.notna().sum()),
                **{f"seed_{seed}": value for seed, value in zip(of_runs, values, strict=True)},
            }
        )
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame, num_seeds: int, *, same_split: bool) -> str:
    """The table for a paper: mean ± standard deviation, three decimals, a dash for undefined.

    Metrics that are undefined for every seed are listed below it.
    """
    splits = "the same split" if same_split else "its own split"
    lines = [
        f"Test metrics over {num_seeds} seeds, each with {splits} of the clips: mean ± standard deviation.",
        "",
        "| metric | mean ± sd | lowest | highest |",
        "| --- | --- | --- | --- |",
    ]
    defined = table[table["num_seeds"] > 0]
    of_seeds = defined[[name for name in table.columns if name.startswith("seed_")]]
    for row, low, high in zip(
        defined.to_dict("records"), of_seeds.min(axis=1), of_seeds.max(axis=1), strict=True
    ):
        few = "" if row["num_seeds"] == num_seeds else f" ({row['num_seeds']} of {num_seeds} seeds)"
        lines.append(
            f"| {row['figure']}{few} | {_three(row['mean'])} ± {_three(row['sd'])} | {_three(low)} "
            f"| {_three(high)} |"
        )
    if not table["figure"].str.endswith("worst channel").any():
        lines += ["", "Through other channels: not measured (evaluation.stress)."]
    lines += ["", "On attacks that training never had: not measured."]
    undefined = table["figure"][table["num_seeds"] == 0]
    if len(undefined):
        lines += ["", f"Not enough data with any seed: {', '.join(undefined)}."]
    return "\n".join(lines) + "\n"


def _test_metrics(run: RunFolder) -> dict[str, Any]:
    test = run.metrics()["splits"]["test"]
    return {metric.key: test[metric.key] for metric in METRICS if metric.key in test}


def _stress(run: RunFolder) -> dict[str, Any]:
    """Each metric of the stress test through its worst channel and as the mean over channels."""
    digest = run.stress_digest()
    if digest is None:
        return {}
    return {
        f"{metric}, {words}": values.get(metric)
        for words, values in (("worst channel", digest.worst), ("mean over channels", digest.mean))
        for metric in digest.clean
    }


def _gaps(run: RunFolder) -> dict[str, Any]:
    gaps = _content_of_own_audit(run)["gaps"]
    return {f"{gap['metric']} gap by {gap['attribute']}": gap["gap"] for gap in gaps}


def _content_of_own_audit(run: RunFolder) -> dict[str, Any]:
    """What audit.json holds; audited again if it is now of other groups, threshold or seed than the run's."""
    content = run.audit_content()
    settings, threshold = content.get("settings"), content.get("threshold")
    if not run.is_begun or not isinstance(settings, dict) or not isinstance(threshold, dict):
        return content
    config, frozen = run.config(), run.threshold() or {}
    same_groups = set(settings["groups"]) == set(config.evaluation.group_columns)
    if same_groups and settings["seed"] == config.seed and threshold["value"] == frozen.get("value"):
        return content
    return audit_content(read_audit_input(run.path, AuditOptions(seed=config.seed)), config.seed)


def _three(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
