"""codec: AAC, MP3 and Opus, aligned with the input."""

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.augment._codecs import round_trip
from avdf.augment.codec import Drawn
from avdf.errors import ConfigError

SAMPLE_RATE_HZ = 16000
CODECS = ["aac", "mp3", "opus"]


def chirp(sample_rate_hz: int) -> np.ndarray:
    """One second from 200 to 1400 Hz."""
    t = np.arange(sample_rate_hz) / sample_rate_hz
    return (0.3 * np.sin(2 * np.pi * (200 * t + 600 * t**2))).astype(np.float32)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("sample_rate_hz", [8000, 11025, 16000, 44100])
def test_a_round_trip_at_64_kbit_per_s_keeps_length_alignment_and_content(codec, sample_rate_hz):
    clean = chirp(sample_rate_hz)
    coded = round_trip(clean, codec, 64, sample_rate_hz)
    assert (coded.shape, coded.dtype) == (clean.shape, np.float32)
    middle = slice(len(clean) // 10, -len(clean) // 10)
    likeness = [np.corrcoef(clean[middle], np.roll(coded, lag)[middle])[0, 1] for lag in range(-8, 9)]
    assert np.argmax(likeness) == 8  # lag 0
    assert likeness[8] > 0.98


@pytest.mark.parametrize("codec", CODECS)
def test_fewer_bits_lose_more(codec):
    rng = np.random.default_rng(0)
    noisy = chirp(SAMPLE_RATE_HZ) + rng.normal(0, 0.05, SAMPLE_RATE_HZ).astype(np.float32)
    lost = [
        float(np.mean((round_trip(noisy, codec, rate, SAMPLE_RATE_HZ) - noisy) ** 2)) for rate in (16, 64)
    ]
    assert lost[0] > 2 * lost[1] > 0


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("num_samples", [1, 2, 399, 1024, 5000, 8 * 576, 16 * 320])
def test_any_length_is_kept(codec, num_samples):
    waveform = chirp(SAMPLE_RATE_HZ)[:num_samples]
    assert len(round_trip(waveform, codec, 12, SAMPLE_RATE_HZ)) == num_samples


@pytest.mark.parametrize("codec", CODECS)
def test_a_round_trip_is_deterministic(codec):
    first, second = (round_trip(chirp(SAMPLE_RATE_HZ), codec, 24, SAMPLE_RATE_HZ) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_only_the_codecs_and_bit_rates_named_are_drawn():
    settings = {"name": "codec", "codecs": ["opus", "mp3"], "min_kbit_per_s": 16, "max_kbit_per_s": 64}
    codec, rng = AUGMENTS.build(settings, "model.augment.codec"), np.random.default_rng(0)
    drawn: list[Drawn] = [codec.draw(rng, 64000, SAMPLE_RATE_HZ) for _ in range(1000)]
    assert {draw.codec for draw in drawn} == {"opus", "mp3"}
    rates = np.array([draw.kbit_per_s for draw in drawn])
    assert 16 <= rates.min() < 17
    assert 60 < rates.max() <= 64
    assert np.mean(rates < 32) == pytest.approx(0.5, abs=0.05)  # 16 to 32 to 64: evenly over octaves


def test_an_unknown_codec_is_refused_with_the_list_of_codecs():
    with pytest.raises(ConfigError, match=r"model\.augment\.codec\.codecs: .*'flac'.*'aac', 'mp3', 'opus'"):
        AUGMENTS.build({"name": "codec", "codecs": ["flac"]}, "model.augment.codec")


def test_a_bit_rate_beyond_every_codec_is_refused():
    with pytest.raises(ConfigError, match="max_kbit_per_s must be from 8 to 128, got 500"):
        AUGMENTS.build({"name": "codec", "max_kbit_per_s": 500}, "model.augment.codec")
