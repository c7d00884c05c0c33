"""Fingerprints of recordings: spectral peaks find candidates, the waveform decides."""

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from avdf.data.recordings import fingerprint
from avdf.data.recordings.fingerprint import (
    HOP_S,
    RATE_HZ,
    SAME,
    correlation,
    decimated,
    landmarks,
    window_maximum,
)


def speech_like(seconds: float, seed: int) -> NDArray[np.int16]:
    """Noise in bursts of changing pitch: no two seeds alike, as no two sentences are."""
    rng = np.random.default_rng(seed)
    num_samples = round(seconds * RATE_HZ)
    times_s = np.arange(num_samples) / RATE_HZ
    knots = np.arange(0, seconds + 0.1, 0.1)
    pitch_hz = np.interp(times_s, knots, rng.uniform(90, 220, len(knots)))
    loudness = np.interp(times_s, knots, rng.uniform(0, 1, len(knots)))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    voice = sum(np.sin(k * phase) / k for k in range(1, 12))
    return np.asarray((voice * loudness + 0.02 * rng.normal(size=num_samples)) * 4000, dtype=np.int16)


def test_a_copy_cut_by_300_ms_and_half_as_loud_is_the_same_recording() -> None:
    whole = speech_like(3.0, seed=1)
    copy = whole[round(0.3 * RATE_HZ) :] // 2
    assert correlation(decimated(whole), decimated(copy), 0.3) > 0.99
    assert correlation(decimated(copy), decimated(whole), -0.3) > 0.99


def test_the_lag_may_be_wrong_by_30_ms_and_lie_between_two_samples() -> None:
    whole = speech_like(3.0, seed=1)
    fine = soxr.resample(whole.astype(np.float32), RATE_HZ, RATE_HZ * 8)
    copy = soxr.resample(fine[3:], RATE_HZ * 8, RATE_HZ).astype(np.int16)[1000:]
    assert correlation(decimated(whole), decimated(copy), 1000 / RATE_HZ + 0.03) > 0.97


def test_two_sentences_and_a_sentence_backwards_are_other_recordings() -> None:
    one, other = speech_like(3.0, seed=1), speech_like(3.0, seed=2)
    assert correlation(decimated(one), decimated(other), 0.0) < SAME
    assert correlation(decimated(one), decimated(one[::-1].copy()), 0.0) < SAME


@pytest.mark.parametrize("level", [0, 5000])
def test_silence_and_a_constant_correlate_with_nothing_and_have_no_landmarks(level: int) -> None:
    constant = np.full(2 * RATE_HZ, level, np.int16)
    assert len(landmarks(constant).hashes) == 0
    assert correlation(decimated(constant), decimated(constant), 0.0) == 0.0


def test_two_hums_of_50_hz_are_not_one_recording() -> None:
    hum = np.asarray(8000 * np.sin(2 * np.pi * 50 * np.arange(3 * RATE_HZ) / RATE_HZ), dtype=np.int16)
    assert correlation(decimated(hum), decimated(hum), 0.0) == 0.0


def test_clips_that_overlap_by_less_than_half_of_the_shorter_are_not_compared() -> None:
    whole = speech_like(4.0, seed=1)
    assert correlation(decimated(whole[: 2 * RATE_HZ]), decimated(whole[round(1.5 * RATE_HZ) :]), 1.5) == 0.0


def test_landmarks_of_a_clip_shifted_by_10_hops_are_the_same_10_frames_later() -> None:
    whole = speech_like(3.0, seed=3)
    later = np.concatenate([np.zeros(10 * round(HOP_S * RATE_HZ), np.int16), whole])
    one, other = landmarks(whole), landmarks(later)
    shared = set(zip(one.hashes, one.frames + 10, strict=True)) & set(
        zip(other.hashes, other.frames, strict=True)
    )
    assert len(shared) > 0.7 * len(one.hashes)


def test_60_ms_are_too_short_for_a_landmark() -> None:
    assert len(landmarks(speech_like(0.06, seed=1)).hashes) == 0


@pytest.mark.parametrize("num_rows", [1, 4, 9, 60])
@pytest.mark.parametrize("near", [(0, 0), (1, 2), (4, 6), (7, 3)])
def test_the_maximum_within_a_window_is_that_of_scipy(num_rows: int, near: tuple[int, int]) -> None:
    values = np.random.default_rng(num_rows).normal(size=(num_rows, 50)).astype(np.float32)
    window = [2 * side + 1 for side in near]
    assert np.array_equal(window_maximum(values, near), maximum_filter(values, size=window))


@pytest.mark.parametrize("num_frames", [3, 10, 64])
def test_landmarks_of_a_file_read_in_parts_are_those_of_the_whole(
    num_frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = speech_like(5.0, seed=3)
    whole = landmarks(samples)
    monkeypatch.setattr(fingerprint, "_FRAMES_AT_ONCE", num_frames)
    in_parts = landmarks(samples)
    assert len(whole.hashes) > 200
    assert np.array_equal(in_parts.hashes, whole.hashes)
    assert np.array_equal(in_parts.frames, whole.frames)
