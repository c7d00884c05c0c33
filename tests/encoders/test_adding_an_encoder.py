"""The code on the page about adding an encoder runs as it is written."""

import doctest
import re
from pathlib import Path

import torch
import yaml

from avdf.encoders import ENCODERS
from avdf.testing import check_encoder

PAGE = Path(__file__).parents[2] / "docs" / "adding_an_encoder.md"


def test_the_example_of_the_page_registers_and_builds():
    page = PAGE.read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    config = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert code
    assert config
    try:
        exec(compile(code[1], str(PAGE), "exec"), {"__name__": "audio_conv"})
        settings = yaml.safe_load(config[1])["model"]["encoders"]["audio"]
        encoder = ENCODERS.build(settings, "model.encoders.audio")
        assert encoder(torch.randn(2, 64, 101)).shape == (2, 64)
    finally:
        ENCODERS._registered.pop("audio_conv", None)


def test_the_example_of_a_video_encoder_passes_the_check():
    code = re.search(r"```py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code
    try:
        exec(compile(code[1], str(PAGE), "exec"), {"__name__": "video_colour"})
        check_encoder("video_colour", {"dim": 4})
    finally:
        ENCODERS._registered.pop("video_colour", None)


def test_the_examples_of_check_encoder_on_the_page_run():
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0
