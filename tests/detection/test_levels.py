"""A quieter copy of a file gets the same score, if the floor of the features follows the level."""

from pathlib import Path

import numpy as np
import pytest
from making.detectors import save_small_detector
from making.media import RATE_HZ, speech_like, write_audio

from avdf.config.schema import ModelConfig
from avdf.detection.loading import load_predictor
from avdf.detection.prediction import predict

NOISE = np.random.default_rng(0).normal(0, 0.003, 4 * RATE_HZ)
SPEECH = (speech_like(4 * RATE_HZ)[:1] + NOISE).astype(np.float32)


def scores_at(floor_db: float | None, folder: Path) -> list[float]:
    """The scores of a file as it is and 12 and 24 dB lower."""
    features = {"audio": {"name": "log_mel", "floor_db": floor_db}}
    encoders = {"audio": {"name": "audio_cnn", "channels": [8]}}
    save_small_detector(folder / "detector", ModelConfig(features=features, encoders=encoders))
    files = [
        write_audio(folder / f"{lower_db}.wav", 10 ** (-lower_db / 20) * SPEECH, "pcm_s16le")
        for lower_db in (0, 12, 24)
    ]
    return [told["score"] for told in predict(load_predictor(folder / "detector"), files)]


def test_a_level_12_db_lower_changes_no_score_where_the_floor_follows_it(tmp_path: Path):
    whole, lower, lowest = scores_at(-60.0, tmp_path)
    assert (lower, lowest) == (pytest.approx(whole, abs=1e-3), pytest.approx(whole, abs=5e-3))
