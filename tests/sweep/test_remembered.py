"""Figures of an ablation that are there already, and whose they are."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from avdf.config.loading import load_config
from avdf.config.schema import Config
from avdf.errors import UserError
from avdf.sweep.ablation import Remembered

CNN = Path(__file__).parents[2] / "configs" / "audio_cnn.yaml"
FACTS = {"data": "0a1b", "study": "one"}


def config(seed: int = 1, **data: str) -> Config:
    own = load_config(CNN, [f"seed={seed}", "model.augment.gain={}"])
    return replace(own, data=replace(own.data, **data))


def never(config: Config) -> float:
    raise AssertionError("trained again")


def test_a_training_is_run_once_and_remembered_by_the_next_process(tmp_path: Path):
    kept = tmp_path / "ablation.json"
    assert Remembered(lambda own: 0.5 + own.seed, kept, FACTS)(config(1)) == 1.5
    assert Remembered(never, kept, FACTS)(config(1)) == 1.5
    assert Remembered(lambda own: 0.5 + own.seed, kept, FACTS)(config(2)) == 2.5
    assert sorted(json.loads(kept.read_text()).values()) == [1.5, 2.5]


def test_data_that_moved_is_the_same_and_other_data_or_another_study_is_not(tmp_path: Path):
    kept = tmp_path / "ablation.json"
    assert Remembered(lambda _: 0.25, kept, FACTS)(config()) == 0.25
    assert Remembered(never, kept, FACTS)(config(root="elsewhere", cache="there")) == 0.25
    assert Remembered(lambda _: 0.5, kept, {**FACTS, "data": "2c3d"})(config()) == 0.5
    assert Remembered(lambda _: 0.75, kept, {**FACTS, "study": "two"})(config()) == 0.75


def test_a_training_that_found_no_memory_is_undefined_and_run_again(tmp_path: Path):
    def fails(config: Config) -> float:
        raise torch.OutOfMemoryError("no room")

    kept = tmp_path / "ablation.json"
    assert np.isnan(Remembered(fails, kept, FACTS)(config()))
    assert Remembered(lambda _: 0.25, kept, FACTS)(config()) == 0.25


def test_a_training_that_failed_is_undefined_said_once_and_not_run_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    def fails(config: Config) -> float:
        raise UserError("the loss is no number")

    kept = tmp_path / "ablation.json"
    with caplog.at_level(logging.INFO, "avdf"):
        assert np.isnan(Remembered(fails, kept, FACTS)(config()))
    assert list(json.loads(kept.read_text()).values()) == [None]
    assert caplog.messages == [
        "ablation with gain, seed 1 begins",
        "ablation with gain, seed 1 failed, and is left out: the loss is no number",
    ]
    assert np.isnan(Remembered(never, kept, FACTS)(config()))
