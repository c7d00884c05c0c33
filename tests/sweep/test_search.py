"""A whole sweep on tiny data: its files, continued, moved, refused."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from making.sweeps import CNN, SPACE, TOP, plan, small_settings
from making.tiny import make_tiny

from avdf.config.loading import load_config
from avdf.errors import ConfigError, UserError
from avdf.experiment.machine import new_accelerator
from avdf.sweep.objective import load_folds, validation_f2
from avdf.sweep.search import run_sweep
from avdf.sweep.study import note_facts, open_study


@pytest.fixture(scope="module")
def swept(settings: list[str], space_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sweeps") / "first"
    run_sweep(CNN, settings, space_path, plan(out, 5))
    return out


def test_a_sweep_writes_its_best_config_its_tables_and_a_figure(swept: Path):
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


def test_the_best_config_trains_to_the_f2_of_the_best_trial(swept: Path):
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
    assert after["train.learning_rate"].nunique() == 6  # the first draws are not repeated


def test_another_config_does_not_continue_the_sweep(swept: Path, settings: list[str], space_path: Path):
    with pytest.raises(ConfigError, match="'small' was started with another config"):
        run_sweep(CNN, [*settings, "train.epochs=3"], space_path, plan(swept, 9))


def test_a_folder_with_other_files_is_left_unchanged(tmp_path: Path, settings: list[str], space_path: Path):
    (tmp_path / "best.yaml").write_text("mine")
    with pytest.raises(UserError, match="holds something that is not a sweep"):
        run_sweep(CNN, settings, space_path, plan(tmp_path, 1))
    assert (tmp_path / "best.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("config_name", "space_name", "message"),
    [
        ("audio_cnn", "mask", r"did you mean 'masks\.yaml'"),
        ("audio_cn", "masks", r"did you mean 'audio_cnn\.yaml'"),
        ("audio_mfcc_linear", "masks", r"model\.encoders\.audio\.dropout: no such key"),
    ],
)
def test_a_mistake_is_refused_before_anything_is_written(
    tmp_path: Path, config_name: str, space_name: str, message: str
):
    configs = TOP / "configs"
    space_path = configs / "spaces" / f"{space_name}.yaml"
    with pytest.raises(ConfigError, match=message):
        run_sweep(configs / f"{config_name}.yaml", [], space_path, plan(tmp_path / "out", 1))
    assert not list(tmp_path.iterdir())


def test_another_number_of_folds_or_other_data_does_not_continue_the_sweep(
    swept: Path, settings: list[str], space_path: Path, tmp_path: Path
):
    with pytest.raises(ConfigError, match="'small' was started with another number of folds"):
        run_sweep(CNN, settings, space_path, plan(swept, 9, num_folds=3))
    other = [f"data.root={make_tiny(tmp_path / 'data', num_people=6)}", f"data.cache={tmp_path / 'cache'}"]
    with pytest.raises(ConfigError, match="'small' was started with another data"):
        run_sweep(CNN, [*settings, *other], space_path, plan(swept, 9))


def test_a_second_study_in_one_folder_is_refused_and_the_first_is_unchanged(
    swept: Path, settings: list[str], space_path: Path
):
    before = {path: path.read_bytes() for path in swept.iterdir()}
    with pytest.raises(UserError, match=r"--out: .* holds another study .*\"small\".*name another folder"):
        run_sweep(CNN, settings, space_path, plan(swept, 5, study="second"))
    assert {path: path.read_bytes() for path in swept.iterdir()} == before


def test_on_another_machine_the_best_config_and_the_ablation_use_the_data_there(
    swept: Path, settings: list[str], space_path: Path, tmp_path: Path
):
    """The sweep folder is copied to a machine where the data lies elsewhere."""
    out = shutil.copytree(swept, tmp_path / "out")
    here = small_settings(tmp_path)
    root = Path(load_config(CNN, settings).data.root)
    away = root.rename(root.with_name("away"))
    (out / "trials.csv").write_text("trial,state\n0,comp")  # torn: it is written from the study, not read
    try:
        run_sweep(CNN, [*here, "run.trackers=[]"], space_path, plan(out, 5, ablation_seeds=[1, 2]))
    finally:
        away.rename(root)
    assert len(pd.read_csv(out / "trials.csv")) >= 5
    best = load_config(out / "best.yaml")
    assert (best.data.root, best.data.cache) == (str(tmp_path / "data"), str(tmp_path / "cache"))
    assert best.run.trackers == []
    assert list(pd.read_csv(out / "ablation.csv")["num_seeds"]) == [2]
    before = json.loads((swept / "ablation.json").read_text())
    after = json.loads((out / "ablation.json").read_text())
    assert after.items() > before.items()  # the trainings of seed 1 were not repeated
    assert len(after) == len(before) + 2  # seed 2: without any, with spec_mask


def test_the_folder_keeps_the_text_of_the_space(swept: Path):
    assert (swept / "space.yaml").read_text() == SPACE


def test_a_database_is_checked_before_any_clip_is_decoded(
    settings: list[str], space_path: Path, tmp_path: Path
):
    here = [*settings, f"data.cache={tmp_path / 'cache'}"]
    with pytest.raises(ConfigError, match="--storage: "):
        run_sweep(CNN, here, space_path, plan(tmp_path / "out", 1, storage="nosuchdb://host/name"))
    with_facts = plan(tmp_path / "out", 1, storage=f"sqlite:///{tmp_path / 'study.db'}")
    note_facts(open_study(with_facts.storage, "small", prunes=True, num_epochs=1), {"space": "another"})
    with pytest.raises(ConfigError, match="started with another space"):
        run_sweep(CNN, here, space_path, with_facts)
    assert {path.name for path in tmp_path.iterdir()} == {"study.db"}
