"""The source-filter vocoder: pitch is found, and the copy keeps pitch, pulses and envelope."""

import numpy as np
import pytest
from making.vowels import RATE_HZ, vowel

from avdf.fakers import FAKERS, copy_of
from avdf.fakers._pitch import pitch_of, pulses_of


@pytest.mark.parametrize("pitch_hz", [80, 100, 160, 250, 400])
def test_the_pitch_of_a_vowel_is_found_to_two_percent(pitch_hz):
    found_hz, voicing = pitch_of(vowel(pitch_hz), RATE_HZ, hop=128)
    middle = found_hz[10:-10]
    np.testing.assert_allclose(middle, pitch_hz, rtol=0.02)
    assert voicing[10:-10].min() > 0.9


def test_noise_and_silence_have_no_pitch():
    for sound in (np.random.default_rng(0).normal(0, 0.1, RATE_HZ), np.zeros(RATE_HZ)):
        pitch_hz, voicing = pitch_of(sound, RATE_HZ, hop=128)
        assert (pitch_hz > 0).mean() < 0.05
        assert (voicing[pitch_hz == 0] == 0).all()


def test_one_hundred_pulses_per_second_at_100_hz():
    pulses = pulses_of(np.full(126, 100.0), RATE_HZ, RATE_HZ, 128, np.random.default_rng(0))
    places = np.flatnonzero(pulses)
    assert len(places) == pytest.approx(100, abs=1)
    np.testing.assert_allclose(np.diff(places), 160, atol=1)
    assert np.mean(pulses**2) == pytest.approx(1, rel=0.02)  # each has the power of its period


def test_the_copy_of_a_vowel_has_its_pitch_and_its_resonance():
    parent = vowel(125)
    faker = FAKERS.build({"name": "source_filter"}, "faker")
    copy, _ = copy_of(parent, RATE_HZ, faker, np.random.default_rng(0))
    found_hz, _ = pitch_of(copy, RATE_HZ, hop=128)
    np.testing.assert_allclose(found_hz[10:-10], 125, rtol=0.03)
    spectrum = np.convolve(np.abs(np.fft.rfft(copy)) ** 2, np.ones(125), "same")  # bins of 1 Hz
    assert np.argmax(spectrum) == pytest.approx(700, abs=80)
