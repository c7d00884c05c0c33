"""A run that is continued, or that must not be: the folder, the settings, the split, signals."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from making.calls import called
from making.runs import CONFIG, TOP, read_json

from avdf.config.loading import load_config, yaml_text
from avdf.errors import ConfigError, UserError
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import config_to_resume, load_experiment
from avdf.run_folder import RunFolder
from avdf.training.checkpoints import load_newest_state


def test_a_run_folder_is_not_overwritten(run: Path, settings: list[str]):
    done = called("train", CONFIG, *settings, f"run.dir={run}")
    assert done.status == 2
    assert "holds something already; name a new folder, or --resume" in done.stderr


def test_a_folder_that_cannot_be_written_is_named_before_any_work(settings: list[str], tmp_path: Path):
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [
            sys.executable,
            TOP / "tools" / "train.py",
            CONFIG,
            *settings,
            f"run.dir={tmp_path / 'file' / 'run'}",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "can't be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_finished_run_that_is_resumed_ends_with_the_same_scores(run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "scores.csv").unlink()
    (copy / ".audit.x1.part").mkdir()  # as left by a kill
    (copy / ".scores.csv.y2.part").write_text("half")
    (copy / "detector" / ".detector.safetensors.z3.part").write_text("half")
    done = subprocess.run(
        [sys.executable, TOP / "tools" / "train.py", "--resume", copy], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (copy / "scores.csv").read_bytes() == (run / "scores.csv").read_bytes()
    assert not list(copy.rglob("*.part"))
    before, after = read_json(run / "environment.json"), read_json(copy / "environment.json")
    assert (after["command"], after["started"]) == (before["command"], before["started"])
    assert before["resumed"] == []
    assert after["resumed"] == [f"python {TOP / 'tools' / 'train.py'} --resume {copy}"]


def test_a_resumed_run_takes_no_other_settings(run: Path, settings: list[str]):
    started = load_config(run / "config.yaml")
    for overrides in ([], [*settings, "run.dir=elsewhere"]):
        assert config_to_resume(RunFolder(run), overrides) == started
    for first in ([], [CONFIG]):
        done = called("train", *first, "train.epochs=9", "--resume", run)
        assert done.status == 2
        assert "train.epochs: " in done.stderr
        assert "the run was started with 2, not 9; a resumed run keeps its settings" in done.stderr


def test_copies_of_several_corpora_may_have_moved_but_are_of_the_same_sources(tmp_path: Path):
    run, key = RunFolder(tmp_path / "run"), "data.fakes.roots"
    sources = [f"{{name: fakeavceleb, alias: {alias}, root: {tmp_path}}}" for alias in ("one", "two")]
    words = [f"data.sources=[{', '.join(sources)}]", f"{key}={{one: before/one, two: before/two}}"]
    run.path.mkdir()
    run.config_yaml.write_text(yaml_text(load_experiment(CONFIG, words)), encoding="utf-8")
    for moved in (f"{key}={{one: now/one, two: now/two}}", f"{key}.one=now/one"):
        two = "before/two" if ".one=" in moved else "now/two"
        assert config_to_resume(run, [moved]).data.fakes.roots == {"one": "now/one", "two": two}
    with pytest.raises(ConfigError, match=r"data\.fakes\.roots\.three: .* with None, not 'now/three'"):
        config_to_resume(run, [f"{key}.three=now/three"])


def test_a_run_is_not_resumed_with_another_config(run: Path, settings: list[str]):
    other = load_experiment(CONFIG, [*settings, "train.epochs=9"])
    before = (run / "config.yaml").read_bytes()
    with pytest.raises(ConfigError, match=r"train\.epochs: the run was started with 2, not 9"):
        run_experiment(other, name="first", resume=run)
    assert (run / "config.yaml").read_bytes() == before


def test_a_run_is_not_resumed_on_another_split(run: Path, settings: list[str], tmp_path: Path):
    started = tmp_path / "started"
    started.mkdir()
    shutil.copy(run / "certificate.json", started)
    other = load_experiment(CONFIG, [*settings, "data.split.test=0.2"])
    with pytest.raises(UserError, match="was started on another split of the data"):
        run_experiment(other, name="started", resume=started)


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_gets_a_signal_saves_its_state(
    signal_sent: signal.Signals, settings: list[str], tmp_path: Path
):
    run, tool = tmp_path / "run", TOP / "tools" / "train.py"
    words = [*settings, "train.epochs=5000", f"run.dir={run}"]
    process = subprocess.Popen([sys.executable, tool, CONFIG, *words], stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not list(run.glob("checkpoints/state-*.json")):
        time.sleep(0.05)
    process.send_signal(signal_sent)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stderr.splitlines()[-1] == "interrupted; what was finished is kept"
    assert load_newest_state(run / "checkpoints")["progress"]["epoch"] < 5000
    assert not (run / "detector").exists()
    assert not list(run.rglob("*.part"))
