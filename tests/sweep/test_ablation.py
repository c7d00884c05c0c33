"""The ablation: gains, cached trainings, and settings of augmentations that the best trial lacks."""

import json
import logging
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch
from making.sweeps import CNN, space_of
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import create_trial

from avdf.config.loading import load_config
from avdf.config.schema import Config
from avdf.errors import UserError
from avdf.experiment.settings import resolve
from avdf.sweep.ablation import CachedObjective, ablation_table, fallback_settings
from avdf.sweep.trial_config import augment_order

ORDER = ["gain", "spec_mask", "noise"]
FALLBACK = {"spec_mask": {"max_share": 0.2}, "noise": {"min_snr_db": 3.0}, "gain": {}}
FACTS = {"data": "0a1b", "study": "one"}


class KnownObjective:
    """0.5, masks +0.2, noise +0.1, both only +0.25; seed 2 adds 0.04, and with masks 0.02 more."""

    def __call__(self, config: Config) -> float:
        masks, noise = ("spec_mask" in config.model.augment, "noise" in config.model.augment)
        luck = 0.04 + 0.02 * masks if config.seed == 2 else 0.0
        return 0.5 + (0.25 if masks and noise else 0.2 * masks + 0.1 * noise) + luck


def best_config() -> Config:
    overrides = ["model.augment.spec_mask.max_share=0.3", "model.augment.noise={}"]
    return resolve(load_config(CNN, overrides))


def test_gains_are_means_over_seeds_of_differences_under_one_seed():
    table = ablation_table(best_config(), FALLBACK, ORDER, [1, 2], KnownObjective())
    masks, noise, gain = table.to_dict("records")
    assert [row["in_best"] for row in (masks, noise, gain)] == [True, True, False]
    assert masks["f2_none"] == pytest.approx(0.52)  # 0.50 and 0.54
    assert masks["f2_alone"] == pytest.approx(0.73)  # 0.70 and 0.76
    assert masks["gain_alone"] == pytest.approx(0.21)  # 0.20 and 0.22
    assert masks["gain_alone_sd"] == pytest.approx(0.02 / np.sqrt(2))
    assert masks["f2_with"] == pytest.approx(0.78)  # 0.75 and 0.81
    assert masks["f2_without"] == pytest.approx(0.62)  # 0.60 and 0.64
    assert masks["gain_in_best"] == pytest.approx(0.16)
    assert noise["gain_in_best"] == pytest.approx(0.05)  # beside masks, half of 0.1
    assert gain["gain_alone"] == gain["gain_in_best"] == 0


def test_an_augmentation_of_the_best_config_keeps_its_settings():
    tried: list[dict] = []

    def objective(config: Config) -> float:
        tried.append(dict(config.model.augment))
        return 0.5

    ablation_table(best_config(), FALLBACK, ORDER, [1], objective)
    assert {augment["spec_mask"]["max_share"] for augment in tried if "spec_mask" in augment} == {0.3}
    assert {augment["noise"]["min_snr_db"] for augment in tried if "noise" in augment} == {5.0}


def test_augmentations_are_applied_in_the_order_of_a_trial():
    orders: list[list[str]] = []

    def objective(config: Config) -> float:
        orders.append(list(config.model.augment))
        return 0.5

    ablation_table(best_config(), FALLBACK, ORDER, [1], objective)
    assert ["gain", "spec_mask", "noise"] in orders  # not after those of the best config
    assert ["spec_mask", "noise", "gain"] not in orders


def test_one_seed_has_no_standard_deviation():
    table = ablation_table(best_config(), FALLBACK, ORDER, [1], KnownObjective())
    assert table["gain_alone_sd"].isna().all()


def test_metrics_of_a_failed_training_are_undefined_and_the_others_remain():
    def objective(config: Config) -> float:
        return math.nan if list(config.model.augment) == ["gain"] else KnownObjective()(config)

    table = ablation_table(best_config(), FALLBACK, ORDER, [1, 3], objective).set_index("augmentation")
    assert table.loc["gain", ["f2_alone", "gain_alone", "gain_alone_sd"]].isna().all()
    assert table.loc["gain", "gain_in_best"] == 0
    assert table.loc["spec_mask", "gain_alone"] == pytest.approx(0.2)


def gain_config(seed: int = 1, **data: str) -> Config:
    config = load_config(CNN, [f"seed={seed}", "model.augment.gain={}"])
    return replace(config, data=replace(config.data, **data))


def never(config: Config) -> float:
    raise AssertionError("trained again")


