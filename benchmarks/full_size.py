"""Times the main job on a FakeAVCeleb of full size, stage by stage, beside the way a user would write it.

    python benchmarks/full_size.py ROOT [--mini MINI_ROOT] [--stages prepare main folds effnet plain f2] \
        [--keep DIR]

ROOT is a FakeAVCeleb folder, or one of its size. Every stage is a process of its own, as a user types it;
printed are its seconds by the clock, the processors' seconds and the peak memory of the process with all it
starts (shared pages are divided among those who share them). Seconds of folds that run side by side are
spent under a fork server, which the system does not count. With --keep the runs stay in DIR, a new folder.

- prepare: tools/prepare.py into an empty cache.
- main: tools/train.py configs/audio_cnn.yaml, 60 epochs, from an empty cache.
- folds: tools/train.py configs/fairness_audit.yaml, five folds, from an empty cache.
- effnet: tools/train.py configs/audio_effnet.yaml, 60 epochs, on prepared data.
- plain: benchmarks/plain_way.py on 2 % of the files, scaled up by counts; needs `main` or --run.
- f2: both ways on MINI_ROOT with three seeds, and the interval of their difference over people.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

TOP = Path(__file__).parents[1]
STAGES = ("prepare", "main", "folds", "effnet", "plain", "f2")
GOALS_S = {"prepare": 90, "main": 360, "folds": 900, "effnet": 1500}
SHARE = 0.02
SEEDS = (0, 1, 2)
NUM_DRAWS = 2000


@dataclass(frozen=True)
class Spent:
    clock_s: float
    processor_s: float
    peak_mb: float
    output: str


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path, metavar="ROOT")
    parser.add_argument("--mini", type=Path, metavar="MINI_ROOT", help="needed for the stage f2")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--run", type=Path, help="a finished run on ROOT, for plain without main")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new folder in which the runs stay")
    parser.add_argument("--epochs", type=int, default=60)
    arguments = parser.parse_args()
    root, epochs = arguments.root.resolve(), f"train.epochs={arguments.epochs}"
    print(
        "| stage | clock | goal | processors | peak memory |", "|---|---|---|---|---|", sep="\n", flush=True
    )
    with contextlib.ExitStack() as stack:
        if arguments.keep:
            folder = arguments.keep.resolve()
            folder.mkdir(parents=True)
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clock_s = {}
        for stage, (tool, words) in commands(root, folder, epochs).items():
            if stage in arguments.stages:
                spent = measured([sys.executable, str(TOP / "tools" / tool), *words], folder)
                clock_s[stage] = spent.clock_s
                print(row(stage, spent), flush=True)
        if "plain" in arguments.stages:
            whole_s = plain_seconds(
                root, arguments.run or folder / "main", folder / "plain", arguments.epochs
            )
            print(f"\nThe plain way, {SHARE:.0%} of the files scaled up by counts: {whole_s:.0f} s")
            if "main" in clock_s:
                print(f"avdf takes {clock_s['main']:.0f} s: {whole_s / clock_s['main']:.1f} times as fast")
        if "f2" in arguments.stages:
            print_f2(arguments.mini.resolve(), folder, arguments.epochs)


def commands(root: Path, folder: Path, epochs: str) -> dict[str, tuple[str, list[str]]]:
    """The tool and the words of each stage that is a tool; `main` and `folds` begin with an empty cache."""

    def train(config: str, name: str, cache: str) -> tuple[str, list[str]]:
        words = [f"data.root={root}", f"data.cache={folder / cache}", f"run.dir={folder / name}", epochs]
        return "train.py", [str(TOP / "configs" / config), *words]

    return {
        "prepare": ("prepare.py", [str(root), "--out", str(folder / "prepared")]),
        "main": train("audio_cnn.yaml", "main", "cache-of-main"),
        "effnet": train("audio_effnet.yaml", "effnet", "cache-of-main"),
        "folds": train("fairness_audit.yaml", "folds", "cache-of-folds"),
    }


def measured(command: Sequence[str], folder: Path) -> Spent:
    """Runs a command to its end. Raises SystemExit with its messages if it fails."""
    before, started = os.times(), time.perf_counter()
    with (folder / "output.txt").open("w+") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        peaks = [0.0]
        watch = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
        watch.start()
        status = process.wait()
        watch.join()
        output.seek(0)
        text = output.read()
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}:\n{text[-2000:]}")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(time.perf_counter() - started, used, peaks[0], text)


def _watch(process: "subprocess.Popen[bytes]", peaks: list[float]) -> None:
    while process.poll() is None:
        peaks[0] = max(peaks[0], sum(resident_mb(pid) for pid in with_descendants(process.pid)))
        time.sleep(0.5)


def with_descendants(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:  # it has ended
        return [pid]
    return [pid, *(found for child in children for found in with_descendants(child))]


def resident_mb(pid: int) -> float:
    """Without pages of files, which the system takes back when it needs them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon", "Pss_Shmem"))) / 1000


