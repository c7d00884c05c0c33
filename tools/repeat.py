"""python tools/repeat.py CONFIG [key=value ...] --seeds 0 1 2 3 4 [--same-split] [--out DIR]

Trains once with each seed and reports what holds whatever the seed: mean and standard deviation of
every test figure (repeat.csv, and repeat.md for a paper) and one audit of all test scores (audit/).
Called again it keeps the runs that are done and goes on with the one that is not.

    python tools/repeat.py configs/audio_cnn.yaml data.root=FakeAVCeleb_v1.2 --seeds 0 1 2 3 4
"""

import argparse
import shlex
import sys
from pathlib import Path

from avdf import command


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, help="the experiment's YAML, as in configs/")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="a setting in place of the YAML's")
    parser.add_argument("--seeds", type=int, nargs="+", required=True, metavar="SEED", help="one run each")
    parser.add_argument("--same-split", action="store_true", help="part the clips by the first seed, for all")
    parser.add_argument("--out", type=Path, metavar="DIR", help="by default runs/<config>-repeated")
    given = parser.parse_intermixed_args()

    from avdf.experiment.many_runs import run_repeats
    from avdf.experiment.settings import load_experiment
    from avdf.run_folder import RunFolder

    table = run_repeats(
        load_experiment(given.config, given.overrides),
        given.seeds,
        given.out or Path("runs", f"{given.config.stem}-repeated"),
        same_split=given.same_split,
        command=["python", *(shlex.quote(word) for word in sys.argv)],
    )
    print(table.read_text("utf-8"))
    print(f"{table}: the table above; the pooled report is {RunFolder(table.parent).audit_html}")


if __name__ == "__main__":
    command.run(main)
