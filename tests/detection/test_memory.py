"""The memory of scoring a file, and of decoding it, does not grow with the length of its sound."""

import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from making.media import RATE_HZ, speech_like

from avdf.data.audio.decoder import Decoder, pooled_decoder
from avdf.data.audio.levels import as_float32
from avdf.data.audio.stored import StoredSamples, after
from avdf.data.hearing import Hearing, hear
from avdf.detection.crops import crops_in_batches
from avdf.errors import MediaError

BLOCK_S = 10
SHORT_MIN, LONG_MIN = 5, 45  # 9 MB and 82 MB of samples
MOST_MORE_MIB = 12
PREDICTS = """
import json, sys
from pathlib import Path
from avdf.detection.answers import Rule
from avdf.detection.prediction import Predictor, predict

def peak_mib(process):
    return int(Path(f"/proc/{process}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

predictor = Predictor(scorer=lambda crops: crops.mean(axis=1, dtype=float), rule=Rule(threshold=0.5),
                      sample_rate_hz=16000, seconds=3.0, skip_start_s=0.5, num_crops=4)
for result in predict(predictor, [Path(sys.argv[1])]):
    tasks = Path("/proc/self/task").glob("*/children")
    children = [process for task in tasks for process in task.read_text().split()]
    peaks = [peak_mib(process) for process in ("self", *children)]
    print(json.dumps([result["seconds"], len(result["segments"]), *peaks]))
"""


def write_minutes(path: Path, minutes: float) -> Path:
    block = (20000 * speech_like(BLOCK_S * RATE_HZ)[0]).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        for _ in range(round(minutes * 60 / BLOCK_S)):
            file.writeframesraw(block)
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of a process")
def test_nine_times_as_much_sound_takes_no_more_memory(tmp_path: Path):
    peaks = []
    for minutes in (SHORT_MIN, LONG_MIN):
        path = write_minutes(tmp_path / f"{minutes}.wav", minutes)
        command = [sys.executable, "-c", PREDICTS, str(path)]
        seconds, num_segments, *mib = json.loads(
            subprocess.run(command, check=True, capture_output=True).stdout
        )
        assert (seconds, num_segments, len(mib)) == (60 * minutes, 20 * minutes, 2)
        peaks.append(mib)
    (scoring, decoding), (scoring_long, decoding_long) = peaks
    assert scoring_long - scoring < MOST_MORE_MIB, peaks
    assert decoding_long - decoding < MOST_MORE_MIB, peaks


def test_stored_samples_are_those_in_memory(tmp_path: Path):
    path, how = write_minutes(tmp_path / "a.wav", SHORT_MIN), Hearing(skip_start_s=0.5, crop_s=3.0)
    with pooled_decoder(RATE_HZ) as decoder:
        held, info = decoder.read(path)
        kept, heard = decoder.read_and_hear(path, how)
    assert isinstance(kept, StoredSamples)
    assert kept[:].tolist() == held.tolist() == np.tile(held[: 10 * RATE_HZ], 30).tolist()
    assert heard == {**info, **hear(path, held, RATE_HZ, how)}
    starts = np.array([0, 1, len(held) - 8000 - 48000, len(held) - 8000 - 10])  # the last one is repeated
    for start, stored, array in zip(
        starts,
        *(next(crops_in_batches(after(samples, 8000), starts, 48000)) for samples in (kept, held)),
        strict=True,
    ):
        np.testing.assert_array_equal(stored, array)
        np.testing.assert_array_equal(array[:10], as_float32(held[8000 + start : 8000 + start + 10]))


@pytest.mark.parametrize("where", ["the decoder's process", "the process that scores"])
def test_where_temporary_files_have_no_room_the_file_is_named_and_the_next_is_read(
    where: str, tmp_path: Path
):
    resource = pytest.importorskip("resource", reason="limits the size of files")
    long, short = write_minutes(tmp_path / "a.wav", SHORT_MIN), write_minutes(tmp_path / "b.wav", 0.5)
    limits, how = resource.getrlimit(resource.RLIMIT_FSIZE), Hearing(skip_start_s=0.0, crop_s=3.0)
    decoder = Decoder(RATE_HZ)
    try:
        if where == "the process that scores":
            decoder.read_and_hear(short, how)  # its process has begun, and is not limited
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
        with pytest.raises(MediaError, match=r"a\.wav: no room .*written: File too large; set TMPDIR"):
            decoder.read_and_hear(long, how)
        assert len(decoder.read_and_hear(short, how)[0]) == 30 * RATE_HZ
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        decoder.close()
