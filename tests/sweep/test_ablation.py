"""The ablation table, on a judge whose figures are known by heart."""

import math
from pathlib import Path

import numpy as np
import pytest

from avdf.config.loading import load_config
from avdf.config.schema import Config
from avdf.experiment.settings import resolve
from avdf.sweep.ablation import ablation_table

CNN = Path(__file__).parents[2] / "configs" / "audio_cnn.yaml"
ORDER = ["gain", "spec_mask", "noise"]
SPARE = {"spec_mask": {"max_share": 0.2}, "noise": {"min_snr_db": 3.0}, "gain": {}}


class Judge:
    """0.5, masks + 0.2, noise + 0.1, both only + 0.25; seed 2 is 0.04 better, and with masks 0.02 more."""

    def __init__(self) -> None:
        self.num_trainings = 0

    def __call__(self, config: Config) -> float:
        self.num_trainings += 1
        masks, noise = ("spec_mask" in config.model.augment, "noise" in config.model.augment)
        lucky = 0.04 + 0.02 * masks if config.seed == 2 else 0.0
        return 0.5 + (0.25 if masks and noise else 0.2 * masks + 0.1 * noise) + lucky


def best() -> Config:
    overrides = ["model.augment.spec_mask.max_share=0.3", "model.augment.noise={}"]
    return resolve(load_config(CNN, overrides))


def test_gains_are_means_over_seeds_of_differences_under_one_seed():
    table = ablation_table(best(), SPARE, ORDER, [1, 2], Judge())
    masks, noise, gain = table.to_dict("records")
    assert [row["in_best"] for row in (masks, noise, gain)] == [True, True, False]
    assert masks["f2_none"] == pytest.approx(0.52)  # 0.50 and 0.54
    assert masks["f2_alone"] == pytest.approx(0.73)  # 0.70 and 0.76
    assert masks["gain_alone"] == pytest.approx(0.21)  # 0.20 and 0.22
    assert masks["gain_alone_sd"] == pytest.approx(0.02 / np.sqrt(2))
    assert masks["f2_with"] == pytest.approx(0.78)  # 0.75 and 0.81
    assert masks["f2_without"] == pytest.approx(0.62)  # 0.60 and 0.64
    assert masks["gain_in_best"] == pytest.approx(0.16)
    assert noise["gain_in_best"] == pytest.approx(0.05)  # next to masks it is worth half
    assert gain["gain_alone"] == gain["gain_in_best"] == 0


def test_an_augmentation_in_the_best_config_is_judged_with_its_settings_there():
    seen: list[dict] = []

    def judge(config: Config) -> float:
        seen.append(dict(config.model.augment))
        return 0.5

    ablation_table(best(), SPARE, ORDER, [1], judge)
    assert {one["spec_mask"]["max_share"] for one in seen if "spec_mask" in one} == {0.3}
    assert {one["noise"]["min_snr_db"] for one in seen if "noise" in one} == {5.0}


def test_an_augmentation_that_is_tried_stands_where_it_would_in_a_trial():
    seen: list[list[str]] = []

    def judge(config: Config) -> float:
        seen.append(list(config.model.augment))
        return 0.5

    ablation_table(best(), SPARE, ORDER, [1], judge)
    assert ["gain", "spec_mask", "noise"] in seen  # not behind those of the best config
    assert ["spec_mask", "noise", "gain"] not in seen


def test_one_seed_has_no_spread():
    table = ablation_table(best(), SPARE, ORDER, [1], Judge())
    assert table["gain_alone_sd"].isna().all()


def test_figures_of_a_training_that_failed_are_undefined_and_the_others_stand():
    def judge(config: Config) -> float:
        return math.nan if list(config.model.augment) == ["gain"] else Judge()(config)

    table = ablation_table(best(), SPARE, ORDER, [1, 3], judge).set_index("augmentation")
    assert table.loc["gain", ["f2_alone", "gain_alone", "gain_alone_sd"]].isna().all()
    assert table.loc["gain", "gain_in_best"] == 0
    assert table.loc["spec_mask", "gain_alone"] == pytest.approx(0.2)
