"""Copies that keep magnitudes: phases integrated from their gradients, and a phase vocoder to and fro."""

import numpy as np
import pytest
import torch

from avdf.errors import ConfigError
from avdf.fakers import FAKERS
from avdf.fakers._spectra import spectrum_of, window_of
from avdf.fakers.phase_gradient import _integrated

RATE_HZ = 16000


def made(name: str, parent: np.ndarray, **settings: object) -> np.ndarray:
    faker = FAKERS.build({"name": name}, "faker")
    return faker.resynthesise(parent, RATE_HZ, settings, np.random.default_rng(0))


def error_db(parent: np.ndarray, copy: np.ndarray, window_ms: float) -> float:
    """How far the magnitudes of a copy are from those of its parent, relative to these."""
    window = window_of(window_ms, RATE_HZ)
    wanted, got = (spectrum_of(sound, window).abs() for sound in (parent, copy))
    return float(20 * torch.log10(torch.linalg.norm(got - wanted) / torch.linalg.norm(wanted)))


def test_integrated_phases_give_back_the_magnitudes_and_random_ones_do_not(speech):
    near = made("phase_gradient", speech, window_ms=32.0, depth_db=60.0)
    far = made("phase_gradient", speech, window_ms=32.0, depth_db=1.0)  # nearly all phases are random
    assert error_db(speech, near, 32.0) < -15
    assert error_db(speech, far, 32.0) > -8


@pytest.mark.parametrize("window_ms", [16.0, 64.0])
def test_a_tone_that_rises_keeps_its_magnitudes(window_ms):
    time_s = np.arange(RATE_HZ) / RATE_HZ
    chirp = np.sin(2 * np.pi * (500 + 1500 * time_s) * time_s).astype(np.float32)
    copy = made("phase_gradient", chirp, window_ms=window_ms, depth_db=60.0)
    assert error_db(chirp, copy, window_ms) < -15


def test_the_heap_gives_the_phases_of_a_search_of_all_bins():
    rng = np.random.default_rng(0)
    levels, per_frame, per_bin, phases = rng.normal(size=(4, 7, 9))
    is_loud = levels > -0.5
    expected, is_known = phases.copy(), ~is_loud
    while not is_known.all():
        first = max(zip(*np.nonzero(~is_known), strict=True), key=lambda place: levels[place])
        is_known[first] = True
        reached = {first}
        while reached:
            here = max(reached, key=lambda place: levels[place])
            reached.remove(here)
            for frame, bin_, slope in (
                (1, 0, per_frame),
                (-1, 0, per_frame),
                (0, 1, per_bin),
                (0, -1, per_bin),
            ):
                there = (here[0] + frame, here[1] + bin_)
                if 0 <= there[0] < 7 and 0 <= there[1] < 9 and not is_known[there]:
                    expected[there] = expected[here] + (frame + bin_) * (slope[here] + slope[there]) / 2
                    is_known[there] = True
                    reached.add(there)
    found = _integrated(levels, is_loud, per_frame, per_bin, phases)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("first", ["longer", "shorter"])
def test_a_tone_has_its_frequency_again_after_both_ways(first):
    tone = (0.1 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
    copy = made("phase_vocoder", tone, window_ms=32.0, stretch=1.4, first=first)
    assert len(copy) == RATE_HZ
    spectrum = np.abs(np.fft.rfft(copy))  # bins of 1 Hz
    assert np.argmax(spectrum) == pytest.approx(440, abs=1)
    assert np.sum(spectrum[430:451] ** 2) > 0.95 * np.sum(spectrum**2)


@pytest.mark.parametrize("first", ["longer", "shorter"])
def test_a_burst_is_where_it_was_after_both_ways(first):
    burst = np.zeros(RATE_HZ, np.float32)
    burst[8000:9600] = np.random.default_rng(0).normal(0, 0.1, 1600)
    copy = made("phase_vocoder", burst, window_ms=20.0, stretch=1.5, first=first)
    centre = np.sum(np.arange(RATE_HZ) * copy**2) / np.sum(copy**2)
    assert centre == pytest.approx(8800, abs=80)  # 5 ms


def test_a_phase_vocoder_that_changes_nothing_is_refused():
    with pytest.raises(ConfigError, match=r"^faker\.min_stretch must be from 1\.01 to 4, got 1"):
        FAKERS.build({"name": "phase_vocoder", "min_stretch": 1.0}, "faker")
