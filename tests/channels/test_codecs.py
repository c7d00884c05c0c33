"""codec: every codec is aligned with its input, keeps the length and loses more with fewer bits."""

import numpy as np
import pytest
import soxr

from avdf.channels import CHANNELS
from avdf.channels._codecs import CODECS, is_available, round_trip
from avdf.errors import ConfigError

SAMPLE_RATE_HZ = 16000
WITH_BIT_RATES = ["aac", "mp3", "opus", "g726", "amr_nb", "mp2"]
pytestmark = pytest.mark.skipif(not is_available("amr_nb"), reason="this FFmpeg has no AMR-NB")


def lag_s(clean: np.ndarray, coded: np.ndarray, rate_hz: int) -> float:
    """By how much the coded sound is late: the place of the highest correlation within 10 ms."""
    most = rate_hz // 100
    middle = slice(most, -most)
    likeness = [
        np.corrcoef(clean[middle], np.roll(coded, -lag)[middle])[0, 1] for lag in range(-most, most + 1)
    ]
    return (int(np.argmax(likeness)) - most) / rate_hz


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_speech_through_a_codec_at_its_usual_bit_rate_is_late_by_less_than_1_ms(speech, codec, rate_hz):
    clean = soxr.resample(speech, 16000, rate_hz) if rate_hz != 16000 else speech
    coded = round_trip(clean, codec, None, rate_hz)
    assert (coded.shape, coded.dtype) == (clean.shape, np.float32)
    assert abs(lag_s(clean, coded, rate_hz)) < 0.001
    assert np.corrcoef(clean, coded)[0, 1] > 0.8


@pytest.mark.parametrize(("codec", "passes"), [("g722", True), ("a_law", False), ("amr_nb", False)])
def test_a_tone_of_6_khz_passes_a_codec_of_16_khz_and_none_of_8_khz(codec, passes):
    tone = 0.3 * np.sin(2 * np.pi * 6000 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ).astype(np.float32)
    level = np.sqrt(np.mean(round_trip(tone, codec, None, SAMPLE_RATE_HZ) ** 2) / np.mean(tone**2))
    assert level > 0.5 if passes else level < 0.05


def test_opus_at_16_kbit_per_s_is_late_by_less_than_1_ms(speech):
    assert abs(lag_s(speech, round_trip(speech, "opus", 16, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)) < 0.001


def test_without_the_correction_amr_nb_would_be_5_ms_late(speech, monkeypatch):
    monkeypatch.setattr("avdf.channels._codecs._delay", lambda codec, rate_hz: 0)
    late_s = lag_s(speech, round_trip(speech, "amr_nb", None, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    assert late_s == pytest.approx(0.005, abs=0.0005)  # 40 samples at 8 kHz


@pytest.mark.parametrize("codec", WITH_BIT_RATES)
def test_fewer_bits_lose_more(speech, codec):
    low, high = {"amr_nb": (4.75, 12.2), "mp2": (32, 64)}.get(codec, (16, 40))
    lost = [
        float(np.mean((round_trip(speech, codec, rate, SAMPLE_RATE_HZ) - speech) ** 2))
        for rate in (low, high)
    ]
    assert lost[0] > 1.2 * lost[1] > 0


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("num_samples", [1, 2, 399, 5000])
def test_any_length_is_kept(speech, codec, num_samples):
    assert len(round_trip(speech[:num_samples], codec, 12, SAMPLE_RATE_HZ)) == num_samples


@pytest.mark.parametrize("codec", ["a_law", "mu_law", "g726", "amr_nb", "g723_1", "real_144"])
def test_a_codec_of_8_khz_leaves_nothing_above_4_khz(speech, codec):
    coded = round_trip(speech, codec, None, SAMPLE_RATE_HZ)
    power = np.abs(np.fft.rfft(coded)) ** 2
    above = np.fft.rfftfreq(len(coded), 1 / SAMPLE_RATE_HZ) > 4100
    assert power[above].sum() < 1e-5 * power.sum()


def test_a_law_is_the_logarithmic_table_of_g_711():
    """A tone far below full scale keeps 38 dB, as the 8 bits of A-law do over a range of 40 dB."""
    tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 8000)
    for amplitude in (0.5, 0.05):
        clean = (amplitude * tone).astype(np.float32)
        lost = round_trip(clean, "a_law", None, 8000) - clean
        assert 10 * np.log10(np.mean(clean**2) / np.mean(lost**2)) == pytest.approx(38, abs=2)


def test_an_unknown_codec_is_refused_with_the_list():
    with pytest.raises(ConfigError, match=r"channel\.codec: .*'flac'.*'amr_nb'"):
        CHANNELS.build({"name": "codec", "codec": "flac"}, "channel")
