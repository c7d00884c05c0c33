"""The same sound at another rate or with more channels gets the same call; what 8 kHz has lost is told."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soxr
from making.media import write_audio

from avdf.data.audio.samples import read_audio
from avdf.detection.loading import load_predictor
from avdf.detection.prediction import predict

NUM_CLIPS = 8
WAYS = {  # name: (rate in Hz, channels)
    "16 kHz": (16000, 1),
    "44.1 kHz": (44100, 1),
    "48 kHz, stereo": (48000, 2),
    "8 kHz": (8000, 1),
}


@pytest.fixture(scope="module")
def results(run: Path, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict]]:
    """The results of test clips as they are, and of each of them in every way."""
    folder = tmp_path_factory.mktemp("ways")
    scores = pd.read_csv(run / "scores.csv")
    clips = scores[scores["split"] == "test"].drop_duplicates("track")["clip"].head(NUM_CLIPS)
    files = {"as it is": [demo / clip for clip in clips]}
    for name, (rate_hz, num_channels) in WAYS.items():
        files[name] = []
        for number, clip in enumerate(clips):
            waveform = soxr.resample(read_audio(demo / clip, 48000).waveform, 48000, rate_hz)
            channels = np.stack([waveform] * num_channels).astype(np.float32)
            path = folder / f"{number}-{name.replace(' ', '')}.wav"
            files[name].append(write_audio(path, channels, "pcm_s16le", rate_hz=rate_hz))
    predictor = load_predictor(run / "detector")
    told = list(predict(predictor, [path for paths in files.values() for path in paths], workers=2))
    return {name: told[place * NUM_CLIPS :][:NUM_CLIPS] for place, name in enumerate(files)}


@pytest.mark.parametrize("way", [name for name in WAYS if name != "8 kHz"])
def test_a_rate_and_channels_do_not_change_the_call(way: str, results: dict[str, list[dict]]):
    before, after = results["as it is"], results[way]
    scores = ([item["score"] for item in told] for told in (before, after))
    np.testing.assert_allclose(*scores, atol=0.005)
    assert [item["call"] for item in after] == [item["call"] for item in before]
    assert {item["call"] for item in before} == {"real", "fake"}


def test_at_8_khz_the_answer_says_that_training_had_no_such_sound(results: dict[str, list[dict]]):
    for before, told in zip(results["as it is"], results["8 kHz"], strict=True):
        assert before["training_distance"]["measures"]["bandwidth_hz"]["verdict"] != "outside"
        assert told["training_distance"]["measures"]["bandwidth_hz"]["verdict"] == "outside"
        words = [line for line in told["training_distance"]["words"] if "no sound above" in line]
        assert words[0].startswith(
            ("outside: this file has no sound above 3.", "outside: this file has no sound above 4.0")
        )
        assert "training had no such sound" in told["words"]
