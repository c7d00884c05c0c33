"""Settings for an augmentation that the best trial went without."""

from pathlib import Path

import optuna
from making.sweeps import CNN, space_of
from optuna.distributions import CategoricalDistribution
from optuna.trial import create_trial

from avdf.config.loading import load_config
from avdf.experiment.settings import resolve
from avdf.sweep.ablation import spare_settings
from avdf.sweep.trial_config import augment_order
from avdf.sweep.trials import AUGMENT_OF_TRIAL

SWITCH = "model.augment.gain"


def study_of(*trials: tuple[float, float | None]) -> optuna.Study:
    """F2 and the `max_db` of gain, None where it was off."""
    study = optuna.create_study(direction="maximize")
    for f2, max_db in trials:
        study.add_trial(
            create_trial(
                value=f2,
                params={SWITCH: "off" if max_db is None else "on"},
                distributions={SWITCH: CategoricalDistribution(["off", "on"])},
                user_attrs={AUGMENT_OF_TRIAL: {} if max_db is None else {"gain": {"max_db": max_db}}},
            )
        )
    return study


def test_they_are_those_of_the_best_trial_that_had_it_on(tmp_path: Path):
    space = space_of(tmp_path, "augment: {gain: {max_db: {low: 0.0, high: 8.0}}}")
    study = study_of((0.5, 1.0), (0.7, 2.0), (0.9, None), (0.6, 3.0))
    assert spare_settings(study, load_config(CNN), space) == {"gain": {"max_db": 2.0}}


def test_where_no_trial_had_it_on_they_are_the_configs_and_the_middle_of_the_ranges(tmp_path: Path):
    space = space_of(tmp_path, "augment: {gain: {max_db: {low: 0.0, high: 8.0}}}")
    config = load_config(CNN, ["model.augment.gain={min_db: -3.0, max_db: 1.0}"])
    spare = spare_settings(study_of((0.9, None)), config, space)
    assert spare == {"gain": {"min_db": -3.0, "max_db": 4.0}}


def test_a_trial_applies_those_of_the_config_first_and_then_those_of_the_space(tmp_path: Path):
    space = space_of(tmp_path, "augment: {gain: , spec_mask: , noise: }")
    config = resolve(load_config(CNN, ["model.augment.speed={}", "model.augment.noise={}"]))
    assert augment_order(config, space) == ["speed", "noise", "gain", "spec_mask"]
