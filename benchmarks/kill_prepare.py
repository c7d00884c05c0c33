"""Kills the preparation of a folder at random moments, with SIGKILL, and continues it each time.

    python benchmarks/kill_prepare.py FOLDER [--kills 20] [--seed 0] [--latest 3]

In the end tables, audio and what was measured of it must be byte by byte those of an undisturbed run.
Only files that a decoder was busy with when it was killed may have been decoded twice, and files that
can't be decoded, which every call tries again. Exit status 1 if not.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

WORKERS = 2
DECODER = """
import sys
from avdf.data.audio.decoder_process import decode, main

def logged(path, sample_rate_hz):
    with open(sys.argv[1], "a") as log:
        log.write(f"{path}\\n")
    return decode(path, sample_rate_hz)

main(logged)
"""
PREPARATION = f"""
import sys
from pathlib import Path
from avdf.corpora import index_corpus
from avdf.data.preparation import prepare
from avdf.data.audio.shard_set import Decoding
from avdf.data.audio.store import open_store

index, cache = index_corpus("fakeavceleb", Path(sys.argv[1])), Path(sys.argv[2])
decoding = Decoding(sample_rate_hz=16000, workers={WORKERS}, command=tuple(sys.argv[3:]))
open_store(index.root, index.clips, cache, decoding)
prepare(index, cache, sample_rate_hz=16000, workers={WORKERS})
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latest", type=float, default=3.0, help="seconds after a start")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        (here / "decoder.py").write_text(DECODER)
        wait(start(arguments.folder, here, "undisturbed"))
        num_files = len((here / "undisturbed.log").read_text().splitlines())
        failing = {str(arguments.folder / name) for name in skipped_clips(here / "undisturbed")}
        failed, number, num_kills = False, 0, 0
        while num_kills < arguments.kills:
            name = f"killed-{number}"
            num_here, most_here = 0, rng.randint(1, 3)  # then it may finish, and another run begins
            while True:
                process = start(arguments.folder, here, name)
                moment = rng.uniform(0, arguments.latest)
                try:
                    process.wait(moment if num_here < most_here and num_kills < arguments.kills else None)
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    num_kills += 1
                    num_here += 1
                    print(f"kill {num_kills:2} after {moment:4.1f} s: {state(here / name)}", flush=True)
            time.sleep(1)  # the decoders of killed programs end when their pipes do
            counts = Counter((here / f"{name}.log").read_text().splitlines())
            twice = sum(count - 1 for path, count in counts.items() if path not in failing)
            same = contents(here / name) == contents(here / "undisturbed")
            print(
                f"run {number}: {num_here} kills, {num_files} files, {twice} decoded once more "
                f"(at most {num_here * WORKERS}), {'the same bytes' if same else 'OTHER BYTES'}"
            )
            failed |= not same or twice > num_here * WORKERS or process.returncode != 0
            number += 1
    print("failed" if failed else "passed")
    return int(failed)


def start(folder: Path, here: Path, name: str) -> "subprocess.Popen[bytes]":
    decoder = [sys.executable, str(here / "decoder.py"), str(here / f"{name}.log")]
    return subprocess.Popen([sys.executable, "-c", PREPARATION, str(folder), str(here / name), *decoder])


def wait(process: "subprocess.Popen[bytes]") -> None:
    if process.wait() != 0:
        raise SystemExit("the undisturbed run failed")


def state(cache: Path) -> str:
    """The contents of the cache in words."""
    counts = Counter(path.suffix for path in cache.rglob("*") if path.is_file())
    lines = sum(len(path.read_bytes().splitlines()) for path in cache.rglob("*.journal"))
    begun = f"{lines} clips in {counts['.journal']} begun"
    whole = f"{counts['.json']} shards whole, {counts['.measured']} measured"
    return f"{whole}, {begun}, {counts['.csv']} tables"


def skipped_clips(cache: Path) -> list[str]:
    """The clips that can't be decoded, by the lists of the shards."""
    lists = [json.loads(path.read_text("utf-8")) for path in cache.rglob("shard-*.json")]
    return [row["clip"] for listed in lists for row in listed["skipped"]]


def contents(cache: Path) -> dict[str, bytes]:
    """Samples, measurements and tables by name; the lists hold the time at which they were written."""
    return {
        path.name: path.read_bytes()
        for path in cache.rglob("*")
        if path.suffix in (".i16", ".measured", ".csv") and not path.name.startswith(".")
    }


if __name__ == "__main__":
    sys.exit(main())
