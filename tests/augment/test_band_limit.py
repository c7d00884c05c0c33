"""band_limit: the level of tones inside, at the edge of and outside the band."""

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.augment.band_limit import BandLimit, Drawn
from avdf.errors import ConfigError

SAMPLE_RATE_HZ = 16000


def build(**settings: float) -> BandLimit:
    limit: BandLimit = AUGMENTS.build({"name": "band_limit", **settings}, "model.augment.band_limit")
    return limit


def level_db(frequency_hz: float, drawn: Drawn) -> float:
    """The level of a filtered tone after the filter has settled, relative to full scale."""
    tone = np.sin(2 * np.pi * frequency_hz * np.arange(32000) / SAMPLE_RATE_HZ).astype(np.float32)
    left = build().apply(tone, drawn, SAMPLE_RATE_HZ)[16000:].astype(np.float64)
    return float(10 * np.log10(2 * np.mean(left**2)))


TELEPHONE = Drawn(high_pass_hz=300, low_pass_hz=3400)


@pytest.mark.parametrize(
    ("frequency_hz", "expected_db"),
    [(1000, 0.0), (3400, -3.0), (300, -3.0), (150, -36.1)],
)
def test_a_telephone_keeps_its_band_and_loses_3_db_at_the_edges(frequency_hz, expected_db):
    assert level_db(frequency_hz, TELEPHONE) == pytest.approx(expected_db, abs=0.1)


def test_an_octave_above_the_band_at_least_36_db_are_removed():
    assert level_db(6800, TELEPHONE) < -36


def test_a_low_pass_at_half_the_sample_rate_has_no_effect():
    noise = np.random.default_rng(0).normal(0, 0.1, 4000).astype(np.float32)
    open_top = Drawn(high_pass_hz=9000, low_pass_hz=8000)
    np.testing.assert_array_equal(build().apply(noise, open_top, SAMPLE_RATE_HZ), noise)


def test_cut_offs_are_drawn_log_uniformly():
    limit, rng = build(min_low_pass_hz=2000, max_low_pass_hz=8000), np.random.default_rng(0)
    low_passes = np.array([limit.draw(rng, 1, SAMPLE_RATE_HZ).low_pass_hz for _ in range(2000)])
    assert np.mean(low_passes < 4000) == pytest.approx(0.5, abs=0.04)  # 2000 to 4000 to 8000


def test_a_high_pass_above_the_low_pass_is_refused():
    with pytest.raises(ConfigError, match="max_high_pass_hz must be below min_low_pass_hz, got 4000"):
        build(max_high_pass_hz=4000)
