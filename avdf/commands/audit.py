"""Audit a run folder or any score table: error rates per group, and tests of the gaps between groups.

    avdf audit RUN_OR_SCORES [OTHER] [--groups race gender] [--identity COLUMN] [--threshold X] [--out DIR]
    avdf audit scores.txt --score score --label key --fake spoof --higher-is bonafide --identity speaker
    avdf audit scores.txt --protocol eval.tsv --corpus asvspoof5 --higher-is bonafide --threshold 0

A score table is a CSV with is_fake (0/1), score and a column that says whose voice or face a clip has;
other names are given by --label, --score and --identity. A clip whose score is blank counts as not covered.
Writes audit.html, audit.json, groups.csv, gaps.csv and figures/ to DIR. With OTHER, a second run or table,
it is compared with the first on the clips that both scored: the change of every metric, per group.

The last line is the path of the page. Exit status 1: done, but --min-coverage is not reached.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from avdf.command import DONE, SOME_FAILED
from avdf.commands.parsing import check_bounds, finite, is_name, name, path
from avdf.errors import UserError

if TYPE_CHECKING:
    from avdf.evaluation.protocol_join import Protocol

LISTS = {"--groups": is_name, "--probe": is_name, "--fake": is_name}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", metavar="RUN_OR_SCORES", type=path, help="a run folder or a CSV of scores")
    add("other", metavar="OTHER", type=path, nargs="?", help="compare this one with the first")
    add(
        "--groups",
        action="append",
        type=name,
        metavar="COLUMN ...",
        help="columns to audit (default: the run's, or race gender)",
    )
    add("--identity", metavar="COLUMN", help="whose voice or face it is (default: identity, or each clip)")
    add("--score", default="score", metavar="COLUMN", help="the column of scores")
    add("--label", metavar="COLUMN", help="the column that says real or fake (default: is_fake)")
    add("--fake", action="append", type=name, default=[], metavar="VALUE ...", help="labels that mean fake")
    add(
        "--attack",
        metavar="COLUMN",
        help="the system that made each fake (default: attack, audio_attack, ...)",
    )
    add("--protocol", type=path, metavar="FILE", help="a list of all clips, joined by clip; with --corpus")
    add("--corpus", metavar="NAME", help="the corpus that the protocol is of (tools/corpora.py lists them)")
    add(
        "--bins",
        action="append",
        default=[],
        metavar="COLUMN=EDGE,...",
        help="audit a column of numbers in bins, as age=18,30,45,60",
    )
    add(
        "--higher-is",
        choices=("fake", "bonafide"),
        default="fake",
        help="what a high score means in the table (default: fake)",
    )
    add("--threshold", type=finite, metavar="X", help="a score of at least X is called fake")
    add(
        "--probe",
        action="append",
        type=name,
        default=[],
        metavar="COLUMN ...",
        help="trivial features to try as shortcuts",
    )
    add("--min-coverage", type=finite, metavar="SHARE", help="exit 1 if fewer clips than that have a score")
    add("--seed", type=int, metavar="N", help="of the resampling (default: the run's, or 0)")
    add("--out", type=path, metavar="DIR", help="default: audit/ beside the scores")
    add("--overwrite", action="store_true", help="replace DIR if it exists")
    add("--paper", action="store_true", help="also write the tables for a paper: paper.md and paper.tex")
    add("--allow-overlap", action="store_true", help="accept people of test in other splits, with a warning")


def main(arguments: argparse.Namespace) -> int:
    check_bounds(arguments, 0, "seed")
    check_bounds(arguments, 0, "min_coverage", highest=1)
    from avdf.audit.options import AuditOptions
    from avdf.audit.request import audit_one, compare_two, low_coverage_of, paper_of

    options = AuditOptions(
        groups=tuple(arguments.groups) if arguments.groups else None,
        identity=arguments.identity,
        score=arguments.score,
        label=arguments.label or "is_fake",
        fake=tuple(arguments.fake),
        attack=arguments.attack,
        protocol=_protocol(arguments),
        threshold=arguments.threshold,
        higher_is=arguments.higher_is,
        bins=_bins(arguments.bins),
        allow_overlap=arguments.allow_overlap,
        seed=arguments.seed,
    )
    source, other, out, overwrite = arguments.source, arguments.other, arguments.out, arguments.overwrite
    if other is None:
        page = audit_one(source, out, options, probes=tuple(arguments.probe), overwrite=overwrite)
        if arguments.paper:
            paper_of(page)
        print(page)
        return _covered(low_coverage_of(page, arguments.min_coverage))
    for option in ("probe", "min_coverage"):
        if getattr(arguments, option):
            word = option.replace("_", "-")
            raise UserError(f"--{word}: needs a single table; audit each of the two with it")
    page = compare_two(source, other, out, options, overwrite=overwrite)
    if arguments.paper:
        paper_of(page)
    print(page)
    return DONE


def _covered(low: Sequence[str]) -> int:
    for line in low:
        print(f"--min-coverage: {line}", file=sys.stderr)
    return SOME_FAILED if low else DONE


def _bins(texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
    from avdf.evaluation.bins import parse_bins

    bins: dict[str, tuple[float, ...]] = {}
    for column, edges in map(parse_bins, texts):
        if column in bins:
            both = ",".join(f"{edge:g}" for edge in sorted({*bins[column], *edges}))
            raise UserError(f"--bins {column}: is given twice; write {column}={both}")
        bins[column] = edges
    return bins


def _protocol(arguments: argparse.Namespace) -> "Protocol | None":
    if arguments.protocol is None and arguments.corpus is None:
        return None
    if arguments.protocol is None or arguments.corpus is None:
        raise UserError("--protocol FILE and --corpus NAME go together: the corpus says how the file is read")
    from avdf.experiment.protocol import read_protocol

    return read_protocol(arguments.protocol, arguments.corpus)
