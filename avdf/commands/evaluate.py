"""Score one split of a run's data again from its saved detector, at the threshold stored there.

    avdf evaluate RUN [--split test] [--root PATH] [--out DIR]

Writes scores.csv and metrics.json to RUN/evaluation-SPLIT.

The last line gives AUC and F2 and says where the files are.
"""

import argparse

from avdf.command import loading
from avdf.commands.parsing import path
from avdf.config.schema import SPLITS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("run", type=path, metavar="RUN", help="a run folder")
    add("--split", choices=SPLITS, default="test", help="default: test")
    add("--root", type=path, metavar="PATH", help="where the data is now, if it has moved")
    add("--out", type=path, metavar="DIR", help="where to write (default: RUN/evaluation-SPLIT)")


def main(arguments: argparse.Namespace) -> None:
    with loading():
        from avdf.experiment.evaluate import evaluate_run
        from avdf.run_folder import RunFolder

    out = arguments.out or RunFolder(arguments.run).evaluation(arguments.split)
    metrics = evaluate_run(arguments.run, arguments.split, out, root=arguments.root)
    values = f"AUC {metrics['auc']:.4f}, F2 {metrics['f2']:.4f} at the frozen threshold"
    print(f"{values}; scores and metrics are in {out}")
