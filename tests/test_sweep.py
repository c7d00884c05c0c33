"""A whole sweep on tiny data: figures of validation only, killed and continued, and what it leaves."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from tiny import make_tiny

from avdf.config import load_config
from avdf.data.store import Store
from avdf.errors import ConfigError, UserError
from avdf.experiment import new_accelerator, new_detector, resolve, train
from avdf.experiment_data import ExperimentData
from avdf.experiment_scores import score_part
from avdf.settings import Config, DataConfig, SplitConfig
from avdf.sweep.judge import load_folds, validation_f2
from avdf.sweep.search import Plan, run_sweep
from avdf.sweep.space import read_space
from avdf.sweep.study import finished, open_study
from avdf.sweep.trials import run_trials

TOP = Path(__file__).parents[1]
CNN = TOP / "configs" / "audio_cnn.yaml"
SPACE = """
parameters:
  train.learning_rate: {low: 0.001, high: 0.1, log: true}
augment:
  spec_mask:
    max_share: {low: 0.05, high: 0.3}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("tiny")
    return [
        f"data.root={make_tiny(folder / 'data')}",
        f"data.cache={folder / 'cache'}",
        "data.seconds=0.5",
        "data.decode_workers=1",
        "model.encoders.audio.channels=[4, 8]",
        "train.epochs=2",
        "evaluation.num_crops=1",
    ]


@pytest.fixture(scope="module")
def config(settings: list[str]) -> Config:
    return resolve(load_config(CNN, settings))


@pytest.fixture(scope="module")
def space_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spaces") / "small.yaml"
    path.write_text(SPACE)
    return path


def plan(out: Path, num_trials: int, **more: object) -> Plan:
    return Plan(num_trials=num_trials, out=out, study="small", ablation_seeds=[1], **more)


