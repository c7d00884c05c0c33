"""What every channel does: float32 out, the input untouched, and the same for the same seed."""

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soxr
from making.memory import fillings
from scipy.signal import lfilter

from avdf.channels import CHANNELS, modality_of
from avdf.channels._codecs import CodecName, is_available, round_trip
from avdf.errors import ConfigError

ALL = CHANNELS.names()
NAMES = [name for name in ALL if modality_of(name, "channel") == "audio"]
OF_PICTURES = [name for name in ALL if name not in NAMES]
CHANGE_THE_LENGTH = {"speed", "cut_start", "excerpt"}


def through(name: str, waveform: np.ndarray, seed: int = 0, rate_hz: int = 16000) -> np.ndarray:
    channel = CHANNELS.build({"name": name}, "channel")
    altered: np.ndarray = channel.apply(waveform, rate_hz, np.random.default_rng(seed))
    return altered


def test_the_folder_holds_the_channels_that_are_documented():
    wanted = {"gain", "noise", "babble", "reverb", "band_limit", "resample", "codec", "packet_loss", "speed"}
    assert {*NAMES} == wanted | {"noise_suppression", "cut_start", "excerpt"}
    assert {*OF_PICTURES} == {"jpeg", "blur", "downscale", "frame_drop", "video_codec"}


@pytest.mark.parametrize("name", ALL)
def test_the_page_names_every_setting_with_its_default(name):
    page = (Path(__file__).parents[2] / "docs" / "stress.md").read_text("utf-8")
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    for key, value in vars(CHANNELS.get(name).config_class()).items():
        shown = f"{value:g}" if isinstance(value, float) else json.dumps(value).strip('"')
        assert f"`{key}` {shown}" in row, key


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate_hz", [4000, 16000, 44100])
@pytest.mark.parametrize("num_samples", [1, 2, 4001])
def test_the_result_is_finite_float32_and_the_input_untouched(name, rate_hz, num_samples):
    for waveform in (
        np.random.default_rng(1).normal(0, 0.1, num_samples).astype(np.float32),
        np.zeros(num_samples, np.float32),
    ):
        waveform.setflags(write=False)
        altered = through(name, waveform, rate_hz=rate_hz)
        assert altered.dtype == np.float32
        assert np.isfinite(altered).all()
        assert len(altered) >= 1
        assert name in CHANGE_THE_LENGTH or len(altered) == num_samples


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes(speech, name):
    np.testing.assert_array_equal(through(name, speech, seed=1), through(name, speech, seed=1))


@pytest.mark.parametrize("name", NAMES)
def test_the_result_is_the_same_whatever_memory_held_before(speech, name):
    first, *others = [through(name, speech) for _ in fillings(6)]
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("codec", get_args(CodecName))
def test_a_codec_gives_the_same_whatever_memory_held_before(speech, codec):
    if not is_available(codec):
        pytest.skip(f"the FFmpeg of PyAV has no {codec}")
    first, *others = [round_trip(speech, codec, None, 16000) for _ in fillings(6)]
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("name", ["noise", "babble", "reverb", "packet_loss", "excerpt"])
def test_another_seed_gives_other_samples(speech, name):
    assert not np.array_equal(through(name, speech, seed=1), through(name, speech, seed=2))


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_setting_is_refused_by_its_dotted_name(name):
    with pytest.raises(ConfigError, match=r"^channel\.loudness: no such key"):
        CHANNELS.build({"name": name, "loudness": 3}, "channel")


def test_noise_and_babble_have_the_ratio_that_is_asked_for(speech):
    for settings in ({"name": "noise", "fall_db_per_octave": 3.01}, {"name": "babble"}):
        channel = CHANNELS.build({**settings, "snr_db": 10}, "channel")
        added = channel.apply(speech, 16000, np.random.default_rng(0)).astype(np.float64) - speech
        ratio = np.mean(speech.astype(np.float64) ** 2) / np.mean(added**2)
        assert 10 * np.log10(ratio) == pytest.approx(10, abs=0.01)


