"""Makes the demo data: a small made-up dataset in FakeAVCeleb's layout.

    python tools/demo_data.py OUT [--seed N] [--shortcut leading_silence] [--weak-group RACE/GENDER]

Real mp4 files of drawn faces and filtered noise: for trying things out. No figure on it says
anything about any real dataset.
"""

import argparse
from pathlib import Path

from avdf.command import run


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder that is not there yet")
    parser.add_argument("--seed", type=int, default=0, help="seeds everything (default 0)")
    parser.add_argument(
        "--shortcut",
        choices=["leading_silence"],
        help="plant 25 to 30 ms of digital silence before each fake",
    )
    parser.add_argument(
        "--weak-group", metavar="RACE/GENDER", help='make fakes of one group subtler, as in "African/women"'
    )
    parser.add_argument("--workers", type=int, help="processes (default 2)")
    chosen = parser.parse_args()
    from avdf.demo.making import make_demo

    root = make_demo(
        chosen.out,
        seed=chosen.seed,
        shortcut=chosen.shortcut,
        weak_group=chosen.weak_group,
        workers=chosen.workers,
    )
    print(root)


if __name__ == "__main__":
    run(main)
