"""Search for settings: train N times with settings drawn from SPACE, judged by F2 on the validation split.

    avdf sweep CONFIG SPACE [key=value ...] --trials N [--out DIR]

For example: avdf sweep configs/audio_cnn.yaml configs/spaces/masks.yaml --trials 40

SPACE is a YAML file, as in configs/spaces/. No trial sees the test split. After an interruption the same
command continues. Writes best.yaml, a config for `avdf train`, and tables that say what each setting and
each augmentation contributes.

The last line is the path of best.yaml.
"""

import argparse
from pathlib import Path

from avdf.command import loading
from avdf.commands.parsing import check_bounds, check_seeds, is_integer, path

LISTS = {"--ablation-seeds": is_integer}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("config", type=path, metavar="CONFIG", help="the experiment's YAML, as in configs/")
    add("space", type=path, metavar="SPACE", help="what may vary, as in configs/spaces/")
    add("overrides", nargs="*", metavar="key=value", help="a setting in place of the YAML's")
    add("--trials", type=int, required=True, metavar="N", help="in all, earlier ones included")
    add("--out", type=path, metavar="DIR", help="default: runs/<config>-<space>")
    add("--storage", metavar="URL", help="a database that machines share (default: SQLite in DIR)")
    add("--study", metavar="NAME", help="its name there (default: <config>-<space>)")
    add("--folds", type=int, metavar="K", help="use the mean F2 over K cross-validation folds")
    add("--no-pruning", action="store_true", help="let every trial run to its end")
    add(
        "--ablation-seeds",
        action="append",
        type=_seed_or_none,
        metavar="SEED ...",
        help="seeds for the ablation of augmentations (default: 1 2 3); no value: leave the ablation out",
    )


def main(arguments: argparse.Namespace) -> None:
    seeds = [1, 2, 3]
    if arguments.ablation_seeds is not None:
        seeds = [seed for seed in arguments.ablation_seeds if seed is not None]
    check_bounds(arguments, 1, "trials")
    check_bounds(arguments, 3, "folds")
    check_seeds("--ablation-seeds", seeds)
    name = f"{arguments.config.stem}-{arguments.space.stem}"
    with loading():
        from avdf.sweep.search import Plan, run_sweep

    plan = Plan(
        num_trials=arguments.trials,
        out=arguments.out or Path("runs", name),
        study=arguments.study or name,
        storage=arguments.storage,
        num_folds=arguments.folds,
        prunes=not arguments.no_pruning,
        ablation_seeds=seeds,
    )
    best = run_sweep(arguments.config, arguments.overrides, arguments.space, plan)
    print(f"{best}: the best config; beside it trials.csv, importance.csv, ablation.csv and sweep.png")


def _seed_or_none(text: str) -> int | None:
    return int(text) if text else None
