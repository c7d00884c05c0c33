"""codec: which codecs and bit rates are drawn; tests/channels/test_codecs.py tests what they do."""

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.augment.codec import Drawn
from avdf.errors import ConfigError

SAMPLE_RATE_HZ = 16000


def test_only_the_codecs_and_bit_rates_named_are_drawn():
    settings = {"name": "codec", "codecs": ["opus", "mp3"], "min_kbit_per_s": 16, "max_kbit_per_s": 64}
    codec, rng = AUGMENTS.build(settings, "model.augment.codec"), np.random.default_rng(0)
    drawn: list[Drawn] = [codec.draw(rng, 64000, SAMPLE_RATE_HZ) for _ in range(1000)]
    assert {draw.codec for draw in drawn} == {"opus", "mp3"}
    rates = np.array([draw.kbit_per_s for draw in drawn])
    assert 16 <= rates.min() < 17
    assert 60 < rates.max() <= 64
    assert np.mean(rates < 32) == pytest.approx(0.5, abs=0.05)  # 16 to 32 to 64: evenly over octaves


def test_a_codec_of_telephony_is_drawn_where_it_is_named():
    codec = AUGMENTS.build({"name": "codec", "codecs": ["a_law"]}, "model.augment.codec")
    noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    coded = codec.apply(noise, codec.draw(np.random.default_rng(0), 16000, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    power = np.abs(np.fft.rfft(coded)) ** 2
    assert power[4100:].sum() < 1e-4 * power.sum()  # nothing above 4.1 kHz; a bin is 1 Hz


def test_an_unknown_codec_is_refused_with_the_list_of_codecs():
    with pytest.raises(ConfigError, match=r"model\.augment\.codec\.codecs: .*'flac'.*'aac', 'mp3', 'opus'"):
        AUGMENTS.build({"name": "codec", "codecs": ["flac"]}, "model.augment.codec")


def test_a_bit_rate_beyond_every_codec_is_refused():
    with pytest.raises(ConfigError, match="max_kbit_per_s must be from 8 to 128, got 500"):
        AUGMENTS.build({"name": "codec", "max_kbit_per_s": 500}, "model.augment.codec")
