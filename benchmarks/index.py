"""Times the index of all of FakeAVCeleb, on a tree of hard links to one tiny file, and prints its counts.

    python benchmarks/index.py META_DATA_CSV [--rows 1000000] [--place DIR]

META_DATA_CSV is the list of the data set; no media files are needed. With --rows the list is repeated with
other people until it has so many rows, and the commands `prepare --no-audio` (the clip table) and `split`
(a voice split and its certificate) are run on it: their time and the most memory they held.
"""

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import count, islice
from pathlib import Path

import pandas as pd

from avdf.corpora import index_corpus
from avdf.corpora.fakeavceleb.metadata import LIST_NAME, read_rows

LINKS_PER_FILE = 10_000  # a file system allows some ten thousand links to one file


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("list", type=Path, metavar="META_DATA_CSV")
    parser.add_argument("--rows", type=int, help="of a longer list made from this one")
    parser.add_argument("--place", type=Path, help="where the tree is made for the time (default: temporary)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.place) as place:
        root = Path(place) / "FakeAVCeleb_v1.2"
        if arguments.rows is None:
            make_tree(root, arguments.list)
            time_index(root)
        else:
            long_list = Path(place) / LIST_NAME
            write_long_list(long_list, arguments.list, arguments.rows)
            make_tree(root, long_list)
            time_commands(root, Path(place))


def time_index(root: Path) -> None:
    """The index alone, with the list and without it."""
    for how in ("with the list", "without it"):
        started, used = time.perf_counter(), time.process_time()
        index = index_corpus("fakeavceleb", root)
        spent, used = time.perf_counter() - started, time.process_time() - used
        print(f"{how}: {len(index.clips)} clips in {spent:.2f} s by the clock, {used:.2f} s of a processor")
        for key, value in index.summary.items():
            if key.startswith("num_"):
                print(f"  {key}: {value}")
        print(pd.crosstab(index.clips["race"], index.clips["type"], margins=True).to_string())
        cells = index.clips.groupby(["race", "gender"])["source"].nunique()
        print(f"  identities per race and gender: {sorted(set(cells))}")
        (root / LIST_NAME).unlink(missing_ok=True)


def time_commands(root: Path, out: Path) -> None:
    """The commands that make the clip table, the split and its certificate, each in its own process."""
    commands = {
        "prepare --no-audio": ["prepare", str(root), "--no-audio", "--out", str(out / "table")],
        "split --name voice": ["split", str(out / "table" / "clips.csv"), "--out", str(out / "split")],
    }
    for name, command in commands.items():
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "avdf", *command], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told = process.stdout.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        spent, used = time.perf_counter() - started, usage.ru_utime + usage.ru_stime
        print(
            f"{name}: exit status {os.waitstatus_to_exitcode(status)}, {spent:.0f} s by the clock, "
            f"{used:.0f} s of a processor, {usage.ru_maxrss / 1e6:.2f} GB at most; {'; '.join(told[:-1])}"
        )


def write_long_list(path: Path, short: Path, num_rows: int) -> None:
    """The list again and again, each time with the next five hundred people."""
    with short.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    people = sorted({name for row in rows for value in row for name in re.findall(r"id\d{5}", value)})
    number_of = {name: number for number, name in enumerate(people)}

    def renamed(turn: int, value: str) -> str:
        first = turn * len(people)
        return re.sub(r"id\d{5}", lambda found: f"id{first + number_of[found[0]]:05}", value)

    longer = ([renamed(turn, value) for value in row] for turn in count() for row in rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(islice(longer, num_rows))


def make_tree(root: Path, list_path: Path) -> None:
    """Makes every file that the list names, as a link to the same few bytes."""
    root.mkdir(parents=True)
    shutil.copyfile(list_path, root / LIST_NAME)
    tiny = root.parent / "tiny.mp4"
    for key in sorted({row.key for row in read_rows(list_path) if row.key}):
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if not tiny.exists() or tiny.stat().st_nlink > LINKS_PER_FILE:
            tiny.unlink(missing_ok=True)
            tiny.write_bytes(b"\0" * 32)
        os.link(tiny, path)


if __name__ == "__main__":
    main()
