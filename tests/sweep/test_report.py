"""A study as tables: what was drawn, how it ended, what mattered."""

import math
from pathlib import Path

import optuna
import pytest
from making.sweeps import space_of
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from avdf.sweep.report import importance_table, trials_table
from avdf.sweep.space import Space
from avdf.sweep.study import REASON

SPACE = """
parameters: {train.weight_decay: {low: 0.0, high: 1.0}}
augment: {rawboost: {algorithms: {choices: [lnl, isd]}, probability: {low: 0.0, high: 1.0}}}
"""
SWITCH = "model.augment.rawboost"
OF_DECAY = {"train.weight_decay": FloatDistribution(0, 1)}
OF_SWITCH = {SWITCH: CategoricalDistribution(["off", "on"])}
OF_RAWBOOST = {
    f"{SWITCH}.algorithms": CategoricalDistribution(["lnl", "isd"]),
    f"{SWITCH}.probability": FloatDistribution(0, 1),
}


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return space_of(tmp_path, SPACE)


def add(study: optuna.Study, f2: float, decay: float, **rawboost: object) -> None:
    """A completed trial; with `algorithms` and `probability` rawboost was on."""
    own = {f"{SWITCH}.{name}": value for name, value in rawboost.items()}
    params = {"train.weight_decay": decay, SWITCH: "on" if own else "off", **own}
    distributions = OF_DECAY | OF_SWITCH | (OF_RAWBOOST if own else {})
    study.add_trial(create_trial(params=params, distributions=distributions, value=f2))


def importances(study: optuna.Study, space: Space) -> dict[str, tuple[float, int]]:
    table = importance_table(study, space, 0).set_index("parameter")
    return {key: (row["importance"], row["num_trials"]) for key, row in table.iterrows()}


def test_what_an_augmentation_drew_is_compared_among_the_trials_that_had_it_on(space: Space):
    study = optuna.create_study(direction="maximize")
    for number in range(8):
        add(study, 0.1 * number, number / 8)
        add(study, 0.9 - 0.1 * number, 0.5, algorithms=["lnl", "isd"][number % 2], probability=number / 8)
    found = importances(study, space)
    assert found["train.weight_decay"][1] == found[SWITCH][1] == 16
    of_rawboost = [found[f"{SWITCH}.{name}"] for name in ("algorithms", "probability")]
    assert [num_trials for _, num_trials in of_rawboost] == [8, 8]
    assert sum(share for share, _ in of_rawboost) == pytest.approx(1)
    assert of_rawboost[1][0] > 0.5  # F2 falls with it


def test_what_all_trials_drew_alike_has_no_importance_and_the_others_share_it(space: Space):
    study = optuna.create_study(direction="maximize")
    for number in range(5):
        add(study, 0.1 * number, 0.5, algorithms="lnl", probability=number / 5)
    found = importances(study, space)
    assert math.isnan(found["train.weight_decay"][0])
    assert math.isnan(found[SWITCH][0])
    assert math.isnan(found[f"{SWITCH}.algorithms"][0])
    assert found[f"{SWITCH}.probability"] == (1, 5)


def test_a_single_choice_of_all_trials_is_no_reason_to_break(space: Space):
    study = optuna.create_study(direction="maximize")
    for number in range(5):
        add(study, 0.1 * number, number / 5, algorithms="lnl", probability=0.5)
    found = importances(study, space)
    assert found["train.weight_decay"] == (1, 5)
    assert math.isnan(found[f"{SWITCH}.algorithms"][0])


def test_a_forest_without_variance_gives_no_importance(space: Space):
    """One trial in sixty stands out by one in 10^17: too little for the variance of a float."""
    study = optuna.create_study(direction="maximize")
    for number in range(60):
        add(study, 1e-17 if number == 30 else 0.0, number / 60)
    assert math.isnan(importances(study, space)["train.weight_decay"][0])


def test_three_trials_are_too_few(space: Space):
    study = optuna.create_study(direction="maximize")
    for number in range(3):
        add(study, 0.1 * number, number / 3)
    assert math.isnan(importances(study, space)["train.weight_decay"][0])


def test_a_trial_that_broke_has_the_f2_of_its_last_epoch_and_its_reason(space: Space):
    study = optuna.create_study(direction="maximize")
    trial = study.ask()
    trial.report(0.25, 1)
    trial.report(0.5, 2)
    trial.set_user_attr(REASON, "the loss is no number")
    study.tell(trial, state=TrialState.FAIL)
    (row,) = trials_table(study).to_dict("records")
    assert (row["state"], row["f2"], row["epochs"]) == ("fail", 0.5, 2)
    assert row["reason"] == "the loss is no number"


def test_a_study_without_a_trial_has_a_table_of_a_header():
    table = trials_table(optuna.create_study())
    assert list(table.columns) == ["trial", "state", "f2", "epochs", "seconds", "reason"]
    assert table.empty
