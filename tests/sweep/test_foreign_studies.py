"""Studies of other software and damaged databases are refused in one message."""

import math
import sqlite3
from pathlib import Path

import optuna
import pytest
from making.sweeps import space_of
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.trial import create_trial

from avdf.errors import ConfigError
from avdf.sweep.space import draw
from avdf.sweep.study import check_facts, check_trials, mark_running, note_facts, open_study

FACTS = {"config": "seed: 0", "space": "{}"}
SPACE = "augment: {gain: {max_db: {low: 0.0, high: 8.0}}}"
SWITCH = "model.augment.gain"


def study_in(folder: Path) -> optuna.Study:
    return open_study(f"sqlite:///{folder / 'study.db'}", "one", prunes=True, num_epochs=8)


def add(study: optuna.Study, value: float, params: dict, distributions: dict) -> None:
    study.add_trial(create_trial(value=value, params=params, distributions=distributions))


def test_a_trial_drawn_from_the_space_is_accepted(tmp_path: Path):
    study, space = study_in(tmp_path), space_of(tmp_path, SPACE)
    trial = study.ask()
    draw(space, trial)
    study.tell(trial, 0.5)
    check_trials(study, space)


@pytest.mark.parametrize(
    ("value", "params", "distributions", "message"),
    [
        (0.5, {"x": 1}, {"x": IntDistribution(0, 3)}, "drew x from IntDistribution"),
        (0.5, {SWITCH: "off"}, {SWITCH: CategoricalDistribution(["off", "no"])}, "drew model.augment.gain"),
        (0.5, {}, {}, "is incomplete"),
        (0.5, {SWITCH: "on"}, {SWITCH: CategoricalDistribution(["off", "on"])}, "is incomplete"),
        (-math.inf, {SWITCH: "off"}, {SWITCH: CategoricalDistribution(["off", "on"])}, "has an F2 of -inf"),
        (7.0, {SWITCH: "off"}, {SWITCH: CategoricalDistribution(["off", "on"])}, "has an F2 of 7.0"),
    ],
)
def test_a_study_of_other_software_is_refused(
    tmp_path: Path, value: float, params: dict, distributions: dict, message: str
):
    study = study_in(tmp_path)
    add(study, value, params, distributions)
    with pytest.raises(ConfigError, match=f"'one' is not of this space: trial 0 {message}.*; name another"):
        check_trials(study, space_of(tmp_path, SPACE))


def test_a_study_with_trials_and_without_facts_is_refused(tmp_path: Path):
    study = study_in(tmp_path)
    add(study, 0.5, {}, {})
    with pytest.raises(ConfigError, match="holds trials but not its config; name another folder"):
        check_facts(study, FACTS)


def test_a_study_that_minimises_is_refused(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'study.db'}"
    optuna.create_study(storage=url, study_name="one", direction="minimize")
    with pytest.raises(ConfigError, match="does not maximise one value"):
        open_study(url, "one", prunes=True, num_epochs=1)


@pytest.mark.parametrize("content", [b"just text, not SQLite", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "study.db").write_bytes(content)
    with pytest.raises(ConfigError, match=r"study\.db is damaged or is not SQLite .*; name another"):
        study_in(tmp_path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trial_user_attributes SET value_json = '{'",
        "UPDATE study_user_attributes SET value_json = '{'",
        "UPDATE trial_params SET distribution_json = '[]'",
        'UPDATE trial_params SET distribution_json = \'{"name": "Other", "attributes": {}}\'',
    ],
)
def test_a_database_with_damaged_rows_is_refused(tmp_path: Path, statement: str):
    study = study_in(tmp_path)
    note_facts(study, FACTS)
    trial = study.ask()
    mark_running(trial)
    trial.suggest_float("x", 0, 1)
    study.tell(trial, 0.5)
    with sqlite3.connect(tmp_path / "study.db") as database:
        database.execute(statement)
    database.close()
    with pytest.raises(ConfigError, match="the study's database can't be used"):
        check_trials(study_in(tmp_path), space_of(tmp_path, SPACE))
