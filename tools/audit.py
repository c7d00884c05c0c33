"""Audits a run folder, or any score table: whom do the errors hit, and is a gap more than chance?

    python tools/audit.py RUN_OR_SCORES [OTHER] [--groups race gender] [--identity COLUMN]
                          [--threshold X] [--out DIR]

A score table is a CSV with is_fake (0/1), score and a column of who it is. Writes audit.html, audit.json,
groups.csv, gaps.csv and figures/ to DIR. Given two, the second is compared with the first on the clips that
both scored: what changed, and for whom?
"""

import argparse
from pathlib import Path

from avdf.command import run


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", metavar="RUN_OR_SCORES", type=Path, help="a run folder or a CSV of scores")
    parser.add_argument(
        "other", metavar="OTHER", type=Path, nargs="?", help="compare this one with the first"
    )
    parser.add_argument(
        "--groups", nargs="+", metavar="COLUMN", help="columns to audit; the run's, or race gender"
    )
    parser.add_argument(
        "--identity", default="identity", metavar="COLUMN", help="whose voice or face a clip has"
    )
    parser.add_argument("--threshold", type=float, metavar="X", help="called fake from this score on")
    parser.add_argument(
        "--probe", nargs="+", default=[], metavar="COLUMN", help="trivial features to try as shortcuts"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the resampling")
    parser.add_argument("--out", type=Path, metavar="DIR", help="by default audit/ beside the scores")
    parser.add_argument("--overwrite", action="store_true", help="replace DIR where it exists")
    parser.add_argument(
        "--allow-overlap", action="store_true", help="people of test may be in other splits too"
    )
    given = parser.parse_args()

    from avdf.audit.request import audit_one, compare_two
    from avdf.audit.sources import AuditOptions

    options = AuditOptions(
        groups=tuple(given.groups) if given.groups else None,
        identity=given.identity,
        threshold=given.threshold,
        allow_overlap=given.allow_overlap,
        seed=given.seed,
    )
    if given.other is None:
        probes = tuple(given.probe)
        page = audit_one(given.source, given.out, options, probes=probes, overwrite=given.overwrite)
    else:
        page = compare_two(given.source, given.other, given.out, options, overwrite=given.overwrite)
    print(page)
    return 0


if __name__ == "__main__":
    run(main)
