"""Mutates media files of 12 containers from a seed, and gives them to prepare and predict.

    python benchmarks/fuzz.py [--number 1000] [--seed 0] [--workers 2] [--keep FOLDER]

Bits are flipped in headers, indices and data, files are cut, spliced, and given wrong sizes. Prints how
often a command was killed or ended in a traceback (must be 0), how many files were named, the peak
memory of any process, and the slowest file. Exit status 1 if a command died or a file was lost.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd
from numpy.typing import NDArray

TOP = Path(__file__).parents[1]
RATE_HZ = 48000
SECONDS = 2.0
CONTAINERS = {  # suffix: audio codec; the first three with a film
    ".mp4": "aac",
    ".mkv": "aac",
    ".avi": "libmp3lame",
    ".m4a": "alac",
    ".webm": "libopus",
    ".ogg": "libopus",
    ".mp3": "libmp3lame",
    ".aac": "aac",
    ".flac": "flac",
    ".wav": "pcm_s16le",
    ".ts": "aac",
    ".wma": "wmav2",
}
FILMS = (".mp4", ".mkv", ".avi")
HEAD_BYTES, TAIL_BYTES = 512, 2048
LIES = (0, 1, 2**31 - 1, 2**31, 2**32 - 1)
DETECTOR = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from making.detectors import save_small_detector
save_small_detector(Path(sys.argv[1]))
"""
Mutation = Callable[[bytearray, bytes, np.random.Generator], bytearray]


def write_original(path: Path) -> bytes:
    """Two seconds of tones with noise, and a film of grey frames in some containers."""
    rng = np.random.default_rng(len(path.suffix))
    rate_hz = 44100 if path.suffix == ".wma" else RATE_HZ
    time_s = np.arange(round(SECONDS * rate_hz)) / rate_hz
    sound = 0.3 * np.sin(2 * np.pi * 300 * time_s * (1 + time_s)) + rng.normal(0, 0.02, len(time_s))
    with av.open(str(path), "w") as out:
        film = out.add_stream("mpeg4", rate=25) if path.suffix in FILMS else None
        audio = out.add_stream(CONTAINERS[path.suffix], rate=rate_hz, layout="mono")
        audio.bit_rate = 96000
        if film is not None:
            film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
            for number in range(round(SECONDS * 25)):
                picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
                picture.pts, picture.time_base = number, Fraction(1, 25)
                out.mux(film.encode(picture))
            out.mux(film.encode(None))
        for start in range(0, len(sound), 960):
            out.mux(audio.encode(_block(sound[start : start + 960], audio, start, rate_hz)))
        out.mux(audio.encode(None))
    return path.read_bytes()


