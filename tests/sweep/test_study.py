"""The study of a sweep: which trials count, what a killed process leaves, what is refused."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from avdf.errors import ConfigError
from avdf.sweep.study import (
    REASON,
    check_facts,
    finished,
    is_surplus,
    left_unfinished,
    mark_running,
    note_facts,
    open_study,
    queue_again,
    queue_draws,
    running_here,
    sampler_of,
    this_machine,
)

FACTS = {"config": "seed: 0", "space": "{}"}


def study_in(folder: Path) -> optuna.Study:
    return open_study(f"sqlite:///{folder / 'study.db'}", "one", prunes=True, num_epochs=8)


def drawn(seed: int, number: int) -> float:
    study = optuna.create_study(sampler=sampler_of(seed, number))
    return study.ask().suggest_float("x", 0, 1)


@contextmanager
def process_with_a_trial(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs a trial of `study_in(folder)` until its standard input ends."""
    program = (
        "import optuna, sys\n"
        "from avdf.sweep.study import mark_running\n"
        f"study = optuna.load_study(study_name='one', storage='sqlite:///{folder / 'study.db'}')\n"
        "mark_running(study.ask()); print('ready', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        yield other


def test_draws_depend_on_the_seed_and_the_number_of_the_trial():
    assert drawn(0, 3) == drawn(0, 3)
    assert len({drawn(seed, number) for seed in (0, 1) for number in range(5)}) == 10


def test_complete_pruned_and_failed_trials_count_and_interrupted_ones_do_not(tmp_path: Path):
    study = study_in(tmp_path)
    for state, value in ((TrialState.COMPLETE, 0.5), (TrialState.PRUNED, None), (TrialState.FAIL, None)):
        trial = study.ask()
        study.tell(trial, value, state=state)
    failed = study.ask()
    failed.set_user_attr(REASON, "the loss is NaN")
    study.tell(failed, state=TrialState.FAIL)
    study.ask()  # still running
    assert [trial.number for trial in finished(study)] == [0, 1, 3]


def test_a_trial_of_a_killed_process_is_run_again_with_the_same_draws(tmp_path: Path):
    study = study_in(tmp_path)
    program = (
        "import os, signal, optuna\n"
        "from avdf.sweep.study import mark_running\n"
        f"study = optuna.load_study(study_name='one', storage='sqlite:///{tmp_path / 'study.db'}')\n"
        "trial = study.ask(); mark_running(trial); trial.suggest_float('x', 0, 1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert killed.returncode == -9
    left = study.get_trials()[0]
    assert left.state == TrialState.RUNNING
    unfinished = left_unfinished(study)
    assert [trial.number for trial in unfinished] == [0]
    assert queue_again(study, unfinished) == 1
    assert queue_again(study, unfinished) == 0  # as in a second process that finds it
    assert left_unfinished(study) == []
    assert finished(study) == []
    again = study.ask()
    assert again.number == 1
    assert again.suggest_float("x", 0, 1) == left.params["x"]


def test_a_trial_of_a_living_process_is_not_run_again(tmp_path: Path):
    study = study_in(tmp_path)
    with process_with_a_trial(tmp_path) as other:
        assert left_unfinished(study) == []
        other.communicate("")


def test_queued_draws_come_next(tmp_path: Path):
    study = study_in(tmp_path)
    queue_draws(study, {"x": 0.25})
    queue_draws(study, {})  # the process was killed before it drew anything
    assert study.ask().suggest_float("x", 0, 1) == 0.25
    assert len(study.get_trials()) == 1


def test_a_study_is_continued_with_the_same_facts_only(tmp_path: Path):
    note_facts(study_in(tmp_path), FACTS)
    note_facts(study_in(tmp_path), {**FACTS, "data": "0a1b"})
    check_facts(study_in(tmp_path), {"data": "0a1b"})
    with pytest.raises(
        ConfigError, match=r"'one' was started with another space; name another folder \(--out\)"
    ):
        note_facts(study_in(tmp_path), {**FACTS, "space": '{"augment": {}}'})


@pytest.mark.parametrize(
    "url", ["nosuchdb://host/name", "no url at all", "sqlite:////no/such/folder/study.db"]
)
def test_a_database_that_can_not_be_opened_is_refused_with_the_remedy(url: str):
    with pytest.raises(ConfigError, match=r"^--storage: .*give a SQLAlchemy URL"):
        open_study(url, "one", prunes=True, num_epochs=1)


def test_no_trial_is_pruned_in_the_first_quarter_of_its_epochs(tmp_path: Path):
    study = study_in(tmp_path)  # of 8 epochs
    for _ in range(5):
        better = study.ask()
        for epoch in (1, 2):
            better.report(0.9, epoch)
        study.tell(better, 0.9)
    worse = study.ask()
    worse.report(0.1, 1)
    assert not worse.should_prune()
    worse.report(0.1, 2)
    assert worse.should_prune()


@pytest.mark.parametrize("name", ["host", "boot", "container"])
def test_a_trial_of_another_host_boot_or_container_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """A process number is unique within one host, boot and container only."""
    study = study_in(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    trial = study.ask()
    mark_running(trial)
    trial.set_user_attr("process", gone.pid)
    assert [trial.number for trial in left_unfinished(study)] == [0]
    here = dict(zip(["host", "boot", "container"], this_machine().split(), strict=False))
    assert name in here or not Path("/proc").is_dir()
    trial.set_user_attr("machine", " ".join((here | {name: "another"}).values()))
    assert left_unfinished(study) == []


def test_a_database_of_another_version_of_optuna_is_refused(tmp_path: Path):
    study_in(tmp_path)
    with sqlite3.connect(tmp_path / "study.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'v0.9.0.a'")
    database.close()
    with pytest.raises(ConfigError, match=r"can't be used: .*no longer compatible.* name another folder"):
        study_in(tmp_path)


def test_a_missing_driver_is_named_by_its_scheme():
    with pytest.raises(ConfigError, match=r"^--storage: the driver of mysql\+asyncmy:// is missing"):
        open_study("mysql+asyncmy://user:secret@host/db", "one", prunes=True, num_epochs=1)


def test_of_trials_started_at_the_same_moment_the_last_ones_are_surplus(tmp_path: Path):
    """Two processes each see 0 finished trials of 1 and start one; the second process sees the first."""
    study = study_in(tmp_path)
    with process_with_a_trial(tmp_path) as other:
        trial = study.ask()
        mark_running(trial)
        assert not is_surplus(study, 0, 1)
        assert is_surplus(study, trial.number, 1)
        assert not is_surplus(study, trial.number, 2)
        assert [item.number for item in running_here(study)] == [0]
        other.communicate("")
    assert not is_surplus(study, trial.number, 1)  # the other process ended without a result
    queue_again(study, left_unfinished(study))


def test_a_queued_trial_takes_a_place(tmp_path: Path):
    study = study_in(tmp_path)
    queue_draws(study, {"x": 0.25})
    assert is_surplus(study, 1, 1)
    assert not is_surplus(study, 0, 1)
