"""What each way of fairer training does for a group whose fakes are harder to hear, and what it costs.

    python benchmarks/mitigation.py [--people 200] [--seeds 0 1 2] [--epochs 30] [--jobs 2] [--out DIR]

Makes demo data in which the fakes of African women are subtler, trains audio_cnn under each setting and
seed (a seed parts the people, too), and prints means over seeds at each run's own frozen threshold.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from avdf.data.demo import make_demo
from avdf.data.preparation import prepare
from avdf.evaluation.binary import binary_metrics

TOP = Path(__file__).parents[1]
RACE, GENDER = "African", "women"
SETTINGS = {
    "plain": [],
    "balance: group_class": ["train.balance=group_class"],
    "balance: track": ["train.balance=track"],
    "focal": ["train.loss=focal"],
    "group_dro": ["train.loss=group_dro"],
    "dag_fdd": ["train.loss=dag_fdd"],
    "daw_fdd": ["train.loss=daw_fdd"],
    "checkpoint: worst_group_f2": ["train.checkpoint=worst_group_f2"],
}
COLUMNS = {
    "weak_fnr": "FNR, the group",
    "other_fnr": "FNR, others",
    "gap": "gap",
    "weak_auc": "AUC, the group",
    "fpr": "FPR, all",
    "f2": "F2, all",
    "auc": "AUC, all",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, each on its share of the cores")
    parser.add_argument("--out", type=Path, help="keep data and runs there; runs that are done stay")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        here = chosen.out or Path(place)
        root = make_demo(here / "demo", weak_group=f"{RACE}/{GENDER}", num_identities=chosen.people)
        prepare(root, here / "cache", sample_rate_hz=16000, workers=chosen.jobs)
        shared = [f"data.root={root}", f"data.cache={here / 'cache'}", f"train.epochs={chosen.epochs}"]
        shared += ["data.split.validation=0.2", "data.split.test=0.4", "run.trackers=[]"]
        pairs = [(name, seed) for seed in chosen.seeds for name in SETTINGS]
        found = Parallel(n_jobs=chosen.jobs, prefer="threads")(
            delayed(figures)(here, name, seed, shared, chosen.jobs) for name, seed in pairs
        )
    table = pd.DataFrame(found)
    plain = table[table["setting"] == "plain"].set_index("seed")["gap"]
    table["narrower"] = table["seed"].map(plain) - table["gap"]
    print(f"{chosen.people} people, seeds {chosen.seeds}, {chosen.epochs} epochs; FNR gap of {RACE} {GENDER}")
    print(f"| setting | {' | '.join(COLUMNS.values())} | gap less than plain's, by seed |")
    print("|---" * (len(COLUMNS) + 2) + "|")
    for name in SETTINGS:
        rows = table[table["setting"] == name]
        means = " | ".join(f"{rows[key].mean():.3f}" for key in COLUMNS)
        print(f"| {name} | {means} | {', '.join(f'{value:+.3f}' for value in rows['narrower'])} |")


def figures(here: Path, name: str, seed: int, shared: list[str], jobs: int) -> dict[str, str | int | float]:
    """The test figures of one run, which is trained if it is not done yet."""
    run = here / f"{name.replace(': ', '-')}-{seed}"
    words = [*SETTINGS[name], *shared, f"seed={seed}"]
    if not (run / "audit").is_dir():
        threads = str(max((os.cpu_count() or 1) // jobs, 1))
        begun = ["--resume", str(run)] if (run / "config.yaml").is_file() else None
        new = [str(TOP / "configs" / "audio_cnn.yaml"), *words, f"run.dir={run}"]
        subprocess.run(
            [sys.executable, str(TOP / "tools" / "train.py"), *(begun or new)],
            env=os.environ | {"OMP_NUM_THREADS": threads},
            check=True,
            capture_output=True,
        )
    scores = pd.read_csv(run / "scores.csv")
    threshold = json.loads((run / "metrics.json").read_text("utf-8"))["threshold"]["value"]
    test = scores[scores["split"] == "test"]
    weak = (test["race"] == RACE) & (test["gender"] == GENDER)
    all_of, weak_of, other_of = (at(rows, threshold) for rows in (test, test[weak], test[~weak]))
    return {
        "setting": name,
        "seed": seed,
        "weak_fnr": weak_of["fnr"],
        "other_fnr": other_of["fnr"],
        "gap": weak_of["fnr"] - other_of["fnr"],
        "weak_auc": weak_of["auc"],
        "fpr": all_of["fpr"],
        "f2": all_of["f2_at_prevalence"],
        "auc": all_of["auc"],
    }


def at(rows: pd.DataFrame, threshold: float) -> dict[str, float]:
    return binary_metrics(np.asarray(rows["is_fake"]), np.asarray(rows["score"]), threshold)


if __name__ == "__main__":
    main()
