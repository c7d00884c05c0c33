"""speed: the pitch of a tone, and the length."""

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.augment.speed import Drawn, Speed

SAMPLE_RATE_HZ = 16000
TONE = np.sin(2 * np.pi * 1000 * np.arange(16000) / SAMPLE_RATE_HZ).astype(np.float32)


def build() -> Speed:
    speed: Speed = AUGMENTS.build({"name": "speed"}, "model.augment.speed")
    return speed


@pytest.mark.parametrize(("factor", "pitch_hz"), [(0.9, 900), (1.0, 1000), (1.1, 1100), (2.0, 2000)])
def test_a_tone_of_1000_hz_moves_with_the_factor(factor, pitch_hz):
    spectrum = np.abs(np.fft.rfft(build().apply(TONE, Drawn(factor), SAMPLE_RATE_HZ)))
    assert spectrum.argmax() == pytest.approx(pitch_hz, abs=2)  # a bin is 1 Hz


def test_a_clip_at_twice_the_speed_is_repeated():
    noise = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    fast = build().apply(noise, Drawn(2.0), SAMPLE_RATE_HZ)
    np.testing.assert_array_equal(fast[:4000], fast[4000:])


def test_a_clip_at_half_the_speed_is_its_first_half():
    slow = build().apply(TONE, Drawn(0.5), SAMPLE_RATE_HZ)
    expected = np.sin(2 * np.pi * 500 * np.arange(16000) / SAMPLE_RATE_HZ)
    np.testing.assert_allclose(slow[200:-200], expected[200:-200], atol=0.01)
