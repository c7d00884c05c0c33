"""python tools/sweep.py CONFIG SPACE [key=value ...] --trials N [--out DIR]

Searches for settings: trains N times with settings drawn from SPACE (YAML, as in configs/spaces/) and
judges each by F2 on the validation part; the test part is in no trial. Killed, it goes on where it was.
Ends with best.yaml, a config for tools/train.py, and what each setting and each augmentation is worth.

    python tools/sweep.py configs/audio_cnn.yaml configs/spaces/masks.yaml --trials 40
"""

import argparse
from pathlib import Path

from avdf import command
from avdf.errors import UserError


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, help="the experiment's YAML, as in configs/")
    parser.add_argument("space", type=Path, help="what may vary, as in configs/spaces/")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="a setting in place of the YAML's")
    parser.add_argument(
        "--trials", type=int, required=True, metavar="N", help="in all, earlier ones included"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="by default runs/<config>-<space>")
    parser.add_argument(
        "--storage", metavar="URL", help="a database that machines share; by default SQLite in DIR"
    )
    parser.add_argument("--study", metavar="NAME", help="its name there; by default <config>-<space>")
    parser.add_argument(
        "--folds", type=int, metavar="K", help="judge by the mean over K partings, not by one validation part"
    )
    parser.add_argument("--no-pruning", action="store_true", help="let every trial come to its end")
    parser.add_argument(
        "--ablation-seeds",
        type=int,
        nargs="*",
        default=[1, 2, 3],
        metavar="SEED",
        help="to train with for what each augmentation is worth; none: leave that out",
    )
    given = parser.parse_intermixed_args()
    if given.trials < 1:
        parser.error(f"--trials must be >= 1, got {given.trials}")
    if given.folds is not None and given.folds < 3:
        parser.error(f"--folds must be >= 3, got {given.folds}")
    seeds = given.ablation_seeds
    if min(seeds, default=0) < 0 or len(set(seeds)) < len(seeds):
        parser.error(f"--ablation-seeds must be >= 0, each named once, got {' '.join(map(str, seeds))}")
    name = f"{given.config.stem}-{given.space.stem}"

    try:
        from avdf.sweep.search import Plan, run_sweep
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise UserError("the package optuna is missing; install avdf[sweep]") from error

    plan = Plan(
        num_trials=given.trials,
        out=given.out or Path("runs", name),
        study=given.study or name,
        storage=given.storage,
        num_folds=given.folds,
        prunes=not given.no_pruning,
        ablation_seeds=seeds,
    )
    best = run_sweep(given.config, given.overrides, given.space, plan)
    print(f"{best}: the best config; beside it trials.csv, importance.csv, ablation.csv and sweep.png")


if __name__ == "__main__":
    command.run(main)