def test_a_training_is_run_once_and_reused_by_the_next_process(tmp_path: Path):
    path = tmp_path / "ablation.json"
    assert CachedObjective(lambda config: config.seed / 4, path, FACTS)(gain_config(1)) == 0.25
    assert CachedObjective(never, path, FACTS)(gain_config(1)) == 0.25
    assert CachedObjective(lambda config: config.seed / 4, path, FACTS)(gain_config(2)) == 0.5
    assert sorted(json.loads(path.read_text()).values()) == [0.25, 0.5]


def test_moved_data_is_reused_and_other_data_or_another_study_is_not(tmp_path: Path):
    path = tmp_path / "ablation.json"
    assert CachedObjective(lambda _: 0.25, path, FACTS)(gain_config()) == 0.25
    assert CachedObjective(never, path, FACTS)(gain_config(root="elsewhere", cache="there")) == 0.25
    assert CachedObjective(lambda _: 0.5, path, {**FACTS, "data": "2c3d"})(gain_config()) == 0.5
    assert CachedObjective(lambda _: 0.75, path, {**FACTS, "study": "two"})(gain_config()) == 0.75


def test_a_training_without_enough_memory_is_undefined_and_run_again(tmp_path: Path):
    def fails(config: Config) -> float:
        raise torch.OutOfMemoryError("too little memory")

    path = tmp_path / "ablation.json"
    assert np.isnan(CachedObjective(fails, path, FACTS)(gain_config()))
    assert CachedObjective(lambda _: 0.25, path, FACTS)(gain_config()) == 0.25


def test_a_failed_training_is_undefined_logged_once_and_not_run_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    def fails(config: Config) -> float:
        raise UserError("the loss is NaN")

    path = tmp_path / "ablation.json"
    with caplog.at_level(logging.INFO, "avdf"):
        assert np.isnan(CachedObjective(fails, path, FACTS)(gain_config()))
    assert list(json.loads(path.read_text()).values()) == [None]
    assert caplog.messages == [
        "ablation with gain, seed 1 begins",
        "ablation with gain, seed 1 failed and is left out: the loss is NaN",
    ]
    assert np.isnan(CachedObjective(never, path, FACTS)(gain_config()))


@pytest.mark.parametrize(
    "content", ["[0.5]", "{", '{"a": "0.5"}', '{"a": 7}', '{"a": NaN}', "[" * 9999, "\xff"]
)
def test_a_damaged_or_foreign_cache_is_refused_with_the_remedy(tmp_path: Path, content: str):
    path = tmp_path / "ablation.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match=r"ablation\.json: .*; delete it and .* repeated$"):
        CachedObjective(never, path, FACTS)


SWITCH = "model.augment.gain"


def study_of(*trials: tuple[float, float | None]) -> optuna.Study:
    """Trials given as F2 and the `max_db` of gain, None if gain was off."""
    study = optuna.create_study(direction="maximize")
    for f2, max_db in trials:
        params: dict[str, object] = (
            {SWITCH: "off"} if max_db is None else {SWITCH: "on", f"{SWITCH}.max_db": max_db}
        )
        distributions = {SWITCH: CategoricalDistribution(["off", "on"])}
        if max_db is not None:
            distributions[f"{SWITCH}.max_db"] = FloatDistribution(0.0, 8.0)
        study.add_trial(create_trial(value=f2, params=params, distributions=distributions))
    return study


def test_fallback_settings_are_those_of_the_best_trial_that_used_the_augmentation(tmp_path: Path):
    space = space_of(tmp_path, "augment: {gain: {max_db: {low: 0.0, high: 8.0}}}")
    study = study_of((0.5, 1.0), (0.7, 2.0), (0.9, None), (0.6, 3.0))
    fallback = fallback_settings(study, resolve(load_config(CNN)), space)
    assert fallback["gain"]["max_db"] == 2.0


def test_without_such_a_trial_they_are_the_configs_and_the_middle_of_the_ranges(tmp_path: Path):
    space = space_of(tmp_path, "augment: {gain: {max_db: {low: 0.0, high: 8.0}}}")
    config = load_config(CNN, ["model.augment.gain={min_db: -3.0, max_db: 1.0}"])
    fallback = fallback_settings(study_of((0.9, None)), config, space)
    assert fallback == {"gain": {"min_db": -3.0, "max_db": 4.0}}


def test_a_trial_applies_the_augmentations_of_the_config_before_those_of_the_space(tmp_path: Path):
    space = space_of(tmp_path, "augment: {gain: , spec_mask: , noise: }")
    config = resolve(load_config(CNN, ["model.augment.speed={}", "model.augment.noise={}"]))
    assert augment_order(config, space) == ["speed", "noise", "gain", "spec_mask"]
