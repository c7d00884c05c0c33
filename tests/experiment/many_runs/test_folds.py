"""All folds of a small data set: side by side as one after the other, stopped, killed, continued."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.runs import CONFIG, TOP, read_json

from avdf.audit.request import audit_one
from avdf.audit.sources import AuditOptions
from avdf.command import INTERRUPTED, MISTAKE
from avdf.config.schema import Config
from avdf.errors import ConfigError, UserError
from avdf.evaluation.score_files import read_scores
from avdf.experiment.data import prepare_data
from avdf.experiment.evaluate import evaluate_run
from avdf.experiment.many_runs.folds import refuse_failures, run_folds
from avdf.experiment.many_runs.processes import PROGRAM_ERROR, Outcome
from avdf.experiment.many_runs.repeats import run_repeats
from avdf.experiment.many_runs.worker import Job
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import config_to_resume, load_experiment
from avdf.experiment.start import run_as_configured
from avdf.run_folder import RunFolder
from avdf.training.checkpoints import save_state

SAME = ("scores.csv", "history.csv", "metrics.json", "detector/detector.safetensors", "split.csv")
TRAIN = [sys.executable, str(TOP / "tools" / "train.py")]


def config_of(words: list[str], folder: Path, *more: str) -> Config:
    return load_experiment(CONFIG, [*words, f"run.dir={folder}", *more])


def assert_same_results(run: RunFolder, expected: RunFolder) -> None:
    for name in ("scores.csv", "metrics.json", "folds.json"):
        assert (run.path / name).read_bytes() == (expected.path / name).read_bytes(), name
    for fold, other in zip(run.folds, expected.folds, strict=True):
        for name in SAME:
            assert (fold.path / name).read_bytes() == (other.path / name).read_bytes(), (fold.name, name)


def test_folds_side_by_side_give_the_bytes_of_folds_one_after_the_other(
    after_each_other: RunFolder, words: list[str], tmp_path: Path
):
    config = config_of(words, tmp_path / "run", "run.parallel_folds=2")
    assert_same_results(RunFolder(run_folds(config, name="folds")), after_each_other)


def test_a_fold_has_the_bytes_of_the_same_run_alone(after_each_other: RunFolder, tmp_path: Path):
    fold = after_each_other.fold(1)
    assert (fold.config().run.threads, fold.config().run.all_folds) == (1, False)
    of_run = replace(fold.config().run, dir=str(tmp_path / "alone"))
    alone = run_experiment(replace(fold.config(), run=of_run), name="alone")
    for name in SAME:
        assert (alone / name).read_bytes() == (fold.path / name).read_bytes(), name


def test_over_all_folds_every_person_is_tested_once_at_the_threshold_of_the_fold(
    after_each_other: RunFolder,
):
    pooled = read_scores(after_each_other.scores_csv)
    clips = pd.read_csv(after_each_other.fold(0).clips_csv)
    assert sorted(pooled["clip"]) == sorted(clips["clip"])
    assert set(pooled["identity"]) == set(clips["voice"])
    assert (pooled.groupby("identity")["fold"].nunique() == 1).all()
    assert pd.read_csv(after_each_other.scores_csv)["is_fake"].dtype == np.int64
    for number, rows in pooled.groupby("fold"):
        threshold = after_each_other.fold(int(number)).metrics()["threshold"]
        assert (rows["threshold"] == threshold["value"]).all()
    called = pooled["score"] >= pooled["threshold"]
    overall = after_each_other.metrics()["splits"]["test"]
    assert overall["fnr"] == pytest.approx((~called[pooled["is_fake"] == 1]).mean())


def test_the_folds_read_no_media_after_the_data_is_prepared(words: list[str], tmp_path: Path):
    config = config_of(words, tmp_path / "run", "run.all_folds=false", f"data.cache={tmp_path / 'cache'}")
    root = tmp_path / "data"
    shutil.copytree(config.data.root, root)
    config = replace(config, data=replace(config.data, root=str(root)))
    prepared = prepare_data(config.data)
    shutil.rmtree(root)
    run = RunFolder(run_experiment(config, name="run", prepared_data=prepared))
    assert run.is_done


def wait_for_end_of_group(group: int) -> None:
    """Until no process of the group is left."""
    with suppress(ProcessLookupError):
        for _ in range(1000):
            os.killpg(group, 0)
            time.sleep(0.02)
        pytest.fail("a process is left")


def test_an_interrupted_run_is_continued_to_the_same_bytes(
    after_each_other: RunFolder, words: list[str], tmp_path: Path
):
    folder = tmp_path / "run"
    overrides = [word for word in words if not word.startswith(("train.epochs", "run.all"))]
    command = [*TRAIN, str(CONFIG), *overrides, "train.epochs=4", "--all-folds", f"run.dir={folder}"]
    process = subprocess.Popen(
        [*command, "run.parallel_folds=2"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while process.poll() is None and len(list(folder.glob("fold-*/checkpoints/state-*.json"))) < 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stderr.splitlines()[-1] == "interrupted; what was finished is kept"
    assert not RunFolder(folder).is_done
    wait_for_end_of_group(process.pid)
    done = subprocess.run([*TRAIN, "--resume", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert_same_results(RunFolder(folder), after_each_other)


def test_a_fold_that_fails_is_named_and_the_others_are_finished(after_each_other: RunFolder, tmp_path: Path):
    shutil.copytree(after_each_other.path, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    for fold in run.folds[1:]:
        shutil.rmtree(fold.audit)
        fold.scores_csv.unlink()
    save_state(run.fold(1).checkpoints, {"format": 1}, epoch=9, step=0)
    with pytest.raises(UserError, match=r"^fold 2 of 3: .*states of format 1.*; --resume \S*run continues"):
        run_folds(config_to_resume(run, ["run.parallel_folds=1"]), name="folds", resume=run.path)
    assert [fold.is_done for fold in run.folds] == [True, False, True]
    assert run.fold(2).scores_csv.read_bytes() == after_each_other.fold(2).scores_csv.read_bytes()


def outcome(label: str, status: int, message: str) -> Outcome:
    return Outcome(Job(label, Path("train.log"), print), status, message)


@pytest.mark.parametrize(
    ("failed", "error", "words"),
    [
        (
            [(MISTAKE, "no room")],
            UserError,
            r"^fold 1: no room\. The other folds are finished; --resume run ",
        ),
        ([(MISTAKE, "no room")] * 2, UserError, r"^fold 1, fold 2: no room\. "),
        ([(MISTAKE, "a"), (INTERRUPTED, "b")], UserError, r"^fold 1: a; fold 2: b\. "),
        ([(MISTAKE, "memory ran out")], UserError, r"run\.parallel_folds=1 needs less memory"),
        ([(INTERRUPTED, "was interrupted")], KeyboardInterrupt, None),
        ([(PROGRAM_ERROR, "a traceback"), (MISTAKE, "a")], RuntimeError, "fold 1: a traceback; fold 2: a"),
    ],
)
def test_failed_folds_are_grouped_by_their_reason(
    failed: list[tuple[int, str]], error: type[BaseException], words: str | None
):
    outcomes = [outcome(f"fold {number}", *item) for number, item in enumerate(failed, start=1)]
    with pytest.raises(error, match=words):
        refuse_failures(outcomes, RunFolder(Path("run")), num_parallel=2)


def test_runs_of_all_folds_and_of_one_fold_are_not_taken_for_each_other(after_each_other: RunFolder):
    with pytest.raises(ConfigError, match="trains every fold; add --all-folds"):
        run_experiment(after_each_other.config(), name="folds", resume=after_each_other.path)
    with pytest.raises(UserError, match=r"has one detector per fold; give one of them, as in .*fold-0"):
        evaluate_run(after_each_other.path, "test", after_each_other.path / "out")
    one = after_each_other.fold(0)
    with pytest.raises(ConfigError, match=r"fold-0 is the run of one fold; leave --all-folds out"):
        run_folds(one.config(), name="folds", resume=one.path)


def test_a_resumed_run_takes_a_number_of_folds_and_no_other_number_of_threads(after_each_other: RunFolder):
    config = config_to_resume(after_each_other, ["run.parallel_folds=2"])
    assert (config.run.parallel_folds, config.run.all_folds) == (2, True)
    with pytest.raises(ConfigError, match=r"run\.threads: the run was started with None, not 3"):
        config_to_resume(after_each_other, ["run.threads=3"])


def test_all_folds_need_a_number_of_folds_and_repeats_need_one_split(words: list[str], tmp_path: Path):
    with pytest.raises(ConfigError, match=r"data\.split\.folds: say how many folds, as in d"):
        run_as_configured(config_of(words, tmp_path / "run", "data.split.folds=null"), name="folds")
    with pytest.raises(ConfigError, match=r"run\.all_folds: repeat trains one split per seed"):
        run_repeats(config_of(words, tmp_path / "run"), [0, 1], tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_the_audit_of_all_folds_can_be_made_again(after_each_other: RunFolder, tmp_path: Path):
    audit_one(after_each_other.path, tmp_path / "again", AuditOptions())
    again, first = tmp_path / "again" / "audit.json", after_each_other.audit_json
    assert again.read_bytes() == first.read_bytes()
    content = read_json(first)
    assert content["provenance"]["folds"] == 3
    assert content["provenance"]["data_hash"] == after_each_other.fold(0).certificate()["data_hash"]
