"""Train once per seed and report the mean and the deviation of each metric.

    avdf repeat CONFIG [key=value ...] --seeds 0 1 2 3 4 [--same-split] [--out DIR]

For example: avdf repeat configs/audio_cnn.yaml data.root=FakeAVCeleb_v1.2 --seeds 0 1 2 3 4

Writes mean and standard deviation of every test metric (repeat.csv, and repeat.md for a paper) and one audit
of all test scores (audit/). Called again, it keeps the runs that are done and continues the one that is not.

The last line says where the table and the pooled report are.
"""

import argparse
from pathlib import Path

from avdf.command import command_line, loading
from avdf.commands.parsing import check_seeds, is_integer, path

LISTS = {"--seeds": is_integer}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("config", type=path, metavar="CONFIG", help="the experiment's YAML, as in configs/")
    add("overrides", nargs="*", metavar="key=value", help="a setting in place of the YAML's")
    add(
        "--seeds",
        action="append",
        type=int,
        required=True,
        metavar="SEED ...",
        help="one run per seed",
    )
    add("--same-split", action="store_true", help="split the clips by the first seed, for all runs")
    add("--out", type=path, metavar="DIR", help="default: runs/<config>-repeated")


def main(arguments: argparse.Namespace) -> None:
    check_seeds("--seeds", arguments.seeds)
    with loading():
        from avdf.experiment.many_runs.repeats import run_repeats
        from avdf.experiment.settings import load_experiment
        from avdf.run_folder import RunFolder

    table = run_repeats(
        load_experiment(arguments.config, arguments.overrides),
        arguments.seeds,
        arguments.out or Path("runs", f"{arguments.config.stem}-repeated"),
        same_split=arguments.same_split,
        command=command_line(),
    )
    print(table.read_text("utf-8"))
    print(f"{table}: the table above; the pooled report is {RunFolder(table.parent).audit_html}")
