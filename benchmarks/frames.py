"""Clips a second of a training's frames: stored once, against decord and OpenCV that decode on the fly.

    python benchmarks/frames.py ROOT [--clips N] [--crops N] [--size PIXELS]

ROOT is a folder of films. Each way reads the same random crops of 2 s, 8 frames each, in one process: an
epoch. The first epoch of the store decodes; the second is what all further ones take.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.config.schema import FramesConfig
from avdf.data.audio.samples import read_audio
from avdf.data.audio.shard_set import Decoding
from avdf.data.video.rate import middles
from avdf.data.video.store import open_frames
from avdf.errors import MediaError

CROP_S, RATE_HZ = 2.0, 16000
Read = Callable[[int, NDArray[np.float64]], object]  # a clip and the seconds of its frames


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--crops", type=int, default=2, help="per clip and epoch (default: 2)")
    parser.add_argument("--size", type=int, default=96, help="pixels of a side (default: 96)")
    arguments = parser.parse_args()
    config = FramesConfig(height=arguments.size, width=arguments.size)
    table = films(arguments.root, arguments.clips)
    crops = random_crops(table, config, arguments.crops)
    with tempfile.TemporaryDirectory() as cache:
        begin = time.perf_counter()
        decoding = Decoding(sample_rate_hz=RATE_HZ)
        store = open_frames(arguments.root, table, Path(cache), config, decoding)
        first_s = time.perf_counter() - begin
        size = sum(path.stat().st_size for path in Path(cache).rglob("*.u8"))
        print(f"{len(table)} clips, {len(crops)} crops an epoch of 8 frames, {arguments.size} pixels a side")
        print(
            f"decoding once: {first_s / len(table) * 1e3:.1f} ms and {size / len(table) / 1e6:.2f} MB a clip"
        )
        names = table["clip"].tolist()
        starts_s = table["audio_start_s"].to_numpy()
        ways: dict[str, Read] = {
            "stored": lambda clip, seconds: store.at(names[clip], seconds).sum(),  # read, as collate does
            "decord": lambda clip, s: by_decord(
                arguments.root / names[clip], s + starts_s[clip], arguments.size
            ),
            "OpenCV": lambda clip, s: by_opencv(
                arguments.root / names[clip], s + starts_s[clip], arguments.size
            ),
        }
        rates = {name: clips_a_second(read, crops) for name, read in ways.items()}
    for name, rate in rates.items():
        print(f"{name}: {rate:,.0f} crops a second, {rates['stored'] / rate:,.0f} times less than stored")


def films(root: Path, num_clips: int) -> pd.DataFrame:
    """clip, audio_start_s, duration_s of the first films below `root` that can be read."""
    rows = []
    for path in sorted(root.rglob("*.mp4")):
        try:
            info = read_audio(path, RATE_HZ).info
        except MediaError:
            continue
        place = {"audio_start_s": info.audio_start_s, "duration_s": info.duration_s}
        rows.append({"clip": path.relative_to(root).as_posix(), **place})
        if len(rows) == num_clips:
            break
    return pd.DataFrame(rows)


def random_crops(
    table: pd.DataFrame, config: FramesConfig, crops_per_clip: int
) -> list[tuple[int, NDArray[np.float64]]]:
    """Clips in random order, each with the seconds of the frames of a random crop."""
    rng = np.random.default_rng(0)
    inside_s = middles(round(CROP_S * RATE_HZ), config.num_frames) / RATE_HZ
    last_s = np.maximum(table["duration_s"].to_numpy() - CROP_S, 0)
    order = rng.permutation(np.repeat(np.arange(len(table)), crops_per_clip)).tolist()
    return [(clip, rng.uniform(0, last_s[clip]) + inside_s) for clip in order]


def clips_a_second(read: Read, crops: list[tuple[int, NDArray[np.float64]]]) -> float:
    begin = time.perf_counter()
    for clip, seconds in crops:
        read(clip, seconds)
    return len(crops) / (time.perf_counter() - begin)


def by_decord(path: Path, times_s: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    import decord

    film = decord.VideoReader(str(path), width=size, height=size, num_threads=1)
    numbers = np.clip((times_s * film.get_avg_fps()).astype(int), 0, len(film) - 1)
    frames: NDArray[np.uint8] = film.get_batch(numbers).asnumpy()
    return frames


def by_opencv(path: Path, times_s: NDArray[np.float64], size: int) -> list[NDArray[np.uint8]]:
    film = cv2.VideoCapture(str(path))
    numbers = set((times_s * film.get(cv2.CAP_PROP_FPS)).astype(int).tolist())
    frames = []
    for number in range(max(numbers) + 1):  # seeking in H.264 decodes from the key frame before, too
        if not film.grab():
            break
        if number in numbers:
            _, picture = film.retrieve()
            frames.append(cv2.cvtColor(cv2.resize(picture, (size, size)), cv2.COLOR_BGR2RGB))
    film.release()
    return frames


if __name__ == "__main__":
    main()
