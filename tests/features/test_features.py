"""Features equal those of torchaudio; settings out of bounds are refused."""

import pytest
import torch
import torchaudio

from avdf.errors import ConfigError
from avdf.features import FEATURES

WAVEFORM = torch.randn(3, 16000, generator=torch.Generator().manual_seed(1)) * 0.1


@pytest.mark.parametrize(("n_fft", "hop"), [(512, 160), (1024, 512)])
def test_log_mel_is_the_logarithm_of_torchaudios_mel_spectrogram(n_fft: int, hop: int):
    settings = {"name": "log_mel", "n_fft": n_fft, "hop_length": hop, "standardize": False}
    ours = FEATURES.build(settings, "f", {"sample_rate_hz": 16000})(WAVEFORM)
    mel = torchaudio.transforms.MelSpectrogram(16000, n_fft=n_fft, hop_length=hop, n_mels=64, f_min=20.0)
    torch.testing.assert_close(ours, torch.log(mel(WAVEFORM) + 1e-6), atol=1e-5, rtol=1e-5)


def test_mfcc_is_torchaudios_mfcc():
    ours = FEATURES.build({"name": "mfcc"}, "f", {"sample_rate_hz": 16000})(WAVEFORM)
    theirs = torchaudio.transforms.MFCC(
        16000, n_mfcc=20, log_mels=True, melkwargs={"n_fft": 512, "hop_length": 160, "n_mels": 64}
    )(WAVEFORM)
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=1e-5)


def test_a_second_at_hop_160_has_101_frames_of_64_mels():
    assert FEATURES.build({"name": "log_mel"}, "f", {"sample_rate_hz": 16000})(WAVEFORM).shape == (3, 64, 101)


def test_standardized_log_mel_is_the_same_at_20_db_more():
    log_mel = FEATURES.build({"name": "log_mel"}, "f", {"sample_rate_hz": 16000})
    torch.testing.assert_close(log_mel(WAVEFORM), log_mel(WAVEFORM * 10), atol=2e-3, rtol=0)


def test_15_db_less_change_speech_through_the_fixed_floor_alone(speech):
    """A floor that moves by 15 dB with the speech, as `floor_db` makes it, leaves nothing of the change."""
    clip = torch.from_numpy(speech)[None]
    fixed, relative = (
        FEATURES.build({"name": "log_mel", "floor_db": floor}, "f", {"sample_rate_hz": 16000})
        for floor in (None, -60)
    )
    change = (fixed(clip) - fixed(clip * 10 ** (-15 / 20))).abs()
    assert change.max() > 0.1
    for gain_db in (-20, -15, -5):
        torch.testing.assert_close(relative(clip), relative(clip * 10 ** (gain_db / 20)), atol=1e-4, rtol=0)


def test_a_floor_of_minus_60_db_is_a_millionth_of_the_mean_power(speech):
    clip = torch.from_numpy(speech)[None]
    settings = {"name": "log_mel", "floor_db": -60, "standardize": False}
    ours = FEATURES.build(settings, "f", {"sample_rate_hz": 16000})(clip)
    mel = torchaudio.transforms.MelSpectrogram(16000, n_fft=512, hop_length=160, n_mels=64, f_min=20.0)(clip)
    torch.testing.assert_close(ours, torch.log(mel / mel.mean() + 1e-6), atol=1e-4, rtol=1e-5)


def test_features_of_silence_are_finite():
    relative = FEATURES.build({"name": "log_mel", "floor_db": -60}, "f", {"sample_rate_hz": 16000})
    assert relative(torch.zeros(1, 16000)).isfinite().all()
    for name in FEATURES.names():
        assert (
            FEATURES.build({"name": name}, "f", {"sample_rate_hz": 16000})(torch.zeros(1, 16000))
            .isfinite()
            .all()
        )


def test_a_band_that_ends_below_its_start_is_refused():
    with pytest.raises(ConfigError, match=r"f\.f_max_hz must be above f_min_hz, got 10"):
        FEATURES.build({"name": "log_mel", "f_max_hz": 10.0}, "f", {"sample_rate_hz": 16000})


def test_a_band_that_begins_above_half_the_sample_rate_is_refused():
    with pytest.raises(ConfigError, match=r"f\.f_min_hz must be below half the sample rate, got 9000"):
        FEATURES.build({"name": "log_mel", "f_min_hz": 9000.0}, "f", {"sample_rate_hz": 16000})


@pytest.mark.parametrize("name", ["log_mel", "mfcc"])
@pytest.mark.parametrize(
    ("key", "value"),
    [("num_mels", 0), ("num_mels", 10**9), ("n_fft", 1), ("n_fft", 10**9), ("hop_length", 1)],
)
def test_sizes_out_of_bounds_are_refused_by_key(name: str, key: str, value: int):
    with pytest.raises(ConfigError, match=rf"^f\.{key} must be from \d+ to \d+, got {value}"):
        FEATURES.build({"name": name, key: value}, "f", {"sample_rate_hz": 16000})


@pytest.mark.parametrize("name", FEATURES.names())
def test_a_clip_has_the_same_features_alone_and_among_others(name: str):
    """Batches of more than 8 clips are taken apart on the CPU, here 8 + 8 + 3.

    A bin 60 dB down has a thousandth of the amplitude: what is rounded at 1e-7 of the whole is 1e-4 of
    it, and how sums are rounded depends on the processor.
    """
    features = FEATURES.build({"name": name}, "f", {"sample_rate_hz": 16000})
    waveform = torch.randn(19, 8000, generator=torch.Generator().manual_seed(0))
    together = features(waveform)
    alone = torch.cat([features(waveform[number : number + 1]) for number in range(19)])
    torch.testing.assert_close(together, alone, atol=0 if name in ("log_mel", "mfcc") else 1e-3, rtol=0)
