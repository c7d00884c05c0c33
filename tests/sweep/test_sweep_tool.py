"""The command as a process: its messages, stopped and continued, two at once."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import optuna
import pandas as pd
import pytest
from making.calls import called
from making.sweeps import CNN, TOP, plan

from avdf.sweep.search import run_sweep
from avdf.sweep.study import finished


def test_the_tool_ends_with_exit_2_and_one_message(tmp_path: Path):
    tool = [sys.executable, str(TOP / "tools" / "sweep.py"), str(CNN), "nowhere.yaml", "--trials", "1"]
    done = subprocess.run(tool, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip() == "error: nowhere.yaml: no such file"


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name
)
def test_a_stopped_sweep_continues(
    settings: list[str], space_path: Path, tmp_path: Path, number: signal.Signals
):
    words = ["--trials", "500", "--no-pruning", "--ablation-seeds", "--study", "small"]
    tool = [sys.executable, str(TOP / "tools" / "sweep.py"), str(CNN), str(space_path), *settings, *words]
    process = subprocess.Popen(
        [*tool, "--out", str(tmp_path / "out")], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("trial 1:"):
            break
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert "what was finished is kept" in stderr
        assert "Traceback" not in stderr
        assert len(pd.read_csv(tmp_path / "out" / "trials.csv")) >= 2
    study = optuna.load_study(study_name="small", storage=f"sqlite:///{tmp_path / 'out' / 'study.db'}")
    num_trials = len(finished(study)) + 2
    more = {"ablation_seeds": [], "prunes": False}
    run_sweep(CNN, settings, space_path, replace(plan(tmp_path / "out", num_trials), **more))
    trials = pd.read_csv(tmp_path / "out" / "trials.csv")
    assert len(trials) == num_trials
    assert trials["train.learning_rate"].nunique() == num_trials  # the stopped trial was repeated once
    assert not study.get_trials(states=[optuna.trial.TrialState.RUNNING])


@pytest.mark.slow
def test_two_processes_finish_exactly_eight_trials(settings: list[str], space_path: Path, tmp_path: Path):
    storage = f"sqlite:///{tmp_path / 'shared.db'}"
    words = [str(TOP / "tools" / "sweep.py"), str(CNN), str(space_path), *settings, "--trials", "8"]
    words += ["--ablation-seeds", "--storage", storage, "--study", "shared"]
    both = [
        subprocess.Popen([sys.executable, *words, "--out", str(tmp_path / name)], stderr=subprocess.DEVNULL)
        for name in ("one", "two")
    ]
    assert [process.wait() for process in both] == [0, 0]
    trials = pd.read_csv(tmp_path / "one" / "trials.csv")
    assert len(trials) == len(pd.read_csv(tmp_path / "two" / "trials.csv")) == 8
    assert trials["train.learning_rate"].nunique() == len(trials)
    study = optuna.load_study(study_name="shared", storage=storage)
    assert len({trial.user_attrs["process"] for trial in study.get_trials()}) == 2


def test_without_optuna_the_package_to_install_is_named(tmp_path: Path):
    (tmp_path / "optuna").mkdir()
    absent = "raise ModuleNotFoundError('No module named optuna', name='optuna')"
    (tmp_path / "optuna" / "__init__.py").write_text(absent)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    tool = [sys.executable, str(TOP / "tools" / "sweep.py"), str(CNN), "any.yaml", "--trials", "1"]
    done = subprocess.run(tool, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip() == "error: the package optuna is missing; install avdf[sweep]"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--folds", "2"], "--folds must be >= 3, got 2"),
        (["--ablation-seeds", "-1", "2"], "--ablation-seeds must be >= 0, each named once, got -1 2"),
        (["--ablation-seeds", "1", "1"], "--ablation-seeds must be >= 0, each named once, got 1 1"),
    ],
)
def test_an_option_out_of_range_is_refused_at_once(words: list[str], message: str):
    done = called("sweep", CNN, "any.yaml", "--trials", "1", *words)
    assert done.status == 2
    assert done.stderr.strip().endswith(f"error: {message}")
