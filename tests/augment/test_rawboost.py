"""rawboost: the three algorithms of the paper against numbers and a direct implementation."""

import numpy as np
import pytest
from scipy.signal import freqz, lfilter

from avdf.augment import AUGMENTS
from avdf.augment._rawboost import Filter, Notch, convolutive, filter_taps, impulsive, stationary
from avdf.augment.rawboost import Rawboost
from avdf.errors import ConfigError

SAMPLE_RATE_HZ = 16000
SPEECHLIKE = np.random.default_rng(5).laplace(0, 0.05, 16000)


def build(**settings: object) -> Rawboost:
    rawboost: Rawboost = AUGMENTS.build({"name": "rawboost", **settings}, "model.augment.rawboost")
    return rawboost


def response_db(notch_filter: Filter, frequency_hz: float) -> float:
    _, response = freqz(filter_taps(notch_filter, SAMPLE_RATE_HZ), worN=[frequency_hz], fs=SAMPLE_RATE_HZ)
    return float(20 * np.log10(np.abs(response[0])))


def test_a_notch_removes_its_centre_and_passes_the_rest_at_the_drawn_gain():
    notch_filter = Filter((Notch(centre_hz=2000, width_hz=1000, num_taps=101),), gain_db=-6)
    assert response_db(notch_filter, 2000) < -40
    for frequency_hz in (500, 4000, 7000):
        assert response_db(notch_filter, frequency_hz) == pytest.approx(-6, abs=0.3)


def test_lnl_with_distant_notches_is_the_sum_of_the_orders_at_their_gains():
    quiet = np.sin(2 * np.pi * 1000 * np.arange(16000) / SAMPLE_RATE_HZ)
    notch = (Notch(centre_hz=7000, width_hz=500, num_taps=101),)
    altered = convolutive(quiet, [Filter(notch, 0.0), Filter(notch, -20.0)], SAMPLE_RATE_HZ)
    spectrum = 2 * np.abs(np.fft.rfft(altered)) / len(altered)  # a bin is 1 Hz
    assert spectrum[1000] == pytest.approx(1, rel=0.02)
    assert spectrum[2000] == pytest.approx(0.05, rel=0.05)  # sin^2 = (1 - cos 2wt) / 2, a tenth of it
    assert altered.mean() == pytest.approx(0, abs=1e-12)


def test_lnl_is_a_sum_of_filtered_powers_without_their_delay_or_mean():
    filters = [
        Filter((Notch(1000, 300, 11), Notch(3000, 800, 20)), 0.0),
        Filter((Notch(5000, 500, 31),), -8.0),
        Filter((Notch(20, 400, 15),), -12.0),
    ]
    expected = np.zeros_like(SPEECHLIKE)
    for order, notch_filter in enumerate(filters, start=1):
        taps = filter_taps(notch_filter, SAMPLE_RATE_HZ)
        delay = (len(taps) - 1) // 2
        delayed = lfilter(taps, 1, np.concatenate([SPEECHLIKE**order, np.zeros(delay)]))
        expected += delayed[delay:]
    altered = convolutive(SPEECHLIKE, filters, SAMPLE_RATE_HZ)
    np.testing.assert_allclose(altered, expected - expected.mean(), atol=1e-12)


def test_isd_changes_a_tenth_of_the_samples_by_at_most_twice_their_value():
    altered = impulsive(SPEECHLIKE, share=0.1, gain=2, seed=0)
    touched = np.flatnonzero(altered != SPEECHLIKE)
    assert len(touched) == 1600
    strength = (altered[touched] - SPEECHLIKE[touched]) / (2 * SPEECHLIKE[touched])
    assert np.abs(strength).max() <= 1
    assert np.mean(np.abs(strength)) == pytest.approx(0.25, abs=0.02)  # E|u v| = 1/2 * 1/2
    assert np.mean(strength) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("snr_db", [10.0, 40.0])
def test_ssi_adds_filtered_noise_at_the_drawn_ratio(snr_db):
    notch_filter = Filter((Notch(centre_hz=4000, width_hz=1000, num_taps=101),), gain_db=0)
    added = stationary(SPEECHLIKE, notch_filter, snr_db, 3, SAMPLE_RATE_HZ) - SPEECHLIKE
    assert 10 * np.log10(np.sum(SPEECHLIKE**2) / np.sum(added**2)) == pytest.approx(snr_db, abs=0.01)
    power = np.abs(np.fft.rfft(added)) ** 2  # a bin is 1 Hz
    assert 10 * np.log10(power[3900:4100].mean() / power[1000:3000].mean()) < -30


def test_ssi_of_silence_is_silence():
    notch_filter = Filter((Notch(4000, 1000, 101),), 0.0)
    assert not stationary(np.zeros(100), notch_filter, 10, 0, SAMPLE_RATE_HZ).any()


def test_only_the_algorithms_named_are_applied_in_their_order():
    draws = build().draw(np.random.default_rng(1), 16000, SAMPLE_RATE_HZ)
    waveform = SPEECHLIKE.astype(np.float32)
    touched = build(algorithms=["isd"]).apply(waveform, draws, SAMPLE_RATE_HZ) != waveform
    assert touched.sum() == int(draws.impulsive_share * 16000)
    one_way, other_way = (
        build(algorithms=names).apply(waveform, draws, SAMPLE_RATE_HZ)
        for names in (["lnl", "isd"], ["isd", "lnl"])
    )
    assert np.abs(one_way - other_way).max() > 1e-3


def test_no_sample_exceeds_full_scale():
    loud = (0.99 * np.sign(SPEECHLIKE)).astype(np.float32)
    rawboost, rng = build(algorithms=["lnl", "isd", "ssi"]), np.random.default_rng(0)
    for _ in range(5):
        assert np.abs(rawboost.apply(loud, rawboost.draw(rng, 16000, 16000), 16000)).max() <= 1


def test_draws_cover_the_ranges_of_the_paper():
    rawboost, rng = build(), np.random.default_rng(2)
    draws = [rawboost.draw(rng, 16000, SAMPLE_RATE_HZ) for _ in range(200)]
    notches = [notch for draw in draws for item in draw.lnl for notch in item.notches]
    assert len(notches) == 200 * 5 * 5
    assert min(notch.centre_hz for notch in notches) >= 20
    assert max(notch.centre_hz for notch in notches) <= 8000
    widths_hz = [notch.width_hz for notch in notches]
    assert 100 <= min(widths_hz) < 102
    assert 998 < max(widths_hz) <= 1000
    snrs_db = [draw.snr_db for draw in draws]
    assert 10 <= min(snrs_db) < 11
    assert 39 < max(snrs_db) <= 40
    assert {notch.num_taps for notch in notches} == set(range(10, 101))
    assert {draw.lnl[0].gain_db for draw in draws} == {0.0}
    assert all(-20 <= item.gain_db <= -5 for draw in draws for item in draw.lnl[1:])
    assert max(draw.impulsive_share for draw in draws) == pytest.approx(0.1, abs=0.002)


def test_notches_stay_below_half_of_a_low_sample_rate():
    draws = build().draw(np.random.default_rng(0), 8000, 8000)
    assert all(notch.centre_hz <= 4000 for item in draws.lnl for notch in item.notches)
    waveform = SPEECHLIKE.astype(np.float32)
    assert np.isfinite(build().apply(waveform, draws, 8000)).all()


def test_an_algorithm_named_twice_is_refused():
    with pytest.raises(ConfigError, match="algorithms must name lnl, isd or ssi, each once"):
        build(algorithms=["lnl", "lnl"])
