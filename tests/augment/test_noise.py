"""noise: the measured signal-to-noise ratio and slope of the spectrum."""

import numpy as np
import pytest
from scipy.signal import welch

from avdf.augment import AUGMENTS
from avdf.augment.noise import Drawn, Noise

SAMPLE_RATE_HZ = 16000
SPEECHLIKE = np.random.default_rng(7).laplace(0, 0.05, 64000).astype(np.float32)


def build(**settings: float) -> Noise:
    noise: Noise = AUGMENTS.build({"name": "noise", **settings}, "model.augment.noise")
    return noise


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 20.0, 40.0])
@pytest.mark.parametrize("fall_db_per_octave", [0.0, 3.01])
def test_the_ratio_of_signal_to_noise_is_kept_to_a_tenth_of_a_decibel(snr_db, fall_db_per_octave):
    noisy = build().apply(SPEECHLIKE, Drawn(snr_db, fall_db_per_octave, noise_seed=1), SAMPLE_RATE_HZ)
    added = noisy.astype(np.float64) - SPEECHLIKE
    measured_db = 10 * np.log10(np.sum(SPEECHLIKE.astype(np.float64) ** 2) / np.sum(added**2))
    assert measured_db == pytest.approx(snr_db, abs=0.1)


@pytest.mark.parametrize("fall_db_per_octave", [0.0, 1.5, 3.01])
def test_the_spectrum_falls_by_the_drawn_decibels_per_octave(fall_db_per_octave):
    tone = np.full(160000, 0.1, np.float32)
    noisy = build().apply(tone, Drawn(0.0, fall_db_per_octave, noise_seed=2), SAMPLE_RATE_HZ)
    frequencies_hz, power = welch((noisy - tone).astype(np.float64), SAMPLE_RATE_HZ, nperseg=2048)
    band = (frequencies_hz > 60) & (frequencies_hz < 7900)
    slope, _ = np.polyfit(np.log2(frequencies_hz[band]), 10 * np.log10(power[band]), 1)
    assert slope == pytest.approx(-fall_db_per_octave, abs=0.15)


def test_the_noise_depends_on_its_seed_only():
    first, again, other = (
        build().apply(SPEECHLIKE, Drawn(10.0, 1.0, noise_seed=seed), SAMPLE_RATE_HZ) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_digital_silence_stays_unchanged():
    silence = np.zeros(1000, np.float32)
    assert not build().apply(silence, Drawn(10.0, 0.0, noise_seed=0), SAMPLE_RATE_HZ).any()