def row(stage: str, spent: Spent) -> str:
    goal = f"{GOALS_S[stage]} s" if stage in GOALS_S else ""
    return (
        f"| {stage} | {spent.clock_s:.0f} s | {goal} | {spent.processor_s:.0f} s | {spent.peak_mb:.0f} MB |"
    )


def plain_seconds(root: Path, run: Path, out: Path, epochs: int) -> float:
    """Seconds of the plain way on all clips, estimated from a share of them."""
    options = ["--share", str(SHARE), "--epochs", str(epochs)]
    times = json.loads(plain(root, run, out, options))
    for name, seconds in times["whole_s"].items():
        print(f"  {name}: {times['measured_s'][name]:.1f} s, scaled up {seconds:.0f} s")
    return float(times["whole_in_all_s"])


def plain(root: Path, run: Path, out: Path, options: Sequence[str]) -> str:
    script = str(TOP / "benchmarks" / "plain_way.py")
    command = [sys.executable, script, str(root), str(run), str(out), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]


def print_f2(root: Path, folder: Path, epochs: int) -> None:
    """The test F2 of both ways, each at its own frozen threshold, pooled over the seeds."""
    tables = []
    for seed in SEEDS:
        run = folder / f"mini-{seed}"
        words = [f"data.root={root}", f"data.cache={folder / 'cache-of-mini'}", f"run.dir={run}"]
        train = [sys.executable, str(TOP / "tools/train.py"), str(TOP / "configs/audio_cnn.yaml"), *words]
        measured([*train, f"seed={seed}", f"train.epochs={epochs}"], folder)
        plain(root, run, folder / f"plain-{seed}", ["--epochs", str(epochs), "--seed", str(seed)])
        ours = pd.read_csv(run / "scores.csv").query("split == 'test'").set_index("clip")
        threshold = json.loads((run / "metrics.json").read_text())["threshold"]["value"]
        theirs = pd.read_csv(folder / f"plain-{seed}" / "scores.csv").set_index("clip").loc[ours.index]
        called = {"ours": ours["score"] >= threshold, "plain": theirs["score"] >= theirs["threshold"]}
        tables.append(ours[["identity", "is_fake"]].assign(**called))
    ours_f2, plain_f2, low, high = f2_difference(pd.concat(tables))
    print(f"\nTest F2 on {root.name}, seeds {', '.join(map(str, SEEDS))}, each at its frozen threshold:")
    print(
        f"avdf {ours_f2:.3f}, plain {plain_f2:.3f}, difference {ours_f2 - plain_f2:+.3f} "
        f"(95 % interval over people {low:+.3f} to {high:+.3f})"
    )


def f2_difference(table: pd.DataFrame) -> tuple[float, float, float, float]:
    """F2 of both ways and the percentile interval of their difference; people are drawn with their clips."""
    counts = {}
    for way in ("ours", "plain"):
        fake, called = table["is_fake"] == 1, table[way]
        rows = pd.DataFrame({"tp": fake & called, "fp": ~fake & called, "fn": fake & ~called})
        counts[way] = rows.groupby(table["identity"]).sum().to_numpy(np.float64)
    num = len(counts["ours"])
    draws = np.random.default_rng(0).multinomial(num, np.full(num, 1 / num), size=NUM_DRAWS)
    values = {way: f2_of(sums.sum(axis=0)) for way, sums in counts.items()}
    differences = f2_of((draws @ counts["ours"]).T) - f2_of((draws @ counts["plain"]).T)
    low, high = np.quantile(differences, (0.025, 0.975))
    return float(values["ours"]), float(values["plain"]), float(low), float(high)


def f2_of(counts: np.ndarray) -> np.ndarray:
    """(tp, fp, fn) on the first axis -> F2."""
    tp, fp, fn = counts
    return np.asarray(5 * tp / (5 * tp + 4 * fn + fp))


if __name__ == "__main__":
    main()
