"""List the corpora that data.corpus can name.

    avdf corpora

One paragraph per corpus: its name and what it is, group columns, attacks and official splits, and the module
that it comes from.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes none."""


def main(arguments: argparse.Namespace) -> None:
    import importlib

    from avdf.corpora import CORPORA, open_corpus

    for name in CORPORA.names():
        corpus, module = open_corpus(name), CORPORA.get(name).module
        summary = (importlib.import_module(module).__doc__ or "").partition("\n")[0]
        print(f"{name}: {summary}")
        for label, values in (
            ("groups", corpus.groups),
            ("attacks", corpus.attacks),
            ("official splits", corpus.official_splits),
            ("from", (module,)),
        ):
            print(f"    {label + ':':<17}{', '.join(values) or 'none'}")
