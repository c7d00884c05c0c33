"""The ablation table, on a judge whose figures are known by heart."""

from pathlib import Path

import numpy as np
import pytest

from avdf.config import load_config
from avdf.experiment import resolve
from avdf.settings import Config
from avdf.sweep.ablation import ablation_table

CNN = Path(__file__).parents[1] / "configs" / "audio_cnn.yaml"
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


def test_gains_are_means_over_seeds_of_differences_under_one_seed(tmp_path: Path):
    table = ablation_table(best(), SPARE, [1, 2], Judge(), tmp_path / "ablation.json")
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


def test_an_augmentation_in_the_best_config_is_judged_with_its_settings_there(tmp_path: Path):
    seen: list[dict] = []

    def judge(config: Config) -> float:
        seen.append(dict(config.model.augment))
        return 0.5

    ablation_table(best(), SPARE, [1], judge, tmp_path / "ablation.json")
    assert {one["spec_mask"]["max_share"] for one in seen if "spec_mask" in one} == {0.3}
    assert {one["noise"]["min_snr_db"] for one in seen if "noise" in one} == {5.0}


def test_a_training_is_run_once_and_remembered_by_the_next_process(tmp_path: Path):
    judge = Judge()
    first = ablation_table(best(), SPARE, [1], judge, tmp_path / "ablation.json")
    # none; masks, noise, gain alone; all of the best; without masks (noise alone: had) and without noise
    # (masks alone: had); the best with gain.
    assert judge.num_trainings == 6
    again = Judge()
    second = ablation_table(best(), SPARE, [1], again, tmp_path / "ablation.json")
    assert again.num_trainings == 0
    assert first.equals(second)


def test_one_seed_has_no_spread(tmp_path: Path):
    table = ablation_table(best(), SPARE, [1], Judge(), tmp_path / "ablation.json")
    assert table["gain_alone_sd"].isna().all()
