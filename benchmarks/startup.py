"""Times the start of a training and of a prediction, stage by stage, beside `import torch` alone.

    python benchmarks/startup.py [ROOT] [--config CONFIG] [--cache DIR] [--rounds 3]

A training counts from its command to the end of its first step, on data that is prepared already; a
prediction from its command to its end, for one file. Each is a process of its own. Printed are the seconds by
the clock and those of the processors, children included, of the round with the fewest of the latter: other
work on the machine changes those least. Without ROOT the data is made up. With --cache a cache is used (and
filled if need be) that is kept.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[1]
GOAL_S = 4.0
# What is timed: functions in the module that calls them. The rest of a stage is counted to its caller.
TRAIN_STAGES = {
    "avdf.experiment.settings": ["load_experiment"],
    "avdf.experiment.run": [
        "check_machine",
        "new_detector",
        "new_accelerator",
        "load_data",
        "check_groups",
        "record_start",
    ],
    "avdf.experiment.data": ["index_data", "prepare", "split_with_copies", "probes_of"],
    "avdf.data.preparation": ["open_store"],
    "avdf.data.audio.store": ["stamps_of"],
    "avdf.training.loop": ["new_state", "prepare"],
    "avdf.training.steps": ["take_step"],
}
PREDICT_STAGES = {
    "avdf.detection.loading": ["load_predictor"],
    "avdf.detector_folder": ["load_detector"],
    "avdf.detection.prediction": ["predict"],
    "avdf.detection.torch_scorer": ["score_batch"],
}
STAGES = {"train": TRAIN_STAGES, "predict": PREDICT_STAGES}
LAST = "avdf.training.steps.take_step"  # after its first call a training is stopped


@dataclass
class Clock:
    """Seconds by the clock and of this process's processors, of each stage without the stages in it."""

    stages: dict[str, list[float]] = field(default_factory=dict)
    running: list[str] = field(default_factory=lambda: ["other"])
    since: tuple[float, float] = (0.0, 0.0)

    def switch(self) -> None:
        """Charges the time since the last switch to the stage that is running."""
        now = (time.perf_counter(), time.process_time())
        spent = self.stages.setdefault(self.running[-1], [0.0, 0.0])
        spent[0] += now[0] - self.since[0]
        spent[1] += now[1] - self.since[1]
        self.since = now

    def timed(self, name: str, function: Callable[..., Any], after: Callable[[], None]) -> Callable[..., Any]:
        """The function with its calls charged to the stage `name`."""

        def call(*arguments: Any, **options: Any) -> Any:
            self.switch()
            self.running.append(name)
            try:
                return function(*arguments, **options)
            finally:
                self.switch()
                self.running.pop()
                after()

        return call


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", nargs="?", default="demo")
    parser.add_argument("--config", type=Path, default=TOP / "configs" / "audio_cnn.yaml")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        words = [str(arguments.config.resolve()), f"data.root={arguments.root}"]
        words += [f"data.cache={(arguments.cache or folder / 'cache').resolve()}"]
        timed(["train", *words, f"run.dir={folder / 'prepared'}"])
        file = first_file(folder / "prepared", words)
        save_untrained(words, folder / "detector")
        commands: dict[str, Callable[[int], dict[str, Any]]] = {
            "import torch": lambda number: timed(["import"]),
            "train": lambda number: timed(["train", *words, f"run.dir={folder / str(number)}"]),
            "predict": lambda number: timed(["predict", str(folder / "detector"), str(file)]),
        }
        rounds = [{name: run(number) for name, run in commands.items()} for number in range(arguments.rounds)]
        best = {
            name: min((of[name] for of in rounds), key=lambda spent: spent["all"][1]) for name in commands
        }
    print_tables(best, arguments.rounds)


