"""Times the index of all of FakeAVCeleb, on a tree of hard links to one tiny file, and prints its counts.

    python benchmarks/index.py META_DATA_CSV

META_DATA_CSV is the list of the data set; no media files are needed.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

import pandas as pd

from avdf.corpora import index_corpus
from avdf.corpora.fakeavceleb.metadata import LIST_NAME, read_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", type=Path, metavar="META_DATA_CSV")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "FakeAVCeleb_v1.2"
        make_tree(root, arguments.list)
        for how in ("with the list", "without it"):
            started, used = time.perf_counter(), time.process_time()
            index = index_corpus("fakeavceleb", root)
            spent, used = time.perf_counter() - started, time.process_time() - used
            print(
                f"{how}: {len(index.clips)} clips in {spent:.2f} s by the clock, {used:.2f} s of a processor"
            )
            for key, value in index.summary.items():
                if key.startswith("num_"):
                    print(f"  {key}: {value}")
            print(pd.crosstab(index.clips["race"], index.clips["type"], margins=True).to_string())
            cells = index.clips.groupby(["race", "gender"])["source"].nunique()
            print(f"  identities per race and gender: {sorted(set(cells))}")
            (root / LIST_NAME).unlink(missing_ok=True)


def make_tree(root: Path, list_path: Path) -> None:
    """Makes every file that the list names, as a link to the same few bytes."""
    root.mkdir(parents=True)
    shutil.copyfile(list_path, root / LIST_NAME)
    tiny = root.parent / "tiny.mp4"
    for key in sorted({row.key for row in read_rows(list_path) if row.key}):
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file system allows some ten thousand links to one file.
        if not tiny.exists() or tiny.stat().st_nlink > 10_000:
            tiny.unlink(missing_ok=True)
            tiny.write_bytes(b"\0" * 32)
        os.link(tiny, path)


if __name__ == "__main__":
    main()
