"""How far a file is from training: inside, rare or outside, measure by measure, in words."""

import numpy as np
import pytest

from avdf.config.training_sound import TrainingSound
from avdf.data.sound_measures import sound_measures
from avdf.detection.distance import distance_from

RATE_HZ = 16000
TRAINING = TrainingSound(
    num_clips=100,
    quantiles={
        "bandwidth_hz": [6000, 6100, 6500, 7000, 7500, 7900, 8000],
        "loudness_db": [-40, -38, -35, -28, -20, -18, -15],
        "noise_db": [-70, -68, -60, -40, -30, -22, -20],
        "duration_s": [1, 1.2, 2, 5, 8, 9.5, 10],
    },
    audio_codecs={"aac": 0.995, "mp3": 0.005},
)
USUAL = {"bandwidth_hz": 7000.0, "loudness_db": -28.0, "noise_db": -40.0, "duration_s": 5.0}


def test_a_usual_file_is_inside_at_the_median_of_training():
    told = distance_from(TRAINING, USUAL, "aac")
    assert (told["verdict"], told["words"]) == ("inside", [])
    assert {item["share_below"] for item in told["measures"].values()} == {0.5}


@pytest.mark.parametrize(
    ("measures", "codec", "words"),
    [
        (
            {"bandwidth_hz": 3400.0},
            "aac",
            "outside: this file has no sound above 3.4 kHz, training had none such (6.0 to 8.0 kHz)",
        ),
        (
            {"loudness_db": -39.0},
            "aac",
            "rare: this file is quiet, -39.0 dB of full scale, training had few such (-40.0 to -15.0 dB)",
        ),
        (
            {"noise_db": -3.0},
            "aac",
            "outside: this file is nowhere more than 3 dB below its loudness, training had none such "
            "(-70.0 to -20.0 dB)",
        ),
        (
            {"duration_s": 3600.0},
            "aac",
            "outside: this file lasts 3600.0 s, training had none such (1.0 to 10.0 s)",
        ),
        ({}, "amr_nb", "outside: this file is in the codec amr_nb, training had none such"),
        ({}, "mp3", "rare: this file is in the codec mp3, training had 0.5% such"),
    ],
)
def test_what_is_unusual_is_told_in_words(measures: dict[str, float], codec: str, words: str):
    told = distance_from(TRAINING, USUAL | measures, codec)
    assert told["words"] == [words]
    assert told["verdict"] == words.partition(":")[0]


def test_the_measures_do_not_depend_on_the_level_and_hear_noise_and_bandwidth():
    rng = np.random.default_rng(0)
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    bursts = np.sin(2 * np.pi * 300 * time_s) * (np.sin(2 * np.pi * time_s) > 0)  # silent half of the time

    def measured(gain: float, noise: float) -> dict[str, float]:
        waveform = gain * (bursts + rng.normal(0, noise, len(time_s)))
        return sound_measures((waveform * 20000).astype(np.int16), RATE_HZ)

    clean, noisy, quiet = measured(1, 0.001), measured(1, 0.1), measured(0.25, 0.1)
    # half of the time a sine of amplitude 1: a loudness of 0.5, 6 dB below full scale of 20000
    assert clean["loudness_db"] == pytest.approx(20 * np.log10(0.5 * 20000 / 32767), abs=0.1)
    assert clean["noise_db"] == pytest.approx(20 * np.log10(0.001 / 0.5), abs=1)
    assert noisy["noise_db"] == pytest.approx(20 * np.log10(0.1 / 0.51), abs=1)
    assert quiet["noise_db"] == pytest.approx(noisy["noise_db"], abs=0.5)
    assert clean["bandwidth_hz"] < 1000 < 7000 < noisy["bandwidth_hz"]
