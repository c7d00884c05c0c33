"""Decoding runs ahead of the caller, in order, and stops where decoded files hold enough memory."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from making.media import RATE_HZ, speech_like, write_audio
from making.pace import best_s
from numpy.typing import NDArray

from avdf.data.hearing import Hearing
from avdf.detection import decoding
from avdf.detection.answers import Rule
from avdf.detection.decoding import Decoding, decoded_in_order
from avdf.detection.prediction import Predictor, predict
from avdf.errors import MediaError

NUM_FILES, FILE_BYTES = 8, 2 * RATE_HZ  # one second in 16 bits
NOTING = """
from avdf.data.audio.decoder_process import decode, main

def noting(path, sample_rate_hz):
    with open(path.parent / "begun", "a") as file:
        file.write(path.stem)
    return decode(path, sample_rate_hz)

main(noting)
"""

STEP_S = 0.1
SLOW = f"""
import time
from avdf.data.audio.decoder_process import decode, main

def slow(path, sample_rate_hz):
    time.sleep({STEP_S})
    return decode(path, sample_rate_hz)

main(slow)
"""


def slow_scorer(crops: NDArray[np.float32]) -> NDArray[np.float64]:
    time.sleep(STEP_S)
    return np.zeros(len(crops))


def test_both_stages_together_take_little_more_time_than_the_slower_one(tmp_path: Path):
    files = [write_audio(tmp_path / f"{n}.wav", speech_like(RATE_HZ)[:1], "pcm_s16le") for n in range(12)]
    scoring = Predictor(scorer=slow_scorer, rule=Rule(threshold=0.5), sample_rate_hz=RATE_HZ, seconds=1.0,
                        skip_start_s=0.0, num_crops=1)  # fmt: skip
    command = (sys.executable, "-c", SLOW)
    hearing = Hearing(skip_start_s=0.0, crop_s=1.0)
    decoding_s = best_s(lambda: list(decoded_in_order(files, RATE_HZ, hearing, Decoding(command=command))))
    both_s = best_s(lambda: list(predict(scoring, files, decoder=command)))
    slower_s = max(decoding_s, len(files) * STEP_S)
    assert slower_s / both_s > 0.8, (decoding_s, both_s)


@pytest.mark.parametrize("workers", [1, 3])
def test_no_file_is_begun_while_those_that_wait_hold_too_much(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(decoding, "_MOST_BYTES_AHEAD", 2 * FILE_BYTES)
    files = [
        write_audio(tmp_path / f"{number}.wav", speech_like(RATE_HZ)[:1], "pcm_s16le")
        for number in range(NUM_FILES)
    ]
    how = Decoding(workers=workers, command=(sys.executable, "-c", NOTING))
    outcomes = decoded_in_order(files, RATE_HZ, Hearing(skip_start_s=0.0, crop_s=1.0), how)
    first, _ = next(outcomes)
    begun, last_change = "", time.monotonic()
    while time.monotonic() - last_change < 1:  # until nothing is begun for a second
        now = (tmp_path / "begun").read_text()
        begun, last_change = now, last_change if now == begun else time.monotonic()
        time.sleep(0.05)
    # The first, two that fill the memory, one more per worker that began before they did.
    assert 3 <= len(begun) <= 3 + workers < NUM_FILES
    rest = list(outcomes)
    assert [first, *(path for path, _ in rest)] == files
    assert not any(isinstance(outcome, MediaError) for _, outcome in rest)
    assert sorted((tmp_path / "begun").read_text()) == sorted("01234567")
