"""Where the fake is: scores of half seconds against brute force, stretches, labels, the highest crop."""

from pathlib import Path

import numpy as np
import pytest
from making.media import RATE_HZ, speech_like, write_audio
from numpy.typing import NDArray

from avdf.detection.answers import Rule, sigmoid
from avdf.detection.prediction import Predictor, predict
from avdf.detection.timeline import label_track, scores_of_steps, stretches_of, window_starts

SECONDS = 2.0


def hears_a_tone(crops: NDArray[np.float32]) -> NDArray[np.float64]:
    """(crop,) logits from -5 to 5: the share of a crop's energy that is above 5 kHz, which is called fake."""
    power = np.abs(np.fft.rfft(crops, axis=1)) ** 2
    return np.asarray(10 * power[:, round(5000 * SECONDS) :].sum(axis=1) / power.sum(axis=1) - 5)


def predictor(whole: str = "mean") -> Predictor:
    return Predictor(
        scorer=hears_a_tone, rule=Rule(threshold=0.5, whole=whole), sample_rate_hz=RATE_HZ, seconds=SECONDS,
        skip_start_s=0.0, num_crops=4,
    )  # fmt: skip


def spliced(path: Path, fakes_s: tuple[tuple[float, float], ...]) -> Path:
    """20 s of speech with a loud tone of 6 kHz in these places."""
    samples = np.tile(speech_like(4 * RATE_HZ)[:1], 5)  # all below 3 kHz
    time_s = np.arange(20 * RATE_HZ) / RATE_HZ
    for start_s, end_s in fakes_s:
        is_in = (time_s >= start_s) & (time_s < end_s)
        samples[0, is_in] = 0.5 * np.sin(2 * np.pi * 6000 * time_s[is_in])
    return write_audio(path, samples, "pcm_s16le")


def test_a_step_has_the_mean_logit_of_the_windows_that_hold_its_middle():
    rng = np.random.default_rng(0)
    for num_usable, window_s in ((10.3, 2.0), (1.2, 2.0), (7.0, 3.1)):
        starts = window_starts(round(num_usable * 100), round(window_s * 100), 50) / 100
        logits = rng.normal(0, 2, len(starts))
        steps = scores_of_steps(starts, logits, window_s, num_usable)
        assert [step["start_s"] for step in steps[:3]] == [0, 0.5, 1.0]
        assert steps[-1]["end_s"] == pytest.approx(min(num_usable, starts[-1] + window_s))
        for step in steps:
            middle = (step["start_s"] + step["end_s"]) / 2
            held = [
                logit
                for start, logit in zip(starts, logits, strict=True)
                if start <= middle < start + window_s
            ]
            assert step["score"] == pytest.approx(float(sigmoid(np.mean(held))))


def test_fake_parts_of_a_file_are_found_to_half_a_window(tmp_path: Path):
    path = spliced(tmp_path / "spliced.wav", ((4.0, 8.0), (14.0, 17.0)))
    (told,) = predict(predictor(), [path], timeline=True)
    found = [(item["start_s"], item["end_s"]) for item in told["stretches"]]
    assert np.array(found) == pytest.approx(np.array([(4, 8), (14, 17)]), abs=SECONDS / 2)
    assert all(item["score"] > 0.9 for item in told["stretches"])
    assert len(told["timeline"]) == 40
    assert label_track(told).splitlines()[0].split("\t")[:2] == [f"{end:.6f}" for end in found[0]]


def test_the_highest_crop_finds_a_fake_part_that_the_mean_does_not(tmp_path: Path):
    path = spliced(tmp_path / "spliced.wav", ((8.0, 11.0),))
    calls = {whole: next(iter(predict(predictor(whole), [path])))["call"] for whole in ("mean", "max")}
    assert calls == {"mean": "real", "max": "fake"}


def test_stretches_are_runs_of_steps_and_none_below_the_threshold():
    steps = [{"start_s": n, "end_s": n + 1, "score": score} for n, score in enumerate([0.5, 0.4, 0.6, 0.7])]
    assert stretches_of(steps, 0.5) == [
        {"start_s": 0, "end_s": 1, "score": 0.5},
        {"start_s": 2, "end_s": 4, "score": 0.7},
    ]
    assert stretches_of(steps, 0.8) == []


def test_a_file_without_a_score_has_no_timeline(tmp_path: Path):
    (told,) = predict(predictor(), [tmp_path / "none.wav"], timeline=True)
    assert (told["timeline"], told["stretches"]) == ([], [])
