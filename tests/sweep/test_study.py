"""The record of a sweep: what counts, what a kill leaves, who may continue it."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from avdf.errors import ConfigError
from avdf.sweep.study import (
    REASON,
    check_facts,
    finished,
    left_behind,
    note_facts,
    open_study,
    put_back,
    sampler_of,
    sign,
    take_up,
    this_machine,
)

FACTS = {"config": "seed: 0", "space": "{}"}


def study_in(folder: Path) -> optuna.Study:
    return open_study(f"sqlite:///{folder / 'study.db'}", "one", prunes=True, num_epochs=8)


def drawn(seed: int, number: int) -> float:
    study = optuna.create_study(sampler=sampler_of(seed, number))
    return study.ask().suggest_float("x", 0, 1)


def test_draws_hang_on_the_seed_and_the_number_of_the_trial():
    assert drawn(0, 3) == drawn(0, 3)
    assert len({drawn(seed, number) for seed in (0, 1) for number in range(5)}) == 10


def test_done_given_up_and_failed_for_a_reason_count_and_interrupted_does_not(tmp_path: Path):
    study = study_in(tmp_path)
    for state, value in ((TrialState.COMPLETE, 0.5), (TrialState.PRUNED, None), (TrialState.FAIL, None)):
        trial = study.ask()
        study.tell(trial, value, state=state)
    failed = study.ask()
    failed.set_user_attr(REASON, "the loss is no number")
    study.tell(failed, state=TrialState.FAIL)
    study.ask()  # still running
    assert [trial.number for trial in finished(study)] == [0, 1, 3]


def test_a_trial_of_a_killed_process_is_run_again_with_what_it_had_drawn(tmp_path: Path):
    study = study_in(tmp_path)
    program = (
        "import os, signal, optuna\n"
        "from avdf.sweep.study import sign\n"
        f"study = optuna.load_study(study_name='one', storage='sqlite:///{tmp_path / 'study.db'}')\n"
        "trial = study.ask(); sign(trial); trial.suggest_float('x', 0, 1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert killed.returncode == -9
    left = study.get_trials()[0]
    assert left.state == TrialState.RUNNING
    killed_ones = left_behind(study)
    assert [trial.number for trial in killed_ones] == [0]
    assert take_up(study, killed_ones) == 1
    assert take_up(study, killed_ones) == 0  # another process found it, too, and is a moment late
    assert left_behind(study) == []
    assert finished(study) == []
    again = study.ask()
    assert again.number == 1
    assert again.suggest_float("x", 0, 1) == left.params["x"]


def test_a_trial_that_a_living_process_has_is_left_to_it(tmp_path: Path):
    study = study_in(tmp_path)
    program = (
        "import optuna, sys\n"
        "from avdf.sweep.study import sign\n"
        f"study = optuna.load_study(study_name='one', storage='sqlite:///{tmp_path / 'study.db'}')\n"
        "sign(study.ask()); print('ready', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        assert left_behind(study) == []
        other.communicate("")


def test_what_was_put_back_comes_next(tmp_path: Path):
    study = study_in(tmp_path)
    put_back(study, {"x": 0.25})
    put_back(study, {})  # killed before it drew anything: nothing to repeat
    assert study.ask().suggest_float("x", 0, 1) == 0.25
    assert len(study.get_trials()) == 1


def test_a_study_goes_on_with_the_same_facts_only(tmp_path: Path):
    note_facts(study_in(tmp_path), FACTS)
    note_facts(study_in(tmp_path), {**FACTS, "data": "0a1b"})
    check_facts(study_in(tmp_path), {"data": "0a1b"})
    with pytest.raises(
        ConfigError, match=r"'one' was begun with another space; name another folder \(--out\)"
    ):
        note_facts(study_in(tmp_path), {**FACTS, "space": '{"augment": {}}'})


@pytest.mark.parametrize(
    "url", ["nosuchdb://host/name", "no url at all", "sqlite:////no/such/folder/study.db"]
)
def test_a_database_that_can_not_be_used_is_the_users_to_mend(url: str):
    with pytest.raises(ConfigError, match=r"^--storage: .*give a SQLAlchemy URL"):
        open_study(url, "one", prunes=True, num_epochs=1)


def test_no_trial_is_given_up_in_the_first_quarter_of_its_epochs(tmp_path: Path):
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
def test_a_trial_of_another_host_boot_or_container_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """The number of its process means nothing here."""
    study = study_in(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    trial = study.ask()
    sign(trial)
    trial.set_user_attr("process", gone.pid)
    assert [one.number for one in left_behind(study)] == [0]
    here = dict(zip(["host", "boot", "container"], this_machine().split(), strict=False))
    assert name in here or not Path("/proc").is_dir()
    trial.set_user_attr("machine", " ".join((here | {name: "another"}).values()))
    assert left_behind(study) == []


def test_a_database_of_another_optuna_is_the_users_to_mend(tmp_path: Path):
    study_in(tmp_path)
    with sqlite3.connect(tmp_path / "study.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'v0.9.0.a'")
    database.close()
    with pytest.raises(ConfigError, match=r"can't be used: .*no longer compatible.* name another folder"):
        study_in(tmp_path)


def test_a_missing_driver_is_named_by_its_scheme():
    with pytest.raises(ConfigError, match=r"^--storage: the driver of mysql\+asyncmy:// is missing"):
        open_study("mysql+asyncmy://user:secret@host/db", "one", prunes=True, num_epochs=1)
