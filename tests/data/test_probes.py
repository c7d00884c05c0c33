"""Probes of long clips are measured in parts, so that memory does not grow with the length of a file."""

import tracemalloc

import numpy as np
import pytest

from avdf.data import audibility, probes
from avdf.data.audibility import level_doubts
from avdf.data.probes import probe

RATE_HZ = 16000


def test_probes_measured_in_parts_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(0).normal(0, 3000, 3 * RATE_HZ).clip(-32767, 32767).astype(np.int16)
    samples[:8000] = samples[-9000:] = 0  # half a second, and 562.5 ms
    whole = probe(samples, RATE_HZ)
    assert (whole["leading_silence_ms"], whole["trailing_silence_ms"]) == pytest.approx((500, 562.5), abs=2)
    monkeypatch.setattr(probes, "_PART", 2048)
    monkeypatch.setattr(audibility, "_PART", 1000)
    assert probe(samples, RATE_HZ) == pytest.approx(whole, rel=1e-9)
    loud = np.where(np.arange(RATE_HZ) % 100 == 0, 32767, samples[8000:24000]).astype(np.int16)
    loud[:160:2] = -32767
    assert "clipped: 1.5% of the samples are at full scale" in level_doubts(loud, RATE_HZ, 8000.0)


def test_twenty_minutes_are_measured_in_30_mb_beyond_their_samples() -> None:
    samples = np.random.default_rng(0).integers(-3000, 3000, 1200 * RATE_HZ, dtype=np.int16)
    tracemalloc.start()
    probe(samples, RATE_HZ)
    level_doubts(samples, RATE_HZ, 8000.0)
    assert tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()
