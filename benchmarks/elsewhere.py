"""Times `evaluate --corpus` on ever larger folders, and the most memory that its process held.

    python benchmarks/elsewhere.py RUN FOLDER [--rows 10000 100000] [--place DIR]

Each folder holds hard links to 64 media files of FOLDER and a table with one row per link; 20 clips make a
person. RUN is copied, so that nothing is written to it. `--no-comparison` is given, since comparing needs the
data of the run. The 64 files are decoded once, and what was decoded is linked for all others: decoding
100,000 files takes long, in memory that does not grow (benchmarks/prepare.py). What is measured is listing
the folder, opening the store, scoring and the report. Recordings are compared among 64 different sounds only;
benchmarks/tracks.py measures more.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from avdf.data.audio import store
from avdf.data.audio.shards import Shard
from avdf.data.audio.stamps import stamps_of
from avdf.files import write_json

MEDIA = (".wav", ".flac", ".mp4", ".mp3", ".m4a")
PER_SHARD = 64
CLIPS_PER_PERSON = 20
LINKS_PER_FILE = 10_000  # a file system allows some ten thousand links to one file
DECODING = store.Decoding(sample_rate_hz=16000)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--place", type=Path, help="where the folders are made for the time")
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in MEDIA)
    files = files[:: max(len(files) // PER_SHARD, 1)][:PER_SHARD]
    print("| rows | evaluate, s | processor, s | most memory, MB | decoded, MB |")
    print("|---|---|---|---|---|")
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory(dir=arguments.place) as place:
            work = Path(place)
            root, cache = make_folder(work / "corpus", files, rows), work / "cache"
            decoded_mb = fill_store(root, cache) / 1e6
            run = copied(arguments.run, work / "run", cache)
            words = ("--root", root, "--table", "speaker=who", "--no-comparison")
            clock_s, used_s, peak_mb = measured("evaluate", run, "--corpus", "table", *words)
            print(f"| {rows} | {clock_s:.0f} | {used_s:.0f} | {peak_mb:.0f} | {decoded_mb:.0f} |", flush=True)


def make_folder(root: Path, files: list[Path], rows: int) -> Path:
    """Hard links to the files in turn, and the table of them; every second one is called fake."""
    lines = ["path,label,who"]
    for number in range(rows):
        file = files[number % len(files)]
        name = f"{number // 1000:04}/{number:07}{file.suffix}"
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        source = root / f"{number - number % (len(files) * LINKS_PER_FILE) + number % len(files):07}.copy"
        if not source.exists():
            shutil.copy(file, source)
        os.link(source, root / name)
        lines.append(f"{name},{['real', 'fake'][number % 2]},p{number // CLIPS_PER_PERSON}")
    (root / "clips.csv").write_text("\n".join(lines), "utf-8")
    return root


def fill_store(root: Path, cache: Path) -> int:
    """Decodes the first shard and links it as all others; returns the bytes of samples."""
    names = sorted(path.relative_to(root).as_posix() for path in root.glob("*/*"))
    first = store.open_store(root, pd.DataFrame({"clip": names[:PER_SHARD]}), cache, DECODING).shard(0)
    listed = first.finished(names[:PER_SHARD], verify_checksums=False)
    assert listed is not None
    stamps = stamps_of(root, names)
    folder = store._folder(root, names, cache, DECODING, store._FORMAT)
    folder.mkdir()
    for number, start in enumerate(range(0, len(names), PER_SHARD)):
        of_shard = names[start : start + PER_SHARD]
        shard = Shard(folder, number)
        if len(of_shard) < PER_SHARD:  # decoded by the command
            continue
        for mine, other in (
            (shard.samples_path, first.samples_path),
            (shard.measured_path, first.measured_path),
        ):
            os.link(other, mine)
        rows = tuple(
            {**row, "clip": name, "stamp": stamps[name]}
            for row, name in zip(listed.rows, of_shard, strict=True)
        )
        write_json(shard.list_path, replace(listed, rows=rows).as_json())
    return listed.size * (len(names) // PER_SHARD)


def copied(run: Path, to: Path, cache: Path) -> Path:
    """A copy of the run without its other corpora, which keeps its audio in `cache`."""
    shutil.copytree(run, to, ignore=shutil.ignore_patterns("elsewhere", "checkpoints"))
    text = (to / "config.yaml").read_text("utf-8")
    own = next(line for line in text.splitlines() if line.startswith("  cache:"))
    (to / "config.yaml").write_text(text.replace(own, f"  cache: {cache}"), "utf-8")
    return to


def measured(*words: object) -> tuple[float, float, float]:
    """A command's seconds by the clock, of the processor, and the most memory of its own process in MB."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "avdf", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read().decode() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(output)
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
