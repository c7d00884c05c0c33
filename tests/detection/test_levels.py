"""A quieter copy of a file gets the same score, if the floor of the features follows the level."""

from pathlib import Path

import numpy as np
import pytest
import soxr
from making.detectors import save_small_detector
from making.media import RATE_HZ, speech_like, write_audio
from making.runs import TOP, short_settings
from making.tiny import make_tiny

from avdf.config.schema import ModelConfig
from avdf.data.audio.samples import read_audio
from avdf.detection.loading import load_predictor
from avdf.detection.prediction import predict
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder

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


def copies_of(path: Path, folder: Path) -> dict[str, Path]:
    """The same sound at other rates, with other channels and 12 dB lower, as files of 16 bits."""
    sound = read_audio(path, RATE_HZ).waveform
    copies = {
        "44.1 kHz": (44100, soxr.resample(sound, RATE_HZ, 44100)[None]),
        "48 kHz, stereo": (48000, np.tile(soxr.resample(sound, RATE_HZ, 48000), (2, 1))),
        "stereo": (RATE_HZ, np.tile(sound, (2, 1))),
        "one channel silent": (RATE_HZ, np.stack([sound, 0 * sound])),
        "12 dB lower": (RATE_HZ, 10 ** (-12 / 20) * sound[None]),
        "8 kHz": (8000, soxr.resample(sound, RATE_HZ, 8000)[None]),
    }
    folder.mkdir()
    return {
        name: write_audio(
            folder / f"{path.stem} {name}.wav", samples.astype(np.float32), "pcm_s16le", rate_hz=rate
        )
        for name, (rate, samples) in copies.items()
    }


@pytest.mark.slow
def test_a_trained_detector_calls_the_copies_of_a_clip_as_it_calls_the_clip(tmp_path: Path):
    root = make_tiny(tmp_path / "data")
    words = [*short_settings(root, tmp_path), "train.epochs=6", f"run.dir={tmp_path / 'run'}"]
    config = load_experiment(TOP / "configs" / "audio_cnn.yaml", words)
    assert config.model.features["audio"]["floor_db"] == -60
    predictor = load_predictor(RunFolder(run_experiment(config, name="run")).detector)
    clips = sorted(root.rglob("*.mp4"))[::7]
    calls = {told["call"] for told in predict(predictor, clips)}
    assert calls == {"real", "fake"}
    for number, clip in enumerate(clips):
        copies = copies_of(clip, tmp_path / str(number))
        (whole,) = predict(predictor, [clip])
        for name, told in zip(copies, predict(predictor, list(copies.values())), strict=True):
            if name == "8 kHz":  # half of the spectrum is gone: the call may change, and the reader is told
                assert told["training_distance"]["measures"]["bandwidth_hz"]["verdict"] == "outside"
            else:
                assert told["call"] == whole["call"], (clip, name, told["score"], whole["score"])
