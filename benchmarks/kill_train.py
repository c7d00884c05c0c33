"""Kills a training at random moments, with SIGKILL, and resumes it each time.

    python benchmarks/kill_train.py CONFIG [key=value ...] [--kills 20] [--seed 0] [--latest 20]

At the end weights and scores must have the same bytes as those of an undisturbed run. Exit status 1 if not.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from avdf.run_folder import RunFolder

TRAIN = Path(__file__).parents[1] / "tools" / "train.py"
FILES = ("scores.csv", "metrics.json", "history.csv", "detector/detector.safetensors")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config")
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latest", type=float, default=20.0, help="seconds after a start")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        words = [arguments.config, *arguments.overrides, f"data.cache={here / 'cache'}", "run.trackers=[]"]
        undisturbed = here / "undisturbed"
        if subprocess.run(command(words, undisturbed), capture_output=True).returncode:
            raise SystemExit("the undisturbed run failed")
        failed, number, num_kills = False, 0, 0
        while num_kills < arguments.kills:
            run, num_here = here / f"killed-{number}", 0
            while True:
                process = subprocess.Popen(
                    command(words, run), stdout=subprocess.PIPE, stderr=subprocess.PIPE
                )
                moment = rng.uniform(0, arguments.latest)
                try:
                    _, stderr = process.communicate(timeout=moment if num_kills < arguments.kills else None)
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    num_kills, num_here = num_kills + 1, num_here + 1
                    print(f"kill {num_kills:2} after {moment:4.1f} s: {state(run)}", flush=True)
            other = [name for name in FILES if not same(run / name, undisturbed / name)]
            outcome = f"other bytes in {', '.join(other)}" if other else "the same bytes"
            print(f"run {number}: {num_here} kills, exit {process.returncode}, {outcome}", flush=True)
            if process.returncode:
                print(stderr.decode(errors="replace").strip().splitlines()[-1])
            failed |= bool(other) or process.returncode != 0
            number += 1
    print("failed" if failed else "passed")
    return int(failed)


def command(words: list[str], run: Path) -> list[str]:
    """Starts the run, or resumes it if it was started."""
    resumes = RunFolder(run).is_begun
    return [sys.executable, str(TRAIN), *(["--resume", str(run)] if resumes else [*words, f"run.dir={run}"])]


def state(run: Path) -> str:
    """The saved states."""
    states = sorted(path.name for path in run.glob("checkpoints/state-*.pt"))
    return f"states {', '.join(states)}" if states else "no state yet"


def same(path: Path, other: Path) -> bool:
    return path.is_file() and path.read_bytes() == other.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
