"""python tools/evaluate.py RUN [--split test] [--out DIR]

Scores one part of a run's data again from its saved detector, at the threshold frozen there, and writes
scores.csv and metrics.json to RUN/evaluation-SPLIT.
"""

import argparse
from pathlib import Path

from avdf import command


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder")
    parser.add_argument("--split", choices=("train", "validation", "test"), default="test")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to write (default RUN/evaluation-SPLIT)"
    )
    arguments = parser.parse_args()

    from avdf.experiment.run import evaluate_run

    out = arguments.out or arguments.run / f"evaluation-{arguments.split}"
    found = evaluate_run(arguments.run, arguments.split, out)
    figures = f"AUC {found['auc']:.4f}, F2 {found['f2']:.4f} at the frozen threshold"
    print(f"{figures}; scores and metrics are in {out}")


if __name__ == "__main__":
    command.run(main)
