"""cqt: equal to dot products of frames and kernels, computed one by one; tones lie at their bins."""

import math

import pytest
import torch
from torch import Tensor

from avdf.errors import ConfigError
from avdf.features import FEATURES
from avdf.features.cqt import Cqt, CqtConfig, frequency_hz, kernel

RATE_HZ = 16000
CONFIG = CqtConfig(f_min_hz=125.0, num_octaves=5, bins_per_octave=12)
NOISE = torch.randn(2, 8000, generator=torch.Generator().manual_seed(1)) * 0.1


def build(**settings: object) -> Cqt:
    features: Cqt = FEATURES.build({"name": "cqt", **settings}, "f", {"sample_rate_hz": RATE_HZ})
    return features


def dot_products(clip: Tensor, config: CqtConfig) -> Tensor:
    """(bin, frame) one by one: the clip around each frame, zeros outside, times the conjugate kernel."""
    num_frames = 1 + len(clip) // config.hop_length
    table = torch.zeros(config.num_bins, num_frames, dtype=torch.complex128)
    for number in range(config.num_bins):
        tone = kernel(config, number, RATE_HZ)
        half = len(tone) // 2
        padded = torch.nn.functional.pad(clip.double(), (half, half + 1))
        for frame in range(num_frames):
            start = frame * config.hop_length
            table[number, frame] = (padded[start : start + len(tone)] * tone.conj()).sum()
    return table


def test_it_is_the_dot_product_of_each_frame_with_each_kernel():
    transformed = Cqt(CONFIG, RATE_HZ).transform(NOISE)
    for clip, rows in zip(NOISE, transformed, strict=True):
        expected = dot_products(clip, CONFIG)
        assert rows.shape == expected.shape == (60, 51)
        assert (rows - expected).abs().max() < 1e-3 * expected.abs().max()


def test_a_kernel_holds_q_periods_and_its_window_sums_to_1():
    tone = kernel(CONFIG, 12, RATE_HZ)  # 250 Hz; Q is 1 / (2^(1/12) - 1) = 16.82
    assert len(tone) == 2 * math.ceil(16.817 * 64 / 2) + 1 == 1079
    assert float(tone.abs().sum()) == pytest.approx(1)


def test_a_tone_at_the_centre_of_a_bin_has_half_its_amplitude_there():
    number = 36
    times = torch.arange(RATE_HZ, dtype=torch.float64) / RATE_HZ
    tone = torch.sin(2 * math.pi * frequency_hz(CONFIG, number) * times).float()[None]
    rows = Cqt(CONFIG, RATE_HZ).transform(tone)[0, :, 50].abs()
    assert int(rows.argmax()) == number
    assert float(rows[number]) == pytest.approx(0.5, abs=1e-3)
    assert float(rows[number + 12]) < 1e-3  # an octave away


def test_seven_octaves_of_24_bins_from_62_5_hz_end_just_below_8_khz():
    assert CqtConfig().num_bins == 168
    assert frequency_hz(CqtConfig(), 168) == pytest.approx(8000)
    assert build()(NOISE).shape == (2, 168, 51)


def test_a_clip_shorter_than_the_longest_kernel_has_its_frames_too():
    assert build()(NOISE[:, :1600]).shape == (2, 168, 11)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_octaves": 8}, "f_min_hz and num_octaves end at 15545 Hz, not below half the sample rate"),
        ({"hop_length": 161}, "hop_length must be even, got 161"),
        ({"f_min_hz": 1.0}, "f_min_hz must be from 10 to 24000, got 1.0"),
        ({"num_octaves": 12, "bins_per_octave": 96}, "num_octaves .* bins_per_octave must be at most 1024"),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_key(settings: dict, message: str):
    with pytest.raises(ConfigError, match=rf"^f\.{message}"):
        build(**settings)
