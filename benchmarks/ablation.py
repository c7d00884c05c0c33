"""Sets folders of benchmarks/robust.py side by side: the mean over seeds of each figure, and its range.

    python benchmarks/ablation.py WORK [WORK ...]

A WORK is one way to train, with all own fakers, as `robust.py WORK --seeds 0 1 2 train.pairs=null` leaves
it. Own fakers are judged on people who did not train; attacks of the data set were in no training. FPR and
misses are at the frozen threshold.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

ALL = "all own fakers"  # robust.py's word for a training that leaves none out
CLEAN = "clean"
PERCENT = ("fpr", "fnr")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("works", type=Path, nargs="+", metavar="WORK")
    columns = {work.name: figures(work) for work in parser.parse_args().works}
    print("| | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    for name in names:
        print(f"| {name} | " + " | ".join(column.get(name, "-") for column in columns.values()) + " |")


def figures(work: Path) -> Mapping[str, str]:
    """Figure -> its mean over the seeds of a folder and, with several, the lowest and the highest."""
    rows = pd.read_csv(work / "attacks.csv")
    rows = rows[rows["trained"] == ALL]
    found = {"seeds": str(rows["seed"].nunique())}
    for attack, of_attack in rows.groupby("attack", sort=False):
        found[f"AUC, {attack}"] = cell(of_attack["AUC"], "auc")
    tables = [pd.read_csv(work / f"all-{seed}" / "stress.csv") for seed in sorted(rows["seed"].unique())]
    for metric in ("auc", "fpr", "fnr"):
        wide = pd.DataFrame(
            [table[table["metric"] == metric].set_index("condition")["value"] for table in tables]
        )
        channels = wide.drop(columns=CLEAN)
        worst = channels.min(axis=1) if metric == "auc" else channels.max(axis=1)
        words = {
            "as recorded": wide[CLEAN],
            "mean of channels": channels.mean(axis=1),
            "worst channel": worst,
        }
        found |= {f"{metric.upper()}, {name}": cell(values, metric) for name, values in words.items()}
        if metric == "fpr":
            found["channels with FPR above 15 %"] = cell((channels > 0.15).sum(axis=1), "count")
    return found


def cell(values: pd.Series, metric: str) -> str:
    numbers = values.to_numpy(float) * (100 if metric in PERCENT else 1)
    form = {"auc": "{:.3f}", "count": "{:.1f}"}.get(metric, "{:.0f} %")
    mean, low, high = (form.format(number) for number in (np.mean(numbers), min(numbers), max(numbers)))
    return mean if len(numbers) == 1 else f"{mean} ({low} to {high})"


if __name__ == "__main__":
    main()
