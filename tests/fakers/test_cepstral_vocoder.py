"""The cepstral vocoder: its pulses stay pulses, and its bands are voiced as those of the parent."""

import numpy as np
import pytest
from making.vowels import RATE_HZ, vowel

from avdf.fakers import FAKERS
from avdf.fakers._alignment import aligned, lag_ms
from avdf.fakers.cepstral_vocoder import _in_bands, _periodic

SETTINGS = {"order": 30, "alpha": 0.42, "smooth_ms": 5.0}


def made(parent: np.ndarray, **settings: object) -> np.ndarray:
    faker = FAKERS.build({"name": "cepstral_vocoder"}, "faker")
    return faker.resynthesise(parent, RATE_HZ, {**SETTINGS, **settings}, np.random.default_rng(0))


def test_pulses_alone_give_a_vowel_one_burst_per_period():
    copy = made(vowel(100), excitation="pulses")[1600:-1600]
    energy = np.convolve(copy**2, np.ones(16), "same")  # over 1 ms
    periods = energy[: len(energy) // 160 * 160].reshape(-1, 160)
    strongest = periods.argmax(axis=1)
    assert np.abs(np.diff(np.unwrap(strongest, period=160))).max() <= 3
    assert periods.max(axis=1).mean() > 4 * periods.mean()


def test_bands_are_a_division_of_the_sound():
    sound = np.random.default_rng(0).standard_normal(4001)
    bands = list(_in_bands(sound, RATE_HZ))
    assert len(bands) == 5
    np.testing.assert_allclose(sum(bands), sound, atol=1e-9)
    powers = np.array([np.mean(band**2) for band in bands]) / np.mean(sound**2)
    np.testing.assert_allclose(powers, [1 / 8, 1 / 8, 1 / 4, 1 / 4, 1 / 4], atol=0.03)


def test_a_vowel_is_periodic_and_noise_at_the_same_pitch_is_not():
    pitch_hz = np.r_[np.zeros(10), np.full(180, 125.0), np.zeros(10)]
    of_vowel = _periodic(vowel(125).astype(np.float64), pitch_hz, RATE_HZ, 80)
    of_noise = _periodic(np.random.default_rng(0).standard_normal(RATE_HZ), pitch_hz, RATE_HZ, 80)
    assert of_vowel[10:190].min() > 0.95
    assert of_noise[10:190].mean() < 0.1
    assert (of_vowel[:10] == 0).all()


def test_mixed_excitation_keeps_the_noise_of_the_upper_bands():
    pitch = vowel(125)
    *_, upper = _in_bands(np.random.default_rng(1).normal(0, 0.02, len(pitch)), RATE_HZ)
    parent = (pitch + upper).astype(np.float32)
    frames = np.full(200, 125.0)
    shares = []
    for excitation in ("pulses", "mixed"):
        *_, band = _in_bands(made(parent, excitation=excitation), RATE_HZ)
        shares.append(_periodic(band, frames, RATE_HZ, 80)[20:-20].mean())
    assert shares[0] > 0.9
    assert shares[1] < 0.5


@pytest.mark.parametrize("by_ms", [-4, 4])
def test_sound_that_is_4_ms_early_or_late_is_aligned(speech, by_ms):
    moved = np.roll(speech, 16 * by_ms)
    assert lag_ms(speech, moved, 16000) == pytest.approx(by_ms, abs=0.1)
    found = aligned(speech, moved, 16000)
    assert len(found) == len(speech)
    assert abs(lag_ms(speech, found, 16000)) <= 0.1


def test_what_is_half_a_second_late_is_left_as_it_is(speech):
    late = np.roll(speech, 8000)
    np.testing.assert_array_equal(aligned(speech, late, 16000), late)


@pytest.mark.parametrize("smooth_ms", [15.0, 30.0])
def test_white_noise_stays_white(smooth_ms):
    parent = np.random.default_rng(0).normal(0, 0.1, RATE_HZ).astype(np.float32)
    copy = made(parent, excitation="mixed", smooth_ms=smooth_ms)
    assert copy.std() == pytest.approx(0.1, rel=0.2)
    powers = [np.mean(band**2) for band in _in_bands(copy, RATE_HZ)]
    np.testing.assert_allclose(np.array(powers) * [8, 8, 4, 4, 4], copy.std() ** 2, rtol=0.25)
