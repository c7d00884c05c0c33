"""audio_strided keeps where in the spectrum a pattern lies, and forgets when it was."""

import pytest
import torch
from torch import nn

from avdf.config.schema import ModelConfig
from avdf.detector import build_detector
from avdf.encoders import ENCODERS
from avdf.errors import ConfigError


def build(**settings: object) -> nn.Module:
    torch.manual_seed(0)
    encoder: nn.Module = ENCODERS.build({"name": "audio_strided", **settings}, "model.encoders.audio")
    return encoder.eval()


def pattern_at(first_bin: int, first_frame: int) -> torch.Tensor:
    """(1, 64, 160) zeros with four bins and eight frames of ones."""
    features = torch.zeros(1, 64, 160)
    features[:, first_bin : first_bin + 4, first_frame : first_frame + 8] = 1
    return features


def test_64_bins_become_8_bands_of_96_channels():
    assert build().dim == 96 * 8
    assert build(num_bins=80).dim == 96 * 10
    assert build(num_bins=81).dim == 96 * 11
    assert build(num_bins=80, dim=128).dim == 128


def test_24_48_96_channels_have_53_thousand_weights():
    # 5*5*24, 3*3*24*48, 3*3*48*96 and two for each channel of the norms; the linear layer has its own
    weights = 600 + 10368 + 41472 + 2 * (24 + 48 + 96)
    assert sum(weight.numel() for weight in build().parameters()) == weights
    assert sum(weight.numel() for weight in build(dim=10).parameters()) == weights + 96 * 8 * 10 + 10


def test_a_pattern_32_bins_higher_gives_the_same_numbers_4_bands_higher():
    encoder = build()
    with torch.inference_mode():
        low, high = (encoder(pattern_at(first, 40)).reshape(96, 8) for first in (12, 44))
    torch.testing.assert_close(high[:, 4:], low[:, :4])
    assert (high - low).abs().max() > 0.1 * low.abs().max()
    torch.testing.assert_close(high.sum(dim=1), low.sum(dim=1))  # an average over bands, too, forgets it


def test_a_pattern_64_frames_later_gives_the_same_numbers():
    encoder = build(dim=16)
    with torch.inference_mode():
        torch.testing.assert_close(encoder(pattern_at(12, 24)), encoder(pattern_at(12, 88)))


def test_features_of_another_number_of_bins_are_refused_with_both_numbers():
    model = ModelConfig(
        features={"audio": {"name": "log_mel", "num_mels": 80}},
        encoders={"audio": {"name": "audio_strided"}},
    )
    with pytest.raises(ConfigError, match="num_bins is 64, the features have 80"):
        build_detector(model, 16000)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channels": []}, "channels must list 1 to 8 numbers from 1 to 512"),
        ({"channels": [8, 9], "norm": "group"}, "channels must be multiples of 8 where norm is group"),
        ({"num_bins": 0}, "num_bins must be from 1 to 4096, got 0"),
        ({"dim": 10**6}, "dim must be from 1 to 4096, got 1000000"),
    ],
)
def test_sizes_out_of_bounds_are_refused_by_key(settings: dict, message: str):
    with pytest.raises(ConfigError, match=rf"^model\.encoders\.audio\.{message}"):
        build(**settings)
