"""The harmonic plus noise model: sums of sinusoids, their amplitudes, and the noise beside them."""

import numpy as np
import pytest
import torch
from making.vowels import RATE_HZ, vowel

from avdf.fakers import FAKERS
from avdf.fakers._sinusoids import at_places, at_samples, sum_of_harmonics
from avdf.fakers.harmonic_noise import _dips, _through_peaks

SETTINGS = {
    "window_ms": 32.0,
    "num_cepstra": 64,
    "voiced_below_hz": 7000.0,
    "noise_dip": 0.0,
    "phases": "zero",
}


def made(parent: np.ndarray, **settings: object) -> np.ndarray:
    faker = FAKERS.build({"name": "harmonic_noise"}, "faker")
    return faker.resynthesise(
        parent, RATE_HZ, {**SETTINGS, "phases": "zero", **settings}, np.random.default_rng(0)
    )


def test_the_sum_of_harmonics_is_that_of_cosines():
    turns = 0.3 + np.cumsum(np.linspace(100, 140, 500)) / RATE_HZ
    amplitudes = np.outer([1, 0, 0.5j], np.ones(5))
    expected = np.cos(2 * np.pi * turns) + 0.5 * np.cos(2 * np.pi * 3 * turns + np.pi / 2)
    np.testing.assert_allclose(sum_of_harmonics(amplitudes, turns, 125), expected, atol=1e-9)


def test_values_are_joined_by_lines_over_time_and_over_frequency():
    np.testing.assert_allclose(at_samples(np.array([0.0, 4, 2]), 4, 10), [0, 1, 2, 3, 4, 3.5, 3, 2.5, 2, 2])
    levels = np.array([[0.0, 10], [2, 20], [4, 30]])  # three bins, two frames
    np.testing.assert_allclose(at_places(levels, np.array([[0.5, 1], [2, 2.7]])), [[1, 20], [4, 30]])


def test_the_envelope_goes_through_the_highest_bin_around_each_harmonic():
    levels = torch.zeros(13, 1)
    levels[4], levels[7], levels[12] = 3.0, 6.0, 9.0  # the middle peak lies one bin below the second harmonic
    found = _through_peaks(levels, np.array([4.0]))[:, 0]
    np.testing.assert_allclose(found[[0, 4, 6, 8]], [3, 3, 4.5, 6])


def test_the_copy_of_a_vowel_has_the_amplitudes_of_its_harmonics():
    parent = vowel(125)[:16000]
    copy = made(parent)
    levels = [
        20 * np.log10(np.abs(np.fft.rfft(sound * np.hanning(16000)))[125:4000:125])
        for sound in (parent, copy)
    ]
    assert np.abs(levels[0] - levels[1]).max() < 3
    assert np.sqrt(np.mean((levels[0] - levels[1]) ** 2)) < 1


def test_equal_phases_add_up_to_higher_peaks_than_random_ones():
    crests = {}
    for phases in ("zero", "random"):
        copy = made(vowel(100), phases=phases)[1600:-1600]
        crests[phases] = np.abs(copy).max() / copy.std()
    assert crests["zero"] > 1.3 * crests["random"]


def test_above_the_maximum_voiced_frequency_is_noise():
    copy = made(vowel(125), voiced_below_hz=3000.0)[:16000]
    spectrum = np.abs(np.fft.rfft(copy * np.hanning(16000)))  # bins of 1 Hz
    is_harmonic = np.abs((np.arange(8001) + 62) % 125 - 62) <= 2

    def ratio(low_hz: int, high_hz: int) -> float:
        inside = is_harmonic[low_hz:high_hz]
        power = spectrum[low_hz:high_hz] ** 2
        return float(power[inside].sum() / power.sum())

    assert ratio(200, 2500) > 0.95
    assert ratio(4000, 7500) < 0.2  # 5 of 125 bins are near a harmonic


def test_a_hum_does_not_make_the_noise_of_a_pause_louder():
    time_s = np.arange(RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(0).normal(0, 1e-4, RATE_HZ)
    pause = noise + 3e-3 * np.sin(2 * np.pi * 10 * time_s)  # 27 dB above the noise
    parent = np.r_[vowel(125), pause].astype(np.float32)
    above = [np.abs(np.fft.rfft(sound[18000:30000]))[1000:].std() for sound in (parent, made(parent))]
    assert 20 * np.log10(above[1] / above[0]) == pytest.approx(0, abs=3)


def test_dips_keep_the_power_and_are_deepest_between_two_periods():
    turns = np.arange(1000) / 100
    factors = _dips(turns, np.full(1000, 0.8))
    assert np.mean(factors**2) == pytest.approx(1, rel=1e-3)
    assert factors[50] / factors[0] == pytest.approx(0.2)
    np.testing.assert_array_equal(_dips(turns, np.zeros(1000)), 1)
