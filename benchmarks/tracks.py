"""Measures how well and how fast clips of one recording are predicted.

    python benchmarks/tracks.py FOLDER TRACKS_CSV [--clips 21544] [--workers 2]

TRACKS_CSV holds the true track of each of FOLDER's clips (path, track). First, precision and recall of
pairs of clips with the same track. Then the same for as many clips as FakeAVCeleb has: every recording at
four speeds, which count as four recordings, and some twenty copies of each: cut, with another gain, noisy.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import soxr
from numpy.typing import ArrayLike

from avdf.corpora import index_corpus
from avdf.data.audio.levels import as_float32, as_int16
from avdf.data.audio.shard_list import sample_hash
from avdf.data.audio.store import Store
from avdf.data.preparation import prepare
from avdf.data.recordings.measured import measure
from avdf.data.recordings.tracks import tracks

T = TypeVar("T")
SPEEDS = (0.85, 1.0, 1.15, 1.3)
PER_SHARD = 64


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("truth", type=Path, metavar="TRACKS_CSV")
    parser.add_argument("--clips", type=int, default=21544)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        index = index_corpus("fakeavceleb", arguments.folder)
        prepared = prepare(index, Path(place), sample_rate_hz=16000, workers=arguments.workers)
        truth = pd.read_csv(arguments.truth).set_index("path")
        true = truth.loc[list(prepared.clips["clip"]), "track"]
        print(f"{len(true)} clips: {quality(prepared.clips['track'], true)}")
        store, true = many(prepared.store, truth, arguments.clips, Path(place) / "many")
        measured, measuring = timed(lambda: measure(store, workers=arguments.workers))
        predicted, finding = timed(lambda: tracks(store, measured, workers=arguments.workers))
        print(f"{len(true)} clips: {quality(predicted, true)}")
        print(f"  probes and landmarks, {arguments.workers} workers: {measuring}")
        print(f"  tracks: {finding}")


def timed(work: Callable[[], T]) -> tuple[T, str]:
    """What the work gives, and its time: a process that it starts counts by the clock until it ends."""
    started, used = time.perf_counter(), processor_s()
    result = work()
    clock, processor = time.perf_counter() - started, processor_s() - used
    return result, f"{clock:.0f} s by the clock, {processor:.0f} s of the processor"


def processor_s() -> float:
    """Of this process, and of those that it started and that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def quality(predicted: ArrayLike, true: ArrayLike) -> str:
    """Precision and recall over pairs, counted by groups."""
    both = pd.DataFrame({"predicted": np.asarray(predicted), "true": np.asarray(true)})

    def pairs(columns: list[str]) -> int:
        sizes = both.groupby(columns).size().to_numpy().astype(object)
        return int((sizes * (sizes - 1) // 2).sum())

    right = pairs(["predicted", "true"])
    num_found, num_true = pairs(["predicted"]), pairs(["true"])
    return (
        f"{both['predicted'].nunique()} tracks found, {both['true'].nunique()} true; precision "
        f"{right / num_found:.4f}, recall {right / num_true:.4f} of {num_true} pairs"
    )


def many(store: Store, truth: pd.DataFrame, num_clips: int, folder: Path) -> tuple[Store, list[str]]:
    """A store of that many altered copies, and the track of each."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    names = truth.loc[list(store.table["clip"]), "track"].tolist()
    rows, true = [], []
    for number in range(-(-num_clips // PER_SHARD)):
        blocks, start = [], 0
        for copy_number in range(number * PER_SHARD, min((number + 1) * PER_SHARD, num_clips)):
            row, speed = int(rng.integers(len(names))), SPEEDS[int(rng.integers(len(SPEEDS)))]
            waveform = as_float32(store.waveform(row)[int(rng.integers(8000)) :])
            waveform = soxr.resample(waveform, 16000 * speed, 16000) * rng.uniform(0.4, 1.4)
            copy = as_int16(waveform + rng.normal(0, 3e-4, len(waveform)))
            blocks.append(copy)
            place = {"shard": number, "start": start, "num_samples": len(copy)}
            rows.append({"clip": f"{copy_number:07}", **place, "sample_hash": sample_hash(copy.tobytes())})
            true.append(f"{names[row]} at {speed}")
            start += len(copy)
        np.concatenate(blocks).tofile(folder / f"shard-{number:05}.i16")
    return Store(folder, 16000, pd.DataFrame(rows), pd.DataFrame()), true


if __name__ == "__main__":
    main()
