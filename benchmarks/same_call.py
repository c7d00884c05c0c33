"""Counts whose call changes where the same sound comes at another rate, with other channels or a lower level.

    python benchmarks/same_call.py RUN [--most 1000]

The test clips of a run are written as 16-bit wav at 8, 16, 44.1 and 48 kHz, in stereo, with one silent
channel, 12 dB lower (also as 32-bit floats), and through two codecs of telephones; each copy is scored as the
clip itself is. Printed are how many calls change and into what, and how far the logit moves. In the last rows
the network is given floats as they were decoded, never rounded to 16 bits.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.io import wavfile

from avdf.channels import CHANNELS
from avdf.data.audio.levels import as_int16
from avdf.data.audio.samples import read_audio
from avdf.data.crops import repeat_padded
from avdf.detection.crops import whole_file_starts
from avdf.detection.loading import load_predictor
from avdf.detection.prediction import Predictor, predict
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder

RATE_HZ = 16000
Mono = NDArray[np.float32]
Copy = Callable[[Mono], tuple[int, NDArray[np.float32]]]  # (sample,) -> rate, (channel, sample)


def resampled(rate_hz: int, num_channels: int = 1) -> Copy:
    def copy(sound: Mono) -> tuple[int, NDArray[np.float32]]:
        return rate_hz, np.tile(soxr.resample(sound, RATE_HZ, rate_hz), (num_channels, 1))

    return copy


def through(codec: str) -> Copy:
    channel = CHANNELS.build({"name": "codec", "codec": codec}, codec)
    return lambda sound: (RATE_HZ, channel.apply(sound, RATE_HZ, np.random.default_rng(0))[None])


FLOAT = "12 dB lower, 32-bit float wav"
COPIES: dict[str, Copy] = {
    "16 kHz, wav": resampled(16000),
    "44.1 kHz": resampled(44100),
    "48 kHz": resampled(48000),
    "44.1 kHz, stereo": resampled(44100, 2),
    "16 kHz, stereo": resampled(16000, 2),
    "stereo, one channel silent": lambda sound: (RATE_HZ, np.stack([sound, 0 * sound])),
    "12 dB lower": lambda sound: (RATE_HZ, 10 ** (-12 / 20) * sound[None]),
    FLOAT: lambda sound: (RATE_HZ, 10 ** (-12 / 20) * sound[None]),
    "8 kHz": resampled(8000),
    "A-law, 8 kHz": through("a_law"),
    "AMR-NB": through("amr_nb"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--most", type=int, default=1000, help="test clips, evenly spaced")
    arguments = parser.parse_args()
    run = RunFolder(arguments.run)
    split = read_csv_table(run.split_csv, "")
    names = list(split["clip"][split["split"] == "test"])
    places = np.unique(np.linspace(0, len(names) - 1, arguments.most).astype(int))
    files = [Path(run.config().data.root, names[place]) for place in places]
    predictor = load_predictor(run.detector)
    sounds = [read_audio(file, RATE_HZ).waveform for file in files]
    before = logits_of(predictor, files)
    print(f"{len(files)} test clips, threshold {predictor.threshold:.4f}")
    print("| copy | calls changed | to fake | to real | logit: median change | largest |")
    print("|---|---|---|---|---|---|")
    for name, copy in COPIES.items():
        with tempfile.TemporaryDirectory() as folder:
            copies = [
                write(Path(folder, f"{number}.wav"), *copy(sound), in_floats=name == FLOAT)
                for number, sound in enumerate(sounds)
            ]
            print_row(name, before, logits_of(predictor, copies), predictor.threshold)
    unrounded = unrounded_logits(predictor, sounds)
    quieter = unrounded_logits(predictor, [np.float32(10 ** (-12 / 20)) * sound for sound in sounds])
    print_row("not rounded", before, unrounded, predictor.threshold)
    print_row("not rounded, 12 dB lower, against not rounded", unrounded, quieter, predictor.threshold)


def print_row(name: str, before: NDArray[np.float64], after: NDArray[np.float64], threshold: float) -> None:
    limit = np.log(threshold / (1 - threshold))
    was_fake, is_fake, moved = before >= limit, after >= limit, np.abs(after - before)
    counts = f"{(was_fake != is_fake).sum()} | {(is_fake & ~was_fake).sum()} | {(was_fake & ~is_fake).sum()}"
    print(f"| {name} | {counts} | {np.nanmedian(moved):.3f} | {np.nanmax(moved):.3f} |", flush=True)


def logits_of(predictor: Predictor, files: list[Path]) -> NDArray[np.float64]:
    """(file,) NaN for a file that has no score."""
    scores = np.array([result["score"] for result in predict(predictor, files)], dtype=float)
    return np.log(scores) - np.log1p(-scores)


def unrounded_logits(predictor: Predictor, sounds: list[Mono]) -> NDArray[np.float64]:
    """(file,) the mean logit of the same crops as of `predict`, whose samples stay floats."""
    num_samples, logits = round(predictor.seconds * RATE_HZ), []
    for sound in sounds:
        usable = sound[round(predictor.skip_start_s * RATE_HZ) :]
        starts = whole_file_starts(len(usable), num_samples, predictor.num_crops)
        crops = [repeat_padded(usable, start, num_samples) for start in starts.tolist()]
        logits.append(predictor.scorer(np.stack(crops)).mean())
    return np.array(logits)


def write(path: Path, rate_hz: int, channels: NDArray[np.float32], *, in_floats: bool) -> Path:
    wavfile.write(path, rate_hz, np.float32(channels.T) if in_floats else as_int16(channels.T))
    return path


if __name__ == "__main__":
    main()
