"""Starting a run: one process per folder, and data that has moved since."""

import multiprocessing
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pandas as pd
import pytest
from making.calls import called
from making.runs import short_settings
from making.tiny import make_tiny

from avdf.config.loading import load_config
from avdf.config.schema import Config
from avdf.errors import ConfigError, UserError
from avdf.experiment.evaluate import evaluate_run
from avdf.experiment.record import new_run
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import config_to_resume, load_experiment
from avdf.run_folder import RunFolder

TOP = Path(__file__).parents[2]
LINEAR = TOP / "configs" / "audio_mfcc_linear.yaml"
STARTS = 8


def start_at_once(configs: list[Config]) -> list[Path | ConfigError]:
    """The folders, or the errors, of runs that are all started in one moment."""
    gate = Barrier(len(configs))

    def start(config: Config) -> Path | ConfigError:
        gate.wait()
        try:
            return new_run(config, "both").path
        except ConfigError as error:
            return error

    with ThreadPoolExecutor(len(configs)) as pool:
        return list(pool.map(start, configs))


def test_runs_that_start_in_one_second_get_a_folder_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    configs = [load_config(LINEAR, [f"seed={seed}"]) for seed in range(STARTS)]
    folders = start_at_once(configs)
    assert len(set(map(str, folders))) == STARTS
    assert {RunFolder(Path(str(folder))).config().seed for folder in folders} == set(range(STARTS))
    seconds = {str(folder).partition("Z")[0] for folder in folders}
    assert len(seconds) <= 2
    assert any(str(folder).endswith("Z-2") for folder in folders)


def test_of_runs_that_name_the_same_folder_one_gets_it_and_the_others_are_refused(tmp_path: Path):
    configs = [load_config(LINEAR, [f"run.dir={tmp_path / 'run'}", f"seed={seed}"]) for seed in range(STARTS)]
    results = start_at_once(configs)
    refused = [str(result) for result in results if isinstance(result, ConfigError)]
    assert len(refused) == STARTS - 1
    assert all("holds something already; name a new folder, or --resume" in message for message in refused)
    winner = next(number for number, result in enumerate(results) if isinstance(result, Path))
    assert RunFolder(tmp_path / "run").config().seed == winner


@pytest.mark.parametrize("left", [None, ".config.yaml.abc.part"])
def test_a_folder_that_is_empty_but_for_what_a_kill_left_may_be_named(tmp_path: Path, left: str | None):
    (tmp_path / "run").mkdir()
    if left:
        (tmp_path / "run" / left).write_text("see")
    assert new_run(load_config(LINEAR, [f"run.dir={tmp_path / 'run'}"]), "run").is_begun


def start(config: Config, gate, results) -> None:
    gate.wait()
    results.put((config.seed, str(run_experiment(config, name="both"))))


def test_two_trainings_in_one_second_end_with_their_own_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    settings = short_settings(make_tiny(tmp_path / "data", noise=0.012), tmp_path)
    configs = [load_experiment(LINEAR, [*settings, f"seed={seed}"]) for seed in (1, 2)]
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(2), context.Queue()
    processes = [context.Process(target=start, args=(config, gate, results)) for config in configs]
    for process in processes:
        process.start()
    folders = dict(results.get(timeout=120) for _ in processes)
    for process in processes:
        process.join()
    assert folders[1] != folders[2]
    for seed, folder in folders.items():
        run = RunFolder(Path(folder))
        assert run.config().seed == run.audit_content()["provenance"]["seed"] == seed
        assert f'"seed": {seed}' in run.detector_json.read_text("utf-8")


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, Path]:
    """A run whose data was moved afterwards, and where it is now."""
    folder = tmp_path_factory.mktemp("moved")
    root = make_tiny(folder / "before", noise=0.012)
    words = [*short_settings(root, folder), f"run.dir={folder / 'run'}"]
    run = RunFolder(run_experiment(load_experiment(LINEAR, words), name="run"))
    root.rename(folder / "now")
    return run, folder / "now"


def copy_of(run: RunFolder, folder: Path) -> RunFolder:
    shutil.copytree(run.path, folder)
    return RunFolder(folder)


def test_evaluate_is_told_where_moved_data_is(moved: tuple[RunFolder, Path], tmp_path: Path):
    run, now = moved
    with pytest.raises(ConfigError, match=r"no folder '.*before' with .* moved, say .*: --root PATH"):
        evaluate_run(run.path, "test", tmp_path / "out")
    done = called("evaluate", run.path, "--root", now, "--out", tmp_path / "out")
    assert done.status == 0, done.stderr
    before, again = pd.read_csv(run.scores_csv), pd.read_csv(tmp_path / "out" / "scores.csv")
    pd.testing.assert_frame_equal(again, before[before["split"] == "test"].reset_index(drop=True))


def test_a_run_is_resumed_where_its_data_is_now_and_remembers_it(
    moved: tuple[RunFolder, Path], tmp_path: Path
):
    run, now = copy_of(moved[0], tmp_path / "copy"), moved[1]
    scores = run.scores_csv.read_bytes()
    run.scores_csv.unlink()
    with pytest.raises(ConfigError, match=r"no folder .* is now: --resume .*copy data\.root=PATH"):
        config_to_resume(run, [])
    config = config_to_resume(run, [f"data.root={now}", f"data.cache={tmp_path / 'cache'}", "data.workers=1"])
    run_experiment(config, name="copy", resume=run.path)
    assert run.scores_csv.read_bytes() == scores
    assert run.config().data.root == str(now)
    assert config_to_resume(run, []).data.root == str(now)


def test_other_data_than_that_of_the_run_is_refused(moved: tuple[RunFolder, Path], tmp_path: Path):
    run, now = copy_of(moved[0], tmp_path / "copy"), tmp_path / "other"
    shutil.copytree(moved[1], now)
    next(now.glob("*/*/*/*/*.mp4")).unlink()
    config = config_to_resume(run, [f"data.root={now}"])
    with pytest.raises(UserError, match=r"other is not the data that the run was started with"):
        run_experiment(config, name="copy", resume=run.path)
    with pytest.raises(UserError, match=r"other is not the data that the run was started with"):
        evaluate_run(run.path, "test", tmp_path / "out", root=now)
    assert "other" not in run.config_yaml.read_text("utf-8")
