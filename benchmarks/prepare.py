"""Times decoding and measuring into the store, beside the ffmpeg program, librosa and PyAV alone.

    python benchmarks/prepare.py [FOLDER] [--files 480] [--rounds 2]

Every way but "two processes" decodes in one process. The processor's time says what a way costs even if
the machine does other work.
Without FOLDER it makes mp4 files of 4 to 8 s, 44.1 kHz stereo AAC and H.264, as FakeAVCeleb has.
"""

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd
import soxr

from avdf.data.audio.shard_set import Decoding
from avdf.data.audio.store import open_store
from avdf.data.recordings.measured import measure

RATE_HZ = 16000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--files", type=int, default=480)
    parser.add_argument("--rounds", type=int, default=2, help="the best of so many counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = arguments.folder or made_files(Path(place) / "media", arguments.files)
        files = [path for path in sorted(root.rglob("*.mp4")) if can_be_decoded(path)][: arguments.files]
        clips = pd.DataFrame({"clip": [path.relative_to(root).as_posix() for path in files], "size_bytes": 0})
        stores = iter(range(10**6))

        def store(workers: int) -> None:
            cache = Path(place) / f"cache-{next(stores)}"
            open_store(root, clips, cache, Decoding(sample_rate_hz=RATE_HZ, workers=workers))

        ways: dict[str, Callable[[], object]] = {
            "ffmpeg program": lambda: [by_ffmpeg(path) for path in files],
            "PyAV, bare decoding": lambda: [by_pyav(path) for path in files],
            "PyAV, mean of the channels, soxr": lambda: [by_pyav_and_soxr(path) for path in files],
            "avdf store, one process": lambda: store(1),
            "avdf store, two processes": lambda: store(2),
        }
        if by_librosa := librosa_loader():
            ways = {"librosa.load": lambda: [by_librosa(path) for path in files], **ways}
        opened = open_store(root, clips, Path(place) / "measured", Decoding(sample_rate_hz=RATE_HZ))

        def measured_again() -> None:
            for path in opened.folder.glob("*.measured"):
                path.unlink()
            measure(opened, workers=1)

        ways["of that, measuring alone"] = measured_again
        best = {name: (float("inf"), float("inf")) for name in ways}
        for _ in range(arguments.rounds):  # in turn, so that what else the machine does meets all alike
            best = {name: tuple(map(min, best[name], seconds(way))) for name, way in ways.items()}
        mine = best["avdf store, one process"]
        print(f"{len(files)} files, {os.cpu_count()} cores, best of {arguments.rounds} rounds, ms per file")
        print("| way | files/s | clock | processor | to avdf: clock | to avdf: processor |")
        print("|---|---|---|---|---|---|")
        for name, (clock, processor) in best.items():
            each = [spent / len(files) * 1e3 for spent in (clock, processor)]
            print(f"| {name} | {len(files) / clock:.0f} | {each[0]:.1f} | {each[1]:.1f} | ", end=" ")
            print(f"{clock / mine[0]:.2f} | {processor / mine[1]:.2f} |")


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of all processors for this process and those it started."""
    started, used = time.perf_counter(), processor_s()
    work()
    return time.perf_counter() - started, processor_s() - used


def processor_s() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def by_ffmpeg(path: Path) -> int:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(RATE_HZ), "-f", "s16le", "-"]
    return len(subprocess.run(command, check=True, capture_output=True).stdout)


def by_pyav(path: Path) -> int:
    """Decodes and keeps the samples at the file's own rate: no mixing, no resampling, nothing written."""
    with av.open(str(path)) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(container.streams.audio[0])]
    return int(np.concatenate(blocks, axis=1).shape[1])


def by_pyav_and_soxr(path: Path) -> int:
    """What a short script would do: the store's samples, but for rounding, and nothing written."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks = [frame.to_ndarray() for frame in container.decode(stream)]
        mono = np.concatenate(blocks, axis=1).mean(axis=0)
        return len(soxr.resample(mono, stream.rate, RATE_HZ))


def librosa_loader() -> Callable[[Path], object] | None:
    """librosa.load, where librosa is installed."""
    try:
        import librosa
    except ImportError:
        return None
    return lambda path: librosa.load(str(path), sr=RATE_HZ)


def can_be_decoded(path: Path) -> bool:
    try:
        return by_pyav(path) > 0
    except (av.FFmpegError, IndexError):
        return False


def made_files(folder: Path, num_files: int) -> Path:
    """mp4 files of 4 to 8 s with noise in bursts and a moving square."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(num_files):
        num_frames = int(rng.integers(4 * 25, 8 * 25))
        with av.open(str(folder / f"{number:04}.mp4"), "w") as container:
            picture = container.add_stream(
                "libx264", rate=25, options={"preset": "ultrafast", "threads": "1"}
            )
            picture.width, picture.height, picture.pix_fmt = 224, 224, "yuv420p"
            sound = container.add_stream("aac", rate=44100, layout="stereo")
            for frame_number in range(num_frames):
                levels = np.full((224, 224, 3), 90, np.uint8)
                levels[50:100, frame_number % 150 : frame_number % 150 + 50] = 200
                frame = av.VideoFrame.from_ndarray(levels, format="rgb24")
                frame.pts, frame.time_base = frame_number, Fraction(1, 25)
                container.mux(picture.encode(frame))
            samples = rng.normal(0, 0.1, (2, num_frames * 44100 // 25)).astype(np.float32)
            for start in range(0, samples.shape[1], 1024):
                block = np.ascontiguousarray(samples[:, start : start + 1024])
                heard = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
                heard.sample_rate, heard.pts = 44100, start
                container.mux(sound.encode(heard))
            for stream in (picture, sound):
                container.mux(stream.encode(None))
    return folder


if __name__ == "__main__":
    main()
