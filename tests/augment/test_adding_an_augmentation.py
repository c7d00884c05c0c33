"""The code on the page about augmentations runs as it is written, and its defaults are those of the code."""

import re
from pathlib import Path

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.data.dataset import CropKey
from avdf.training.augmentation import build_augmentation

PAGE = Path(__file__).parents[2] / "docs" / "augmentations.md"


def test_the_example_of_the_page_registers_and_inverts_a_waveform():
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code
    try:
        exec(compile(code[1], str(PAGE), "exec"), {"__name__": "polarity"})
        augmentation = build_augmentation({"polarity": {"probability": 1}})
        waveform, key = np.array([0.5, -1], np.float32), CropKey(seed=0, epoch=0, clip="a", crop=0)
        altered = augmentation.augment_waveform(waveform, key, sample_rate_hz=16000)
        assert altered.tolist() == [-0.5, 1]
    finally:
        AUGMENTS._registered.pop("polarity", None)


@pytest.mark.parametrize("name", AUGMENTS.names())
def test_the_page_names_every_setting_with_its_default(name):
    text = PAGE.read_text("utf-8")
    config = AUGMENTS.get(name).config_class()
    for key, value in vars(config).items():
        if key == "probability":
            assert value == 1.0
            continue
        assert f"`{key}`" in text, key
        if (
            isinstance(value, float | int) and name != "rawboost"
        ):  # where one number is the default of two keys
            assert f"`{key}` {value:g}" in text, (key, value)