def print_tables(best: dict[str, dict[str, Any]], num_rounds: int) -> None:
    """One table of stages per command, and the totals beside `import torch`."""
    for name in STAGES:
        print(
            f"\n| {name}: stage, without the stages below it | clock, s | processor, s |",
            "|---|---|---|",
            sep="\n",
        )
        for stage, (clock_s, processor_s) in best[name]["stages"].items():
            print(f"| {stage} | {clock_s:.2f} | {processor_s:.2f} |")
    torch_s = best["import torch"]["all"]
    print(
        f"\n{os.cpu_count()} cores; of {num_rounds} rounds the one with the fewest seconds of the processors"
    )
    print("| command | clock, s | goal | processors, s | to import torch: clock | processors |")
    print("|---|---|---|---|---|---|")
    for name, spent in best.items():
        clock_s, processor_s = spent["all"]
        goal = f"{GOAL_S:.0f}" if name in STAGES else ""
        ratios = f"{clock_s / torch_s[0]:.2f} | {processor_s / torch_s[1]:.2f}"
        print(f"| {name} | {clock_s:.2f} | {goal} | {processor_s:.2f} | {ratios} |")


def timed(words: Sequence[str]) -> dict[str, Any]:
    """Runs a command in a process of this file; its stages, and the time of the whole process (`all`)."""
    before, started_s = os.times(), time.perf_counter()
    command = [sys.executable, __file__, "--in-process", str(started_s), *words]
    if words[0] == "import":
        command = [sys.executable, "-c", "import torch"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=TOP)
    clock_s, after = time.perf_counter() - started_s, os.times()
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    lines = done.stdout.splitlines()
    return {"stages": json.loads(lines[-1]) if lines else {}, "all": (clock_s, used)}


def run_in_process(started_s: float, words: Sequence[str]) -> None:
    """Runs the command with its stages timed, and prints them as the last line."""
    clock = Clock(since=(started_s, 0.0))
    from avdf.commands.dispatch import call

    clock.running = ["Python, and modules of the stages"]
    for module_name, names in STAGES[words[0]].items():
        module = importlib.import_module(module_name)
        for name in names:
            dotted = f"{module_name}.{name}"
            after = (lambda: finish(clock)) if dotted == LAST else (lambda: None)
            setattr(module, name, clock.timed(dotted.removeprefix("avdf."), getattr(module, name), after))
    clock.switch()
    clock.running = ["other"]
    call(words[0], words[1:], words[0])
    finish(clock)


def finish(clock: Clock) -> None:
    clock.switch()
    print(f"\n{json.dumps(clock.stages)}", flush=True)
    if "joblib" in sys.modules:  # its workers would outlive this process, with its output open
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(kill_workers=True)
    os._exit(0)


def save_untrained(words: Sequence[str], folder: Path) -> None:
    """Saves a detector of the config as a training would; its scores mean nothing."""
    from avdf.config.schema import Config
    from avdf.detector_folder import save_detector
    from avdf.experiment.record import detector_facts
    from avdf.experiment.run import new_detector
    from avdf.experiment.settings import load_experiment

    config: Config = load_experiment(words[0], words[1:])
    threshold = {"value": 0.5, "beta": 2.0, "prevalence": 0.5, "split": "validation", "num_clips": 1}
    threshold |= {"name": "f_beta", "num_identities": 1, "ci": [0.5, 0.5], "warnings": []}
    save_detector(new_detector(config), folder, detector_facts(config, threshold, "0" * 64))


def first_file(run: Path, words: Sequence[str]) -> Path:
    """The media file of the first clip of a run."""
    from avdf.experiment.settings import load_experiment
    from avdf.experiment.sources import index_data
    from avdf.files import read_csv_table
    from avdf.run_folder import RunFolder

    root = index_data(load_experiment(words[0], words[1:]).data).root
    return root / str(read_csv_table(RunFolder(run).clips_csv, "")["clip"].iloc[0])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in-process"]:
        run_in_process(float(sys.argv[2]), sys.argv[3:])
    else:
        main()
