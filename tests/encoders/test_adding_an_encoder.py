"""The code on the page about adding an encoder runs as it is written."""

import doctest
import re
from pathlib import Path

import torch
import yaml

from avdf.encoders import ENCODERS
from avdf.features import FEATURES
from avdf.fusion import FUSIONS
from avdf.registry import Registry
from avdf.testing import check_encoder

PAGE = Path(__file__).parents[2] / "docs" / "adding_an_encoder.md"


def test_the_example_of_an_audio_encoder_builds_and_passes_the_check():
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
        check_encoder("audio_conv", {"dim": 4})
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


def run_example(registry: Registry, name: str) -> None:
    """Runs the code on the page that registers a plugin of that name."""
    (code,) = [
        code
        for code in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        if f'register("{name}"' in code
    ]
    exec(compile(code, str(PAGE), "exec"), {"__name__": name})
    assert name in registry.names()


def test_the_example_of_features_gives_four_bands_whatever_the_level():
    try:
        run_example(FEATURES, "quarter_bands")
        settings = {"name": "quarter_bands", "hop_length": 320}
        features = FEATURES.build(settings, "model.features.audio", {"sample_rate_hz": 16000})
        noise = torch.randn(2, 16000, generator=torch.Generator().manual_seed(0))
        assert features(noise).shape == (2, 4, 51)
        torch.testing.assert_close(features(0.01 * noise), features(noise), atol=1e-3, rtol=0)
        check_encoder("audio_cnn", {"channels": [8]}, features="quarter_bands")
    finally:
        FEATURES._registered.pop("quarter_bands", None)


def test_the_example_of_a_fusion_takes_the_higher_logit_of_what_is_there():
    try:
        run_example(FUSIONS, "strongest")
        fusion = FUSIONS.build({"name": "strongest"}, "model.fusion", {"dims": {"audio": 2, "video": 3}})
        vectors = {"audio": torch.ones(3, 2), "video": torch.ones(3, 3)}
        present = {"audio": torch.tensor([True, True, False]), "video": torch.tensor([True, False, True])}
        audio, video = (fusion.linears[name](vectors[name])[0].item() for name in ("audio", "video"))
        assert fusion(vectors, present).tolist() == [max(audio, video), audio, video]
        assert fusion({"audio": vectors["audio"]}, present).tolist()[:2] == [audio, audio]
    finally:
        FUSIONS._registered.pop("strongest", None)


def test_the_examples_of_check_encoder_on_the_page_run():
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0
