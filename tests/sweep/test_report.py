"""The tables and the figure of a study."""

import math
from pathlib import Path

import optuna
import pandas as pd
import pytest
from making.sweeps import space_of
from matplotlib.axes import Axes
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from avdf.sweep.report import importance_table, sweep_figure, trials_table
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
    settings = {f"{SWITCH}.{name}": value for name, value in rawboost.items()}
    params = {"train.weight_decay": decay, SWITCH: "on" if settings else "off", **settings}
    distributions = OF_DECAY | OF_SWITCH | (OF_RAWBOOST if settings else {})
    study.add_trial(create_trial(params=params, distributions=distributions, value=f2))


def importances(study: optuna.Study, space: Space) -> dict[str, tuple[float, int]]:
    table = importance_table(study, space, 0).set_index("parameter")
    return {key: (row["importance"], row["num_trials"]) for key, row in table.iterrows()}


def test_parameters_of_an_augmentation_are_compared_over_the_trials_that_used_it(space: Space):
    study = optuna.create_study(direction="maximize")
    for number in range(8):
        add(study, 0.1 * number, number / 8)
        add(study, 0.9 - 0.1 * number, 0.5, algorithms=["lnl", "isd"][number % 2], probability=number / 8)
    shares = importances(study, space)
    assert shares["train.weight_decay"][1] == shares[SWITCH][1] == 16
    of_rawboost = [shares[f"{SWITCH}.{name}"] for name in ("algorithms", "probability")]
    assert [num_trials for _, num_trials in of_rawboost] == [8, 8]
    assert sum(share for share, _ in of_rawboost) == pytest.approx(1)
    assert of_rawboost[1][0] > 0.5  # F2 falls with it


def test_a_parameter_equal_in_all_trials_has_no_importance(space: Space):
    study = optuna.create_study(direction="maximize")
    for number in range(5):
        add(study, 0.1 * number, 0.5, algorithms="lnl", probability=number / 5)
    shares = importances(study, space)
    assert math.isnan(shares["train.weight_decay"][0])
    assert math.isnan(shares[SWITCH][0])
    assert math.isnan(shares[f"{SWITCH}.algorithms"][0])
    assert shares[f"{SWITCH}.probability"] == (1, 5)


def test_a_choice_equal_in_all_trials_is_undefined_and_not_an_error(space: Space):
    study = optuna.create_study(direction="maximize")
    for number in range(5):
        add(study, 0.1 * number, number / 5, algorithms="lnl", probability=0.5)
    shares = importances(study, space)
    assert shares["train.weight_decay"] == (1, 5)
    assert math.isnan(shares[f"{SWITCH}.algorithms"][0])


def test_a_forest_without_variance_gives_no_importance(space: Space):
    """One of 60 trials differs by 1e-17, whose square is lost in the variance."""
    study = optuna.create_study(direction="maximize")
    for number in range(60):
        add(study, 1e-17 if number == 30 else 0.0, number / 60)
    assert math.isnan(importances(study, space)["train.weight_decay"][0])


def test_three_trials_are_too_few(space: Space):
    study = optuna.create_study(direction="maximize")
    for number in range(3):
        add(study, 0.1 * number, number / 3)
    assert math.isnan(importances(study, space)["train.weight_decay"][0])


def test_a_failed_trial_has_the_f2_of_its_last_epoch_and_its_reason(space: Space):
    study = optuna.create_study(direction="maximize")
    trial = study.ask()
    trial.report(0.25, 1)
    trial.report(0.5, 2)
    trial.set_user_attr(REASON, "the loss is NaN")
    study.tell(trial, state=TrialState.FAIL)
    (row,) = trials_table(study).to_dict("records")
    assert (row["state"], row["f2"], row["epochs"]) == ("fail", 0.5, 2)
    assert row["reason"] == "the loss is NaN"


def test_a_study_without_trials_is_an_empty_table_with_a_header():
    table = trials_table(optuna.create_study())
    assert list(table.columns) == ["trial", "state", "f2", "epochs", "seconds", "reason"]
    assert table.empty


IMPORTANCE = pd.DataFrame(
    {"parameter": ["train.learning_rate", "model.augment.gain"], "importance": [1.0, math.nan]}
).assign(among="all trials")
GAINS = ("gain_alone", "gain_alone_sd", "gain_in_best", "gain_in_best_sd")
ABLATION = pd.DataFrame({"augmentation": ["gain"], "in_best": [False], **{key: [0.01] for key in GAINS}})


def trials(*states: str) -> pd.DataFrame:
    return pd.DataFrame({"trial": range(len(states)), "state": states, "f2": 0.5})


def words(axes: Axes) -> list[str]:
    return [text.get_text().strip() for text in axes.texts]


def labels(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_the_legend_names_pruned_trials_if_there_are_any():
    axes = sweep_figure(trials("complete", "complete"), IMPORTANCE, None).axes[0]
    assert labels(axes) == ["complete", "best so far"]
    axes = sweep_figure(trials("complete", "pruned"), IMPORTANCE, None).axes[0]
    assert labels(axes) == ["stopped early", "complete", "best so far"]


def test_an_undefined_importance_is_labelled_and_not_drawn_as_zero():
    axes = sweep_figure(trials("complete"), IMPORTANCE, None).axes[1]
    assert words(axes) == ["too few trials"]
    assert sorted(bar.get_width() for bar in axes.patches if not math.isnan(bar.get_width())) == [1.0]


def test_a_gain_of_failed_trainings_is_labelled():
    failed = ABLATION.assign(gain_in_best=math.nan, gain_in_best_sd=math.nan)
    axes = sweep_figure(trials("complete"), IMPORTANCE, failed).axes[2]
    assert words(axes) == ["failed"]


def test_the_axis_of_small_gains_has_at_most_six_ticks():
    axes = sweep_figure(trials("complete"), IMPORTANCE, ABLATION.assign(gain_alone=0.0234)).axes[2]
    assert len(axes.get_xticks()) <= 6
