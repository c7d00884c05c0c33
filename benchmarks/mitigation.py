"""What each setting for fairer training does for a group whose fakes are harder to detect, and at what cost.

    python benchmarks/mitigation.py [--people 600] [--seeds 0 1 2] [--epochs 8] [--jobs 2] [--out DIR]

Makes demo data in which the fakes of African women differ from a real voice below 2 kHz alone, and gives
the training less of that group: half as many people as of any other, their recordings once each instead of
twice. Trains audio_cnn under each setting and seed (a seed also splits the people) and prints
FNR and FPR, means over seeds: at the threshold that each run chose on validation, and at the one with a test
FPR of 10 %, which compares the scores independently of the threshold.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from avdf.corpora import index_corpus
from avdf.data.preparation import prepare
from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings
from avdf.evaluation.metrics import binary_metrics
from avdf.run_folder import RunFolder

TOP = Path(__file__).parents[1]
RACE, GENDER = "African", "women"
SHARES = {True: (1 / 3, 1 / 2), False: (2 / 3, 5 / 6)}  # of the people: where train and validation end
SETTINGS = {
    "plain": [],
    "balance: group_class": ["train.balance=group_class"],
    "balance: track": ["train.balance=track"],
    "loss: focal": ["train.loss=focal"],
    "loss: group_dro": ["train.loss=group_dro"],
    "loss: dag_fdd": ["train.loss=dag_fdd"],
    "loss: daw_fdd": ["train.loss=daw_fdd"],
    "checkpoint: f2": ["train.checkpoint=f2"],
    "checkpoint: worst_group_f2": ["train.checkpoint=worst_group_f2"],
}
COLUMNS = {
    "weak_fnr": "FNR, the group",
    "other_fnr": "FNR, others",
    "fpr": "FPR, all",
    "f2": "F2, all",
    "weak_fnr_at": "FNR, the group, at FPR 10 %",
    "other_fnr_at": "FNR, others, at FPR 10 %",
    "weak_auc": "AUC, the group",
    "other_auc": "AUC, others",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, each on its share of the cores")
    parser.add_argument("--out", type=Path, help="keep data and runs there; runs that are done stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        here = arguments.out or Path(place)
        weak = f"{RACE}/{GENDER}"
        demo = here / "demo"
        settings = DemoSettings(
            weak_group=weak, num_identities=arguments.people, num_recordings=3, num_edits=3
        )
        root = make_demo(demo, settings)
        index = index_corpus("fakeavceleb", root)
        clips = prepare(index, here / "cache", sample_rate_hz=16000, workers=arguments.jobs).clips
        for seed in arguments.seeds:
            split_people(clips, seed).to_csv(here / f"split-{seed}.csv", index=False)
        shared = [f"data.root={root}", f"data.cache={here / 'cache'}", f"train.epochs={arguments.epochs}"]
        shared += ["data.split.name=file", "data.one_per_track=false", "data.seconds=1.0"]
        shared += ["train.batch_size=64", "train.learning_rate=0.004", "train.checkpoint=last"]
        shared += ["evaluation.num_crops=2", "run.trackers=[]"]
        pairs = [(name, seed) for seed in arguments.seeds for name in SETTINGS]
        rows = Parallel(n_jobs=arguments.jobs, prefer="threads")(
            delayed(metrics_of_run)(here, name, seed, shared, arguments.jobs) for name, seed in pairs
        )
    table = pd.DataFrame(rows)
    print(f"{arguments.people} people, seeds {arguments.seeds}, {arguments.epochs} epochs;", end=" ")
    print(f"{RACE} {GENDER} and others")
    print(f"| setting | {' | '.join(COLUMNS.values())} | gap narrower, by seed | at FPR 10 % |")
    print("|---" * (len(COLUMNS) + 3) + "|")
    for name in SETTINGS:
        means = table[table["setting"] == name][list(COLUMNS)].mean()
        against = "checkpoint: f2" if name.startswith("checkpoint: w") else "plain"
        narrower = [narrowed(table, name, against, end) for end in ("", "_at")]
        print(f"| {name} | {' | '.join(f'{value:.3f}' for value in means)} | {' | '.join(narrower)} |")


def split_people(clips: pd.DataFrame, seed: int) -> pd.DataFrame:
    """clip, split: whole voices; the group has fewer of them to train on, and its recordings once each.

    Validation and test hold A and B clips alone: each recording once.
    """
    rng = np.random.default_rng(seed)
    split_of = {}
    for (race, gender), rows in clips.groupby(["race", "gender"]):
        voices = rng.permutation(sorted(set(rows["voice"])))
        ends = [round(share * len(voices)) for share in SHARES[(race, gender) == (RACE, GENDER)]]
        names = zip(("train", "validation", "test"), np.split(voices, ends), strict=True)
        split_of |= {voice: name for name, some in names for voice in some}
    split = clips["voice"].map(split_of)
    weak = (clips["race"] == RACE) & (clips["gender"] == GENDER)
    once = clips["type"].isin(["A", "B"])
    kept = once | ((split == "train") & ~weak)
    return pd.DataFrame({"clip": clips["clip"], "split": split})[kept]


def metrics_of_run(
    here: Path, name: str, seed: int, shared: list[str], jobs: int
) -> dict[str, str | int | float]:
    """The test metrics of one run, which is trained if it is not done yet."""
    run = here / f"{name.replace(': ', '-')}-{seed}"
    words = [*shared, *SETTINGS[name], f"data.split.path={here / f'split-{seed}.csv'}", f"seed={seed}"]
    if not RunFolder(run).is_done:
        threads = str(max((os.cpu_count() or 1) // jobs, 1))
        resumed = ["--resume", str(run)] if RunFolder(run).is_begun else None
        new = [str(TOP / "configs" / "audio_cnn.yaml"), *words, f"run.dir={run}"]
        subprocess.run(
            [sys.executable, str(TOP / "tools" / "train.py"), *(resumed or new)],
            env=os.environ | {"OMP_NUM_THREADS": threads},
            check=True,
            capture_output=True,
        )
    scores = pd.read_csv(RunFolder(run).scores_csv)
    threshold = RunFolder(run).metrics()["threshold"]["value"]
    test = scores[scores["split"] == "test"]
    threshold_at_fpr_10 = float(test["score"][test["is_fake"] == 0].quantile(0.9))
    weak = (test["race"] == RACE) & (test["gender"] == GENDER)
    all_of, weak_of, other_of = (at(rows, threshold) for rows in (test, test[weak], test[~weak]))
    weak_at, other_at = (at(rows, threshold_at_fpr_10) for rows in (test[weak], test[~weak]))
    return {
        "setting": name,
        "seed": seed,
        "weak_fnr": weak_of["fnr"],
        "other_fnr": other_of["fnr"],
        "fpr": all_of["fpr"],
        "f2": all_of["f2_at_prevalence"],
        "weak_fnr_at": weak_at["fnr"],
        "other_fnr_at": other_at["fnr"],
        "weak_auc": weak_of["auc"],
        "other_auc": other_of["auc"],
    }


def at(rows: pd.DataFrame, threshold: float) -> dict[str, float]:
    return binary_metrics(np.asarray(rows["is_fake"]), np.asarray(rows["score"]), threshold)


def narrowed(table: pd.DataFrame, name: str, against: str, end: str) -> str:
    """By how much the FNR gap is smaller than with another setting, per seed."""
    of = table.set_index(["setting", "seed"])
    gap = of[f"weak_fnr{end}"] - of[f"other_fnr{end}"]
    return ", ".join(f"{value:+.3f}" for value in gap[against] - gap[name])


if __name__ == "__main__":
    main()
