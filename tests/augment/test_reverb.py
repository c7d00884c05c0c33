"""reverb: the measured response has the drawn parameters."""

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.augment.reverb import Drawn, Reverb
from avdf.channels.reverb import ReverbConfig, room_response

SAMPLE_RATE_HZ = 16000


def build() -> Reverb:
    reverb: Reverb = AUGMENTS.build({"name": "reverb"}, "model.augment.reverb")
    return reverb


def heard(drawn: Drawn) -> np.ndarray:
    """The response to an impulse at sample 100, relative to the direct sound."""
    impulse = np.zeros(32000, np.float32)
    impulse[100] = 1
    wet = build().apply(impulse, drawn, SAMPLE_RATE_HZ)
    return wet[100:].astype(np.float64) / wet[100]


@pytest.mark.parametrize("rt60_s", [0.15, 0.4, 0.8])
def test_the_tail_falls_by_60_db_in_the_drawn_time(rt60_s):
    energy = heard(Drawn(rt60_s, 0.0, 0.0, tail_seed=1))[1:] ** 2
    left_db = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum() + 1e-12)  # Schroeder's integral
    early = (left_db < -5) & (left_db > -25)
    slope_db_per_s = np.polyfit(np.flatnonzero(early) / SAMPLE_RATE_HZ, left_db[early], 1)[0]
    assert -60 / slope_db_per_s == pytest.approx(rt60_s, rel=0.1)


@pytest.mark.parametrize("direct_to_tail_db", [-3.0, 6.0, 15.0])
def test_the_direct_sound_exceeds_the_tail_by_the_drawn_decibels(direct_to_tail_db):
    response = heard(Drawn(0.3, direct_to_tail_db, 5.0, tail_seed=2))
    assert -10 * np.log10(np.sum(response[1:] ** 2)) == pytest.approx(direct_to_tail_db, abs=0.01)


def test_a_predelay_of_10_ms_is_160_zeros():
    config = ReverbConfig(rt60_s=0.2, direct_to_tail_db=0.0, predelay_ms=10.0)
    response = room_response(config, SAMPLE_RATE_HZ, np.random.default_rng(3))
    assert response[0] == 1
    assert not response[1:161].any()
    assert response[161] != 0
    assert len(response) == 161 + 3200


def test_energy_and_alignment_are_kept():
    waveform = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    wet = build().apply(waveform, Drawn(0.5, 3.0, 2.0, tail_seed=4), SAMPLE_RATE_HZ)
    assert np.sum(wet**2) == pytest.approx(np.sum(waveform**2), rel=1e-4)
    likeness = [np.dot(waveform[50:15000], wet[50 + lag : 15000 + lag]) for lag in range(-20, 21)]
    assert np.argmax(likeness) == 20  # lag 0
