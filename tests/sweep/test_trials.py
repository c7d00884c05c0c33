"""The trials of a sweep: no test clip is read; pruned, failed and interrupted trials."""

import logging
import os
import signal
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from making.sweeps import CNN, plan, small_space

from avdf.config.schema import Config, DataConfig
from avdf.data.audio.store import Store
from avdf.errors import UserError
from avdf.experiment.data import ExperimentData
from avdf.experiment.machine import new_accelerator
from avdf.sweep.objective import load_folds
from avdf.sweep.search import run_sweep
from avdf.sweep.space import read_space
from avdf.sweep.study import finished, open_study
from avdf.sweep.trials import run_trials


@pytest.fixture(scope="module")
def space_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_space(tmp_path_factory.mktemp("spaces"))


def test_no_waveform_of_the_test_split_is_read_while_trials_run(
    config: Config, space_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folds = load_folds(config, None, tmp_path)
    assert set(folds[0].splits) == {"train", "validation"}
    split = folds[0].split.table
    of_test = set(split["clip"][split["split"] == "test"])
    assert of_test
    read: set[str] = set()
    original = Store.waveform

    def noted(self: Store, row: int) -> np.ndarray:
        read.add(self.table["clip"].iloc[row])
        return original(self, row)

    monkeypatch.setattr(Store, "waveform", noted)
    study = open_study(f"sqlite:///{tmp_path / 'study.db'}", "one", prunes=True, num_epochs=2)
    run_trials(study, config, read_space(space_path), lambda _: folds, new_accelerator(config, None), 2)
    assert read
    assert not read & of_test


def test_a_trial_below_the_median_of_five_is_pruned_after_an_epoch(
    config: Config, space_path: Path, tmp_path: Path
):
    study = open_study(f"sqlite:///{tmp_path / 'study.db'}", "one", prunes=True, num_epochs=2)
    rates = {"train.learning_rate": optuna.distributions.FloatDistribution(0.001, 0.1, log=True)}
    for _ in range(5):
        study.add_trial(
            optuna.trial.create_trial(
                params={"train.learning_rate": 0.01},
                distributions=rates,
                value=1.01,  # above any real F2
                intermediate_values={1: 1.01, 2: 1.01},
            )
        )
    folds = load_folds(config, None, tmp_path)
    run_trials(study, config, read_space(space_path), lambda _: folds, new_accelerator(config, None), 6)
    last = study.get_trials()[-1]
    assert last.state == optuna.trial.TrialState.PRUNED
    assert list(last.intermediate_values) == [1]


def test_a_failed_trial_has_its_reason_and_five_of_five_end_the_sweep(settings: list[str], tmp_path: Path):
    path = tmp_path / "absurd.yaml"
    path.write_text("parameters: {train.learning_rate: {low: 1.0e+30, high: 1.0e+35}}")
    with pytest.raises(UserError, match=r"all of 5 trials failed; most often: .*is NaN or infinite"):
        run_sweep(CNN, settings, path, plan(tmp_path / "out", 9))
    trials = pd.read_csv(tmp_path / "out" / "trials.csv")
    assert set(trials["state"]) == {"fail"}
    assert trials["reason"].str.contains("is NaN or infinite").all()


def test_an_interrupted_trial_is_not_counted_and_its_draws_come_next(
    config: Config, space_path: Path, tmp_path: Path
):
    study = open_study(f"sqlite:///{tmp_path / 'study.db'}", "one", prunes=False, num_epochs=2)
    folds, space = load_folds(config, None, tmp_path), read_space(space_path)
    accelerator = new_accelerator(config, None)

    def interrupted(data: DataConfig) -> list[ExperimentData]:
        if len(study.get_trials()) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return folds

    with pytest.raises(KeyboardInterrupt):
        run_trials(study, config, space, interrupted, accelerator, 5)
    assert len(finished(study)) == 1
    run_trials(study, config, space, lambda _: folds, accelerator, 2)
    first, interrupted_trial, again = study.get_trials()
    assert [trial.number for trial in finished(study)] == [0, 2]
    assert interrupted_trial.params == again.params != first.params


def test_the_log_names_the_trial_that_runs_and_its_end(
    config: Config, space_path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    study = open_study(f"sqlite:///{tmp_path / 'study.db'}", "one", prunes=False, num_epochs=2)
    folds = load_folds(config, None, tmp_path)
    with caplog.at_level(logging.INFO, "avdf"):
        run_trials(study, config, read_space(space_path), lambda _: folds, new_accelerator(config, None), 1)
    lines = [line.partition(": ")[0] for line in caplog.messages if line.startswith(("trial", "epoch"))]
    assert lines == ["trial 0 begins", "epoch 1/2", "epoch 2/2", "trial 0"]
