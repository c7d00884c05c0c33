"""Make the demo data: a small made-up data set in FakeAVCeleb's layout.

    avdf demo_data OUT [--seed N] [--shortcut leading_silence] [--weak-group RACE/GENDER]

Real mp4 files of drawn faces and filtered noise, for trying things out. No metric on them says anything
about any real data set.

The last line is the root of the data set.
"""

import argparse

from avdf.commands.parsing import check_bounds, path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("out", type=path, metavar="OUT", help="a folder that does not exist yet")
    add("--seed", type=int, default=0, metavar="N", help="seeds everything (default: 0)")
    add("--shortcut", choices=["leading_silence"], help="plant 25 to 30 ms of silence before each fake")
    add("--weak-group", metavar="RACE/GENDER", help="make the fakes of one group subtler: African/women")
    add("--workers", type=int, metavar="N", help="processes (default: 2)")


def main(arguments: argparse.Namespace) -> None:
    check_bounds(arguments, 0, "seed")
    check_bounds(arguments, 1, "workers")
    from avdf.demo.making import make_demo
    from avdf.demo.plan import DemoSettings

    settings = DemoSettings(seed=arguments.seed, shortcut=arguments.shortcut, weak_group=arguments.weak_group)
    print(make_demo(arguments.out, settings, workers=arguments.workers))