@pytest.fixture(scope="module")
def swept(settings: list[str], space_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sweeps") / "first"
    run_sweep(CNN, settings, space_path, plan(out, 5))
    return out


def test_a_sweep_leaves_its_best_config_its_tables_and_a_figure(swept: Path):
    names = {path.name for path in swept.iterdir()}
    assert names >= {"best.yaml", "trials.csv", "importance.csv", "ablation.csv", "sweep.png", "study.db"}
    assert not list(swept.rglob("*.part"))
    trials = pd.read_csv(swept / "trials.csv")
    assert list(trials["trial"]) == [0, 1, 2, 3, 4]
    assert set(trials["state"]) <= {"complete", "pruned"}
    assert trials["f2"].between(0, 1).all()
    ablation = pd.read_csv(swept / "ablation.csv")
    assert list(ablation["augmentation"]) == ["spec_mask"]
    assert ablation["gain_alone"][0] == pytest.approx(ablation["f2_alone"][0] - ablation["f2_none"][0])
    importance = pd.read_csv(swept / "importance.csv")
    assert importance["importance"][importance["among"] == "all trials"].sum() == pytest.approx(1)


def test_the_best_config_trains_to_the_figure_that_it_was_chosen_by(swept: Path):
    trials = pd.read_csv(swept / "trials.csv")
    best = trials.sort_values("f2", kind="stable", ascending=False).iloc[0]
    config = load_config(swept / "best.yaml")
    assert config.train.learning_rate == pytest.approx(best["train.learning_rate"])
    assert ("spec_mask" in config.model.augment) == (best["model.augment.spec_mask"] == "on")
    folds = load_folds(config, None, swept / "unused")
    assert validation_f2(config, folds, new_accelerator(config, None)) == best["f2"]


def test_a_continued_sweep_runs_only_the_trials_that_are_missing(
    swept: Path, settings: list[str], space_path: Path
):
    before = pd.read_csv(swept / "trials.csv")
    run_sweep(CNN, settings, space_path, plan(swept, 6))
    after = pd.read_csv(swept / "trials.csv")
    assert len(after) == 6
    pd.testing.assert_frame_equal(after.iloc[:5], before, check_dtype=False)
    assert after["train.learning_rate"].nunique() == 6  # the first are not drawn once more


def test_another_config_does_not_continue_the_sweep(swept: Path, settings: list[str], space_path: Path):
    with pytest.raises(ConfigError, match="'small' was begun with another config"):
        run_sweep(CNN, [*settings, "train.epochs=3"], space_path, plan(swept, 9))


def test_a_folder_that_holds_something_else_is_left_alone(
    tmp_path: Path, settings: list[str], space_path: Path
):
    (tmp_path / "best.yaml").write_text("mine")
    with pytest.raises(UserError, match="holds something that is no sweep"):
        run_sweep(CNN, settings, space_path, plan(tmp_path, 1))
    assert (tmp_path / "best.yaml").read_text() == "mine"


def test_no_waveform_of_the_test_part_is_read_while_trials_run(
    config: Config, space_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folds = load_folds(config, None, tmp_path)
    assert set(folds[0].parts) == {"train", "validation"}
    split = folds[0].split.table
    of_test = set(split["clip"][split["split"] == "test"])
    assert of_test
    read: set[str] = set()
    original = Store.waveform

    def noted(self: Store, row: int) -> np.ndarray:
        read.add(self.table["clip"].iloc[row])
        return original(self, row)

    monkeypatch.setattr(Store, "waveform", noted)
    study = open_study(f"sqlite:///{tmp_path / 'study.db'}", "one", {}, prunes=True, num_epochs=2)
    run_trials(study, config, read_space(space_path), lambda _: folds, new_accelerator(config, None), 2)
    assert read
    assert not read & of_test


def test_three_folds_hold_every_clip_but_the_test_part_and_share_no_voice(config: Config, tmp_path: Path):
    folds = load_folds(config, 3, tmp_path)
    split = folds[0].split.table
    of_test = set(split["clip"][split["split"] == "test"])
    everyone = set(folds[0].clips["clip"])
    validated: list[str] = []
    for fold in folds:
        assert set(fold.parts) == {"train", "validation"}
        parts = {name: part.clips for name, part in fold.parts.items()}
        assert not set(parts["train"]["voice"]) & set(parts["validation"]["voice"])
        assert not {*parts["train"]["clip"], *parts["validation"]["clip"]} & of_test
        validated += list(parts["validation"]["clip"])
    assert sorted(validated) == sorted(everyone - of_test)  # each once


def test_the_objective_is_the_mean_over_folds_of_the_best_epochs_f2(config: Config, tmp_path: Path):
    folds = load_folds(config, 3, tmp_path)
    accelerator = new_accelerator(config, None)
    told: list[tuple[int, float]] = []
    mean = validation_f2(config, folds, accelerator, on_epoch=lambda *one: told.append(one))
    alone = [validation_f2(config, [fold], accelerator) for fold in folds]
    assert mean == pytest.approx(np.mean(alone))
    assert [epoch for epoch, _ in told] == [1, 2, 3, 4, 5, 6]
    assert told[1][1] == alone[0]
    assert told[-1][1] == pytest.approx(mean)


def test_the_objective_is_the_f2_that_scikit_learn_finds_on_the_validation_scores(
    config: Config, tmp_path: Path
):
    """At prevalence one half, with as many real as fake clips, F2 at the prevalence is plain F2."""
    from sklearn.metrics import fbeta_score

    folds = load_folds(config, None, tmp_path)
    accelerator = new_accelerator(config, None)
    found = validation_f2(config, folds, accelerator)
    detector = new_detector(config)
    train(config, detector, folds[0], accelerator)
    table = score_part(config, detector, folds[0], "validation", accelerator)
    is_fake, score = table["is_fake"].to_numpy(), table["score"].to_numpy()
    assert is_fake.mean() == 0.5
    assert found == pytest.approx(max(fbeta_score(is_fake, score >= at, beta=2) for at in np.unique(score)))


def test_folds_of_a_split_that_is_not_by_people_are_refused(config: Config, tmp_path: Path):
    by_clip = replace(config, data=replace(config.data, split=SplitConfig(name="clip")))
    with pytest.raises(ConfigError, match=r"--folds goes with data\.split\.name: voice or strict, got clip"):
        load_folds(by_clip, 3, tmp_path)


def test_a_trial_worse_than_the_median_of_five_is_given_up_after_an_epoch(
    config: Config, space_path: Path, tmp_path: Path
):
    study = open_study(f"sqlite:///{tmp_path / 'study.db'}", "one", {}, prunes=True, num_epochs=2)
    rates = {"train.learning_rate": optuna.distributions.FloatDistribution(0.001, 0.1, log=True)}
    for _ in range(5):
        study.add_trial(
            optuna.trial.create_trial(
                params={"train.learning_rate": 0.01},
                distributions=rates,
                value=1.01,  # better than can be
                intermediate_values={1: 1.01, 2: 1.01},
            )
        )
    folds = load_folds(config, None, tmp_path)
    run_trials(study, config, read_space(space_path), lambda _: folds, new_accelerator(config, None), 6)
    last = study.get_trials()[-1]
    assert last.state == optuna.trial.TrialState.PRUNED
    assert list(last.intermediate_values) == [1]


def test_a_trial_that_breaks_says_why_and_five_of_five_end_the_sweep(settings: list[str], tmp_path: Path):
    path = tmp_path / "absurd.yaml"
    path.write_text("parameters: {train.learning_rate: {low: 1.0e+30, high: 1.0e+35}}")
    with pytest.raises(UserError, match=r"all of 5 trials failed; most often: .*the loss is no number"):
        run_sweep(CNN, settings, path, plan(tmp_path / "out", 9))
    trials = pd.read_csv(tmp_path / "out" / "trials.csv")
    assert set(trials["state"]) == {"fail"}
    assert trials["reason"].str.contains("the loss is no number").all()


def test_an_interrupted_trial_is_not_counted_and_its_draw_comes_next(
    config: Config, space_path: Path, tmp_path: Path
):
    study = open_study(f"sqlite:///{tmp_path / 'study.db'}", "one", {}, prunes=False, num_epochs=2)
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
    first, given_up, again = study.get_trials()
    assert [trial.number for trial in finished(study)] == [0, 2]
    assert given_up.params == again.params != first.params


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_sweep_that_was_stopped_goes_on_where_it_was(
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
    _, said = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert "what was finished is kept" in said
        assert "Traceback" not in said
        assert len(pd.read_csv(tmp_path / "out" / "trials.csv")) >= 2
    study = optuna.load_study(study_name="small", storage=f"sqlite:///{tmp_path / 'out' / 'study.db'}")
    num_trials = len(finished(study)) + 2
    more = {"ablation_seeds": [], "prunes": False}
    run_sweep(CNN, settings, space_path, replace(plan(tmp_path / "out", num_trials), **more))
    trials = pd.read_csv(tmp_path / "out" / "trials.csv")
    assert len(trials) == num_trials
    assert trials["train.learning_rate"].nunique() == num_trials  # the stopped one's draw came again, once
    assert not study.get_trials(states=[optuna.trial.TrialState.RUNNING])


@pytest.mark.parametrize(
    ("config_name", "space_name", "message"),
    [
        ("audio_cnn", "mask", r"did you mean 'masks\.yaml'"),
        ("audio_cn", "masks", r"did you mean 'audio_cnn\.yaml'"),
        ("audio_mfcc_linear", "masks", r"model\.encoders\.audio\.dropout: no such key"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(
    tmp_path: Path, config_name: str, space_name: str, message: str
):
    configs = TOP / "configs"
    space_path = configs / "spaces" / f"{space_name}.yaml"
    with pytest.raises(ConfigError, match=message):
        run_sweep(configs / f"{config_name}.yaml", [], space_path, plan(tmp_path / "out", 1))
    assert not list(tmp_path.iterdir())


def test_the_tool_ends_with_exit_2_and_one_message(tmp_path: Path):
    tool = [sys.executable, str(TOP / "tools" / "sweep.py"), str(CNN), "nowhere.yaml", "--trials", "1"]
    done = subprocess.run(tool, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip() == "error: nowhere.yaml: no such file"


@pytest.mark.slow
def test_two_processes_share_one_study(settings: list[str], space_path: Path, tmp_path: Path):
    storage = f"sqlite:///{tmp_path / 'shared.db'}"
    words = [str(TOP / "tools" / "sweep.py"), str(CNN), str(space_path), *settings, "--trials", "8"]
    words += ["--ablation-seeds", "--storage", storage, "--study", "shared"]
    both = [
        subprocess.Popen([sys.executable, *words, "--out", str(tmp_path / name)], stderr=subprocess.DEVNULL)
        for name in ("one", "two")
    ]
    assert [process.wait() for process in both] == [0, 0]
    trials = pd.read_csv(tmp_path / "one" / "trials.csv")
    assert 8 <= len(pd.read_csv(tmp_path / "two" / "trials.csv")) <= 9
    assert trials["train.learning_rate"].nunique() == len(trials)
    study = optuna.load_study(study_name="shared", storage=storage)
    assert len({trial.user_attrs["process"] for trial in study.get_trials()}) == 2
