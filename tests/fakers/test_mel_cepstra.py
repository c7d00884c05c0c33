"""Mel-cepstra: the fit is the best there is, and its filters are of minimum phase."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from avdf.fakers._cepstra import minimum_phase
from avdf.fakers._mel_cepstra import filters_of, mel_cepstra_of

ORDER, ALPHA = 12, 0.42


def spectra() -> np.ndarray:
    """(4, 129): a flat one, two that fall by 80 dB with harmonics or as noise has it, and silence."""
    bins = np.arange(129)
    falling = 10 ** (-8 * bins / 128)
    harmonics = falling * (1e-3 + (bins % 8 == 0))
    noise = falling * np.random.default_rng(0).exponential(1, 129)
    return np.stack([np.ones(129), harmonics, noise, np.zeros(129)])


def test_the_fit_is_as_good_as_a_general_optimiser_finds():
    power = spectra()
    found = mel_cepstra_of(power, ORDER, ALPHA)
    basis = np.log(np.abs(filters_of(np.eye(ORDER + 1), ALPHA, 129))).T * 2
    weights = np.r_[0.5, np.ones(127), 0.5]
    for number in range(3):

        def cost(cepstra: np.ndarray, row: np.ndarray = power[number]) -> float:
            levels = basis @ cepstra
            return float(weights @ (row * np.exp(-levels) + levels))

        best = minimize(cost, np.zeros(ORDER + 1), method="BFGS", options={"gtol": 1e-4})
        assert cost(found[number]) <= best.fun + 1e-3 * abs(best.fun)
    assert np.isfinite(found).all()


def test_a_flat_spectrum_has_one_cepstrum():
    [cepstra] = mel_cepstra_of(np.full((1, 129), np.exp(2.0)), ORDER, ALPHA)
    np.testing.assert_allclose(cepstra, [2.0, *[0] * ORDER], atol=1e-6)


def test_the_first_cepstrum_lifts_and_the_second_tilts_towards_low_frequencies():
    lifted, tilted = 20 * np.log10(np.abs(filters_of(np.array([[2.0, 0], [0, 1.0]]), ALPHA, 129)))
    np.testing.assert_allclose(lifted, 20 * np.log10(np.e))
    assert tilted[0] == pytest.approx(10 * np.log10(np.e))
    assert tilted[-1] == pytest.approx(-10 * np.log10(np.e))
    # At a quarter of the rate a warped axis is beyond its middle: the tilt has turned negative.
    assert tilted[64] < -1


def test_a_filter_is_the_one_of_minimum_phase_that_its_magnitudes_have():
    made = filters_of(mel_cepstra_of(spectra()[:3], ORDER, ALPHA), ALPHA, 1025)
    expected = torch.exp(minimum_phase(torch.from_numpy(np.log(np.abs(made)).T))).numpy().T
    np.testing.assert_allclose(made, expected, rtol=1e-3)
