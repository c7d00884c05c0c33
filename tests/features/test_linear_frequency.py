"""lfcc and log_spectrogram: their oracles are torchaudio's LFCC and plain spectra."""

import math

import pytest
import torch
import torchaudio
from torch import nn
from torchaudio.functional import compute_deltas

from avdf.errors import ConfigError
from avdf.features import FEATURES
from avdf.features.lfcc import changes

WAVEFORM = torch.randn(3, 16000, generator=torch.Generator().manual_seed(1)) * 0.1
RATE_HZ = 16000


def build(name: str, **settings: object) -> nn.Module:
    features: nn.Module = FEATURES.build({"name": name, **settings}, "f", {"sample_rate_hz": RATE_HZ})
    return features


def test_lfcc_is_torchaudios_but_for_the_level():
    """torchaudio adds 1e-6 to each power; relative to the mean power, only the first row is another."""
    clip = WAVEFORM[:1]
    theirs = torchaudio.transforms.LFCC(
        RATE_HZ, n_filter=40, n_lfcc=20, log_lf=True, speckwargs={"n_fft": 512, "hop_length": 160}
    )
    mean = float((theirs.filter_mat.T @ theirs.Spectrogram(clip)).mean())
    floor_db = 10 * math.log10(1e-6 / mean)
    ours = build(
        "lfcc", num_filters=40, window_length=512, num_deltas=0, floor_db=floor_db, standardize="none"
    )(clip)
    expected = theirs(clip)
    expected[:, 0] -= math.sqrt(40) * math.log(mean)  # the first row of the cosine transform is 1 / sqrt(40)
    torch.testing.assert_close(ours, expected, atol=1e-3, rtol=1e-4)


def test_lfcc_has_20_coefficients_their_changes_and_the_changes_of_these():
    rows = build("lfcc")(WAVEFORM)
    assert rows.shape == (3, 60, 101)
    changes = torchaudio.functional.compute_deltas(rows[:, :20])
    torch.testing.assert_close(rows[:, 20:40], changes)
    torch.testing.assert_close(rows[:, 40:], torchaudio.functional.compute_deltas(changes))


def test_each_coefficient_by_itself_has_mean_0_and_spread_1():
    rows = build("lfcc", standardize="bin")(WAVEFORM)
    torch.testing.assert_close(rows.mean(dim=2), torch.zeros(3, 60), atol=1e-5, rtol=0)
    torch.testing.assert_close(rows.std(dim=2), torch.ones(3, 60), atol=0.05, rtol=0)


def test_a_log_spectrogram_without_filters_is_the_logarithm_of_torchaudios_spectrogram():
    power = torchaudio.transforms.Spectrogram(n_fft=512, hop_length=160)(WAVEFORM)
    ours = build("log_spectrogram", num_bins=None, standardize="none")(WAVEFORM)
    mean = power.mean(dim=(1, 2), keepdim=True)
    torch.testing.assert_close(ours, torch.log(power / mean + 1e-6), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"num_bins": None}, (3, 257, 101)),
        ({"n_ffts": [512, 1024]}, (3, 256, 101)),
        ({"n_ffts": [512, 1024], "stack": "channels"}, (3, 2, 128, 101)),
        ({"n_ffts": [256, 2048], "num_bins": None}, (3, 129 + 1025, 101)),
    ],
)
def test_two_resolutions_have_the_same_frames_and_lie_above_each_other_or_side_by_side(settings, shape):
    assert build("log_spectrogram", **settings)(WAVEFORM).shape == shape


def test_stacked_resolutions_are_those_of_each_window_alone():
    both = build("log_spectrogram", n_ffts=[512, 1024], num_bins=64)(WAVEFORM)
    channels = build("log_spectrogram", n_ffts=[512, 1024], num_bins=64, stack="channels")(WAVEFORM)
    for number, n_fft in enumerate((512, 1024)):
        alone = build("log_spectrogram", n_ffts=[n_fft], num_bins=64)(WAVEFORM)
        torch.testing.assert_close(both[:, 64 * number : 64 * (number + 1)], alone)
        torch.testing.assert_close(channels[:, number], alone)


def test_a_tone_of_6_khz_lies_at_three_quarters_of_the_bins():
    times = torch.arange(RATE_HZ) / RATE_HZ
    tone = torch.sin(2 * math.pi * 6000 * times)[None]
    rows = build("log_spectrogram", num_bins=127)(tone)[0].mean(dim=1)  # filters at 62.5, 125, ... 7937.5 Hz
    assert int(rows.argmax()) == 95  # 96 * 62.5 Hz


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("log_spectrogram", {"n_ffts": []}, "n_ffts must list 1 to 4 numbers from 16 to 16384"),
        ("log_spectrogram", {"n_ffts": [256], "num_bins": 300}, "num_bins must be at most about n_fft / 2"),
        (
            "log_spectrogram",
            {"n_ffts": [256, 512], "num_bins": None, "stack": "channels"},
            "num_bins, as in num_bins: 128, is needed where resolutions are stacked as channels",
        ),
        ("lfcc", {"num_coefficients": 21}, "num_coefficients must be from 1 to 20, got 21"),
        ("lfcc", {"window_length": 1024}, "window_length must be from 16 to 512, got 1024"),
        (
            "lfcc",
            {"num_filters": 400, "n_fft": 256, "window_length": 256},
            "num_filters must be smaller or n_fft larger, got 400",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_key(name: str, settings: dict, message: str):
    with pytest.raises(ConfigError, match=f"^f.{message}"):
        build(name, **settings)


def test_the_changes_that_are_exported_are_torchaudios():
    coefficients = torch.randn(3, 20, 40, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(changes(coefficients), compute_deltas(coefficients), rtol=0, atol=1e-5)
    ramp = torch.arange(10.0).expand(1, 1, 10)
    torch.testing.assert_close(changes(ramp)[0, 0, 2:-2], torch.ones(6))