def test_babble_has_the_rhythm_of_speech_and_white_noise_has_not(speech):
    """The level of 20 ms blocks varies by 2 dB and more in babble of six, by a few tenths in noise."""
    spread_db = {}
    for name in ("noise", "babble"):
        added = (through(name, speech) - speech)[:48000].reshape(-1, 320)
        spread_db[name] = np.std(10 * np.log10(np.mean(added.astype(np.float64) ** 2, axis=1)))
    assert spread_db["noise"] < 0.6
    assert spread_db["babble"] > 2


def test_resampling_by_8_khz_keeps_1_khz_and_removes_5_khz():
    times_s = np.arange(16000) / 16000
    tones = [np.sin(2 * np.pi * hz * times_s).astype(np.float32) for hz in (1000, 5000)]
    kept, removed = (float(np.std(through("resample", tone)[1000:-1000])) for tone in tones)
    assert kept == pytest.approx(np.sqrt(0.5), rel=0.01)
    assert removed < 1e-3
    low = soxr.resample(tones[0], 16000, 8000)
    np.testing.assert_array_equal(through("resample", low, rate_hz=8000), low)


def test_5_percent_of_the_packets_are_repeats_of_the_one_before():
    ramp = (np.arange(320 * 2000) / 1e6).astype(np.float32)  # every packet differs
    heard = through("packet_loss", ramp).reshape(-1, 320)
    packets = ramp.reshape(-1, 320)
    lost = np.flatnonzero((heard != packets).any(axis=1))
    assert len(lost) / 2000 == pytest.approx(0.05, abs=0.015)
    alone = [number for number in lost if number - 1 not in lost and number > 0]
    for number in alone:
        np.testing.assert_array_equal(heard[number], packets[number - 1] / 2)


def test_noise_suppression_takes_20_db_of_the_noise_away_and_leaves_the_tones():
    """Tones of half a second at -20 dB, pauses as long, and noise that falls with frequency, 30 dB below."""
    rng = np.random.default_rng(0)
    is_tone = np.arange(64000) // 8000 % 2 == 0
    tones = is_tone * 0.1 * np.sqrt(2) * np.sin(2 * np.pi * 1000 * np.arange(64000) / 16000)
    noise = lfilter([1], [1, -0.9], rng.normal(size=64000))
    noisy = (tones + 0.1 * 10 ** (-30 / 20) * noise / noise.std()).astype(np.float32)
    channel = CHANNELS.build({"name": "noise_suppression", "depth_db": 20, "factor": 8}, "channel")
    heard = channel.apply(noisy, 16000, rng)
    inner = np.arange(64000) % 8000 // 1000 == 4  # 62 ms in the middle of each tone and each pause
    falls_db = [
        20 * np.log10(noisy[part].std() / heard[part].std()) for part in (inner & ~is_tone, inner & is_tone)
    ]
    assert falls_db[0] == pytest.approx(20, abs=0.5)
    assert falls_db[1] == pytest.approx(0, abs=0.05)
    assert np.corrcoef(heard[inner & is_tone], noisy[inner & is_tone])[0, 1] > 0.999  # nothing is late


def test_noise_suppression_by_0_db_changes_nothing(speech):
    channel = CHANNELS.build({"name": "noise_suppression", "depth_db": 0}, "channel")
    np.testing.assert_allclose(channel.apply(speech, 16000, np.random.default_rng(0)), speech, atol=1e-6)


def test_six_decibels_more_with_clipping_double_the_samples_up_to_full_scale():
    channel = CHANNELS.build({"name": "gain", "db": 6.0206, "clip": True}, "channel")
    louder = channel.apply(np.array([0.1, -0.7], np.float32), 16000, np.random.default_rng(0))
    np.testing.assert_allclose(louder, [0.2, -1], rtol=1e-5)


def test_a_speed_of_1_05_and_the_cuts_change_the_length_as_they_say(speech):
    assert len(through("speed", speech)) == pytest.approx(len(speech) / 1.05, abs=2)
    np.testing.assert_array_equal(through("cut_start", speech), speech[2400:])  # 150 ms
    excerpt = through("excerpt", speech)
    starts = [start for start in np.flatnonzero(speech == excerpt[0]) if start + 16000 <= len(speech)]
    assert any(np.array_equal(speech[start : start + 16000], excerpt) for start in starts)
