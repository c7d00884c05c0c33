"""Make fakes out of the real clips of a corpus: copies of the same speech, resynthesised.

    avdf make_fakes ROOT --corpus NAME --fakers NAME ... --out DIR [--per-clip N] [--seed S]
        [--noise-suppressed SHARE]

For example: avdf make_fakes FakeAVCeleb_v1.2 --fakers griffin_lim_mel lpc runs/my_codec --out fakes

A faker is a name of docs/fakers.md, or the folder of one that `avdf train_faker` has trained. Each real
recording is copied once. With --noise-suppressed 0.5 half of the copies are made of the recording after noise
suppression, since synthetic speech has no background. Writes FLAC files and fakes.csv, which names the parent
of each copy. After an interruption the same command makes the rest.

The last line is DIR. Clips without speech are named on stderr; the exit status is then 1.
"""

import argparse
import os
import sys
from pathlib import Path

from avdf.command import DONE, SOME_FAILED
from avdf.commands.parsing import check_bounds, is_name, name, path, settings
from avdf.errors import said_as
from avdf.paths import expand_path, printable

FACTS_OF_FAKER = "faker.json"  # in the folder of a trained one


def _is_faker(word: str) -> bool:
    return is_name(word) or Path(expand_path(word), FACTS_OF_FAKER).is_file()


LISTS = {"--fakers": _is_faker, "--table": is_name}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("root", type=path, metavar="ROOT", help="the folder of the corpus")
    add("--corpus", default="fakeavceleb", metavar="NAME", help="how it is read (default: fakeavceleb)")
    add("--table", action="append", type=name, metavar="KEY=COLUMN ...", help="its columns, of corpus table")
    add("--fakers", action="append", type=name, required=True, metavar="NAME|DIR ...", help="who makes them")
    add("--out", type=path, required=True, metavar="DIR", help="the folder of the fakes")
    add("--per-clip", type=int, metavar="N", help="copies of each recording (default: one by each faker)")
    add("--seed", type=int, default=0, metavar="S", help="of all random draws (default: 0)")
    noise = "share of the copies that are made after noise suppression (default: 0)"
    add("--noise-suppressed", type=float, default=0.0, metavar="SHARE", help=noise)
    add("--cache", type=path, default=Path("cache"), metavar="DIR", help="decoded audio (default: cache)")
    add("--workers", type=int, metavar="N", help="processes (default: one per core)")
    add("--sample-rate-hz", type=int, default=16000, metavar="HZ", help="default: 16000")


def main(arguments: argparse.Namespace) -> int:
    check_bounds(arguments, 1, "workers", "per_clip")
    check_bounds(arguments, 0, "seed")
    check_bounds(arguments, 0, "noise_suppressed", highest=1)
    check_bounds(arguments, 4000, "sample_rate_hz", highest=48000)
    from avdf.corpora import index_of, open_corpus
    from avdf.data.preparation import prepare
    from avdf.derived.making import Making, check_making, make_fakes
    from avdf.derived.table import read_fakes

    workers = arguments.workers or os.cpu_count() or 1
    making = Making(
        corpus=arguments.corpus,
        fakers=[_settings(word) for word in arguments.fakers],
        per_clip=arguments.per_clip or len(arguments.fakers),
        seed=arguments.seed,
        noise_suppressed=arguments.noise_suppressed,
    )
    check_making(making, arguments.out)
    columns = settings(arguments.table or (), "--table")
    corpus = open_corpus(arguments.corpus, columns, "--table", "--corpus")
    with said_as({"data.root": "ROOT"}):
        index = index_of(corpus, arguments.corpus, arguments.root)
    prepared = prepare(index, arguments.cache, sample_rate_hz=arguments.sample_rate_hz, workers=workers)
    silent = make_fakes(prepared, making, arguments.out, workers=workers)
    for clip, reason in silent.items():
        print(printable(f"left out: {clip}: {reason}"), file=sys.stderr)
    copies = read_fakes(arguments.out).index.clips
    print(f"{len(copies)} copies of {copies['parent'].nunique()} recordings")
    print(arguments.out)
    return SOME_FAILED if silent else DONE


def _settings(word: str) -> dict[str, str]:
    folder = Path(expand_path(word))
    if (folder / FACTS_OF_FAKER).is_file():
        return {"name": "neural", "folder": str(folder.absolute())}
    return {"name": word}
