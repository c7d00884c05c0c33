"""The level of a clip changes neither features nor scores: all registered features, all shipped configs."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from avdf.config.loading import load_config
from avdf.config.schema import ModelConfig
from avdf.data.audio.levels import as_float32, as_int16
from avdf.detector import Detector, build_detector
from avdf.features import FEATURES

CONFIGS = sorted(
    path for path in (Path(__file__).parents[2] / "configs").glob("*.yaml") if "video" not in path.name
)
RELATIVE = {"log_mel": {"floor_db": -60}, "mfcc": {"floor_db": -60}}  # the others have no fixed floor
LEVELS_DB = (-20, -10, 0)


def features(name: str, **settings: object) -> nn.Module:
    built: nn.Module = FEATURES.build(
        {"name": name, **RELATIVE.get(name, {}), **settings}, "f", {"sample_rate_hz": 16000}
    )
    return built


@pytest.fixture
def clip(speech) -> Tensor:
    """(1, sample) speech at -26 dB of full scale."""
    waveform = torch.from_numpy(speech).float()[None]
    return waveform * 10 ** (-26 / 20) / waveform.square().mean().sqrt()


def quieter(clip: Tensor, level_db: float) -> Tensor:
    return clip * 10 ** (level_db / 20)


@pytest.mark.parametrize("name", FEATURES.names())
def test_features_are_the_same_from_minus_20_to_0_db(name: str, clip: Tensor):
    extract = features(name)
    for level_db in LEVELS_DB:
        torch.testing.assert_close(extract(quieter(clip, level_db)), extract(clip), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", ["log_mel", "mfcc"])
def test_a_fixed_floor_lets_20_db_change_them(name: str, clip: Tensor):
    extract = features(name, floor_db=None)
    assert (extract(quieter(clip, -20)) - extract(clip)).abs().max() > 0.2


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_logit_of_a_shipped_config_is_the_same_to_a_thousandth(path: Path, clip: Tensor):
    config = load_config(path)
    encoders = {
        modality: {**settings, "weights": "none"} if settings.get("weights") else settings
        for modality, settings in config.model.encoders.items()
    }
    model = ModelConfig(features=dict(config.model.features), encoders=encoders)
    detector = random_detector(model, clip)
    logits = torch.cat([logit(detector, quieter(clip, level_db)) for level_db in LEVELS_DB])
    assert logits.max() - logits.min() < 1e-3
    noisy = clip + 0.1 * clip.std() * torch.randn(clip.shape)
    assert (logit(detector, noisy) - logits[0]).abs() > 0.1  # so that it says something


def test_16_bits_at_minus_20_db_cost_more_than_the_level(clip: Tensor):
    """What is stored in 16 bits at -46 dB of full scale has a rounding error of a hundredth of its level."""
    extract = features("log_mel")
    stored = torch.from_numpy(as_float32(as_int16(quieter(clip, -20).numpy())))
    level, rounding = (
        float((extract(other) - extract(clip)).abs().mean()) for other in (quieter(clip, -20), stored)
    )
    assert level < 1e-5
    assert 1e-3 < rounding < 0.2


def random_detector(model: ModelConfig, clip: Tensor) -> Detector:
    """A detector with random weights, whose last layer gives four clips logits with a spread of 3."""
    torch.manual_seed(0)
    detector = build_detector(model, 16000)
    noise = clip.std() * torch.randn(clip.shape)
    others = torch.cat([clip, clip.flip(1), clip + noise, noise])
    for module in detector.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0  # one batch in training mode sets the statistics
    logit(detector, others)
    detector.eval()
    with torch.no_grad():
        detector.fusion.linear.weight *= 3 / float(logit(detector, others).std())
    return detector


def logit(detector: Detector, waveform: Tensor) -> Tensor:
    with torch.inference_mode():
        return detector(detector.extract({"waveform": waveform}))