def _block(sound: NDArray[np.float64], stream: av.AudioStream, start: int, rate_hz: int) -> av.AudioFrame:
    kind = stream.codec_context.format.name
    scale, dtype = {"s16": (32767, np.int16), "s32": (2**31 - 1, np.int32)}.get(kind[:3], (1, np.float32))
    values = (sound[None] * scale).astype(dtype)
    frame = av.AudioFrame.from_ndarray(values, format=kind, layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
    return frame


def flip(data: bytearray, first: int, last: int, num: int, rng: np.random.Generator) -> bytearray:
    """Flips one bit in each of `num` random bytes from `first` to before `last`."""
    for place in rng.integers(first, max(last, first + 1), num):
        data[min(int(place), len(data) - 1)] ^= 1 << int(rng.integers(8))
    return data


def lie(data: bytearray, rng: np.random.Generator) -> bytearray:
    """Replaces four bytes of the head by a number that sizes should not have, in either byte order."""
    place = int(rng.integers(0, min(len(data), HEAD_BYTES) - 4))
    number = LIES[int(rng.integers(len(LIES)))] if rng.random() < 0.7 else int(rng.integers(2**32))
    data[place : place + 4] = number.to_bytes(4, "little" if rng.random() < 0.5 else "big")
    return data


def splice(data: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """The beginning of one file and the end of another."""
    return data[: int(rng.integers(1, len(data)))] + other[int(rng.integers(0, len(other))) :]


MUTATIONS: dict[str, Mutation] = {
    "flips in the head": lambda data, other, rng: flip(data, 0, HEAD_BYTES, int(rng.integers(1, 9)), rng),
    "flips in the tail": lambda data, other, rng: flip(
        data, max(len(data) - TAIL_BYTES, 0), len(data), int(rng.integers(1, 17)), rng
    ),
    "flips anywhere": lambda data, other, rng: flip(data, 0, len(data), int(rng.integers(1, 65)), rng),
    "cut": lambda data, other, rng: data[: int(rng.integers(1, len(data)))],
    "splice": lambda data, other, rng: splice(data, other, rng),
    "wrong sizes": lambda data, other, rng: lie(lie(data, rng), rng),
}


def write_mutants(folder: Path, number: int, seed: int) -> list[Path]:
    """`number` mutants in the layout of FakeAVCeleb, so that prepare finds them; all named .mp4."""
    with tempfile.TemporaryDirectory() as place:
        originals = [write_original(Path(place, f"clip{suffix}")) for suffix in CONTAINERS]
    rng = np.random.default_rng(seed)
    kinds = list(MUTATIONS.values())
    paths = []
    for count in range(number):
        data, other = (originals[i % len(originals)] for i in (count, int(rng.integers(len(originals)))))
        mutant = kinds[int(rng.integers(len(kinds)))](bytearray(data), other, rng)
        kind, name = ("RealVideo-RealAudio", "") if count % 2 else ("RealVideo-FakeAudio", "_fake")
        person = f"id{count // 20:05}"
        path = (
            folder
            / kind
            / ("African", "Asian (East)")[count // 40 % 2]
            / "men"
            / person
            / f"{count:05}{name}.mp4"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mutant)
        paths.append(path)
    return paths


@dataclass
class Outcome:
    """What the commands did with the mutants."""

    num_files: int
    num_died: int = 0
    num_named_by_prepare: int = 0
    num_named_by_predict: int = 0
    num_scored: int = 0
    peak_mib: float = 0.0
    slowest_s: float = 0.0
    slowest: str = ""

    @property
    def is_good(self) -> bool:
        """Whether no command died and no file was lost."""
        named = self.num_named_by_prepare, self.num_named_by_predict
        return self.num_died == 0 and named == (self.num_files, self.num_files)


def fuzz(folder: Path, number: int, seed: int, workers: int) -> Outcome:
    """Makes the mutants in `folder` and runs both commands on them."""
    paths = write_mutants(folder / "set", number, seed)
    outcome = Outcome(num_files=number)
    detector, cache = folder / "detector", folder / "cache"
    subprocess.run([sys.executable, "-c", DETECTOR, str(detector)], check=True, cwd=TOP)
    prepare = [TOP / "tools/prepare.py", folder / "set", "--out", cache, "--workers", workers]
    outcome.num_died += _died(prepare, folder / "prepare.txt")
    for table in ("clips.csv", "skipped.csv"):
        if (cache / table).is_file():
            outcome.num_named_by_prepare += len(pd.read_csv(cache / table))
    predict = [TOP / "tools/predict.py", detector, folder / "set", "--json", "--workers", workers]
    died = _died(predict, folder / "predict.json")
    outcome.num_died += died
    results = [] if died else json.loads((folder / "predict.json").read_text("utf-8"))
    outcome.num_named_by_predict = sum(bool(r["error"]) or r["score"] is not None for r in results)
    outcome.num_scored = sum(r["score"] is not None for r in results)
    outcome.peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    _time_files(paths, outcome)
    return outcome


def _died(command: list[object], out: Path) -> bool:
    """Whether a command was killed, ended in a traceback, or with another status than 0 and 1."""
    with out.open("wb") as stdout:
        done = subprocess.run(
            [sys.executable, *map(str, command)], stdout=stdout, stderr=subprocess.PIPE, cwd=TOP, check=False
        )
    died = done.returncode not in (0, 1) or b"Traceback" in done.stderr
    if died:
        print(f"{command[0]}: status {done.returncode}\n{done.stderr.decode(errors='replace')[-2000:]}")
    return died


def _time_files(paths: list[Path], outcome: Outcome) -> None:
    """Decodes each file once more, alone, to find the slowest."""
    from avdf.data.audio.decoder import Decoder
    from avdf.errors import MediaError

    decoder = Decoder(16000)
    for path in paths:
        started = time.perf_counter()
        try:
            decoder.read(path)
            said = "decoded"
        except MediaError as error:
            said = f"{error.reason} ({error.detail})"
        elapsed_s = time.perf_counter() - started
        if elapsed_s > outcome.slowest_s:
            outcome.slowest_s, outcome.slowest = elapsed_s, f"{path.name}: {said}"
    decoder.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="make the files there and keep them")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or Path(place)
        outcome = fuzz(folder, arguments.number, arguments.seed, arguments.workers)
    print(f"{outcome.num_files} mutants of {len(CONTAINERS)} containers, seed {arguments.seed}")
    print(f"commands killed or ended in a traceback: {outcome.num_died}")
    print(f"files named by prepare: {outcome.num_named_by_prepare}")
    print(f"files named by predict: {outcome.num_named_by_predict}, of which scored: {outcome.num_scored}")
    print(f"peak memory of a process: {outcome.peak_mib:.0f} MiB")
    print(f"slowest file: {outcome.slowest_s:.2f} s, {outcome.slowest}")
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
