"""Two processes on one CPU train to the scores of one process, and stop together."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings
from avdf.experiment.evaluate import evaluate_run
from avdf.training.checkpoints import load_newest_state

TOP = Path(__file__).parents[2]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node"]
MASKS = TOP / "configs" / "spaces" / "masks.yaml"
MFCC = ["audio_mfcc_linear.yaml"]
GROUP_NORM = [
    "audio_cnn.yaml",
    "model.encoders.audio.norm=group",
    # each process drops units of its own clips alone, so that a comparison drops none
    "model.encoders.audio.dropout=0.0",
    "model.fusion.dropout=0.0",
]
BATCH_NORM = ["audio_cnn.yaml", "model.encoders.audio.channels=[8, 8]"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("demo")
    demo = make_demo(folder / "demo", DemoSettings(num_identities=20))
    # 56 clips in batches of 11 and 12: of an odd one the two processes take unequal shares
    words = [f"data.root={demo}", f"data.cache={folder / 'cache'}", "train.batch_size=12"]
    return [*words, "run.trackers=[]", "evaluation.stress=none"]


def command(num_processes: int, config: list[str], settings: list[str], run: Path) -> list[str]:
    tool = [str(TOP / "tools" / "train.py"), str(TOP / "configs" / config[0])]
    return [*TORCHRUN, str(num_processes), *tool, *settings, *config[1:], f"run.dir={run}"]


def trained(num_processes: int, config: list[str], settings: list[str], run: Path) -> pd.DataFrame:
    done = subprocess.run(command(num_processes, config, settings, run), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Processes that don't know of each other would each train on everything, to the same scores.
    assert json.loads((run / "environment.json").read_text("utf-8"))["num_processes"] == num_processes
    return pd.read_csv(run / "scores.csv")


@pytest.mark.parametrize("config", [MFCC, pytest.param(GROUP_NORM, marks=pytest.mark.slow)])
def test_two_processes_give_the_scores_of_one_to_1e_4(config: list[str], settings: list[str], tmp_path: Path):
    words = [*settings, "train.epochs=3"]
    one, two = (trained(number, config, words, tmp_path / f"run-{number}") for number in (1, 2))
    assert one["clip"].tolist() == two["clip"].tolist()
    assert one["clip"].is_unique
    assert one["score"].std() > 0.001
    np.testing.assert_allclose(two["score"], one["score"], atol=1e-4)


@pytest.mark.slow
def test_the_saved_detector_is_the_one_that_scored_with_batch_norm_on_two_processes(
    settings: list[str], tmp_path: Path
):
    run = tmp_path / "run"
    scores = trained(2, BATCH_NORM, [*settings, "train.epochs=2"], run)
    evaluate_run(run, "test", tmp_path / "again")
    again = pd.read_csv(tmp_path / "again" / "scores.csv")
    test = scores[scores["split"] == "test"]
    assert test["score"].std() > 1e-4
    np.testing.assert_allclose(again["score"], test["score"], atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_signal_to_one_process_stops_both_with_the_state_saved(
    rank: int, settings: list[str], tmp_path: Path
):
    run = tmp_path / "run"
    words = command(2, MFCC, [*settings, "train.epochs=5000"], run)
    started = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while started.poll() is None and not list(run.glob("checkpoints/state-*.json")):
        time.sleep(0.05)
    try:
        os.kill(process_of(rank, started.pid), signal.SIGTERM)
        _, messages = started.communicate(timeout=60)
    finally:
        started.kill()
    assert messages.count("interrupted; what was finished is kept") == 2
    assert "Connection closed" not in messages
    assert load_newest_state(run / "checkpoints")["progress"]["epoch"] < 5000


def process_of(rank: int, parent: int) -> int:
    """The child of torchrun that has that rank."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    [number] = [
        int(child)
        for child in children
        if f"\0RANK={rank}\0".encode() in Path(f"/proc/{child}/environ").read_bytes()
    ]
    return number


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tool", "space", "words", "message"),
    [
        ("train.py", [], ["train.batch_size=1"], "train.batch_size: a batch of 1 leaves some of 2 processes"),
        (
            "train.py",
            [],
            ["train.loss=group_dro"],
            "train.loss: group_dro compares the clips of a whole batch",
        ),
        ("repeat.py", [], ["--seeds", "0", "1"], "repeat: start one process, or train each seed first"),
        ("sweep.py", [MASKS], ["--trials", "1"], "sweep: start one process, or several sweeps at the"),
    ],
)
def test_what_two_processes_cannot_do_is_refused_in_one_line(
    tool: str, space: list[Path], words: list[str], message: str, settings: list[str], tmp_path: Path
):
    command = [TOP / "tools" / tool, TOP / "configs" / MFCC[0], *space, *settings, *words]
    done = subprocess.run([*TORCHRUN, "2", *command], cwd=tmp_path, capture_output=True, text=True)
    assert f"error: {message}" in done.stderr
    assert "ValueError" not in done.stderr
