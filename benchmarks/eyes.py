"""What runs find of each type and method of fakes, side by side: AUC against type A, where nothing is fake.

    python benchmarks/eyes.py RUN [RUN ...] [--score COLUMN]

A RUN is a folder of avdf train, of one split or of all folds, whatever its data.target: a clip of type B
counts as fake here, so that a detector that only looks is at .5 on it. Intervals are over people.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.evaluation.attack_names import OF_FAKE
from avdf.evaluation.attacks import attack_rows
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.score_files import read_scores
from avdf.run_folder import RunFolder

REAL = "A"
ANY_THRESHOLD = 0.5  # the AUC does not depend on it


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--score", default="score", help="a column of scores.csv (default: score)")
    arguments = parser.parse_args()
    columns = {path.name: dict(aucs(path, arguments.score)) for path in arguments.runs}
    print("| fakes | clips | " + " | ".join(columns) + " |")
    print("| --- " * (len(columns) + 2) + "|")
    first = next(iter(columns.values()))
    for name in sorted({name for rows in columns.values() for name in rows}):
        counted = first.get(name, {}).get("num_clips", "-")
        cells = [cell(rows[name]) if name in rows else "-" for rows in columns.values()]
        print(f"| {name} | {counted} | " + " | ".join(cells) + " |")


def aucs(run: Path, column: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of each type, and of each type and method, by name, from the test clips of a run."""
    table = read_scores(RunFolder(run).scores_csv)
    scores = pd.to_numeric(table[column])  # blank for a clip that lacks what the column is about
    table = table.assign(score=scores)[(table["split"] == "test") & scores.notna()]
    is_fake = table["type"] != REAL
    by_method = table["type"] + ", " + table["method"]
    for names in (table["type"], by_method):
        marked = table.assign(is_fake=is_fake, **{OF_FAKE: names.where(is_fake, "")})
        rows = attack_rows(marked.reset_index(drop=True), ANY_THRESHOLD, FBeta(beta=2.0, prevalence=0.5), 0)
        yield from ((row["attack"], row) for row in rows)


def cell(row: Mapping[str, Any]) -> str:
    """AUC and interval as a table has them."""
    if row["auc"] is None:
        return row["reason"]
    low, high = row["ci"]["auc"]
    return f"{row['auc']:.2f} ({low:.2f} to {high:.2f})".replace("0.", ".")


if __name__ == "__main__":
    main()
