"""Score test clips through telephones, codecs, noise and rooms, at the frozen threshold.

    avdf stress RUN_OR_DETECTOR [--corpus NAME --root PATH] [--conditions NAME ...] [--out DIR]

A run does this at its end unless evaluation.stress is none. With --corpus it is done on all clips of another
corpus. Each recording is heard once, of at most 200 people; docs/stress.md lists the conditions.
Writes stress.csv and stress/ into RUN, or into RUN/elsewhere/NAME.

The last line is the path of the page.
"""

import argparse

from avdf.commands.parsing import DETECTOR, detector, is_name, name, path, settings
from avdf.errors import UserError

LISTS = {"--conditions": is_name, "--table": is_name}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", type=detector, metavar="RUN_OR_DETECTOR", help=DETECTOR)
    add("--corpus", metavar="NAME", help="score another corpus; avdf corpora lists them")
    add("--root", type=path, metavar="PATH", help="the corpus, or where the run's data is now")
    add("--table", action="append", type=name, metavar="KEY=COLUMN ...", help="its columns, of corpus table")
    add(
        "--conditions",
        action="append",
        type=name,
        metavar="NAME ...",
        help="which conditions (default: all)",
    )
    add("--out", type=path, metavar="DIR", help="where to write (default: RUN, or RUN/elsewhere/NAME)")
    add("--overwrite", action="store_true", help="replace the stress test that is there")


def main(arguments: argparse.Namespace) -> None:
    if arguments.table and not arguments.corpus:
        raise UserError("--table: goes with --corpus table --root PATH")
    from avdf.experiment.stress import StressRequest, stress_on_request
    from avdf.sharing.hub import local_folder

    out = stress_on_request(
        StressRequest(
            source=local_folder(arguments.source),
            conditions=arguments.conditions or ("default",),
            corpus=arguments.corpus,
            root=arguments.root,
            table=settings(arguments.table or (), "--table"),
            out=arguments.out,
            overwrite=arguments.overwrite,
        )
    )
    digest = out.stress_digest()
    for sentence in digest.sentences if digest else ():
        print(sentence)
    print(out.stress_html)
