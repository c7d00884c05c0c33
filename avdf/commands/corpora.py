"""List the corpora that data.corpus and data.sources can name.

    avdf corpora

One paragraph per corpus: its name and what it is, modalities, labels, group columns, attacks, official
splits, licence, where to ask for access, the module that it comes from, and its known flaws.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes none."""


def main(arguments: argparse.Namespace) -> None:
    import importlib

    from avdf.corpora import CORPORA, card_of, open_corpus

    for name in CORPORA.names():
        corpus, module = open_corpus(name), CORPORA.get(name).module
        card = card_of(corpus)
        summary = (importlib.import_module(module).__doc__ or "").partition("\n")[0]
        print(f"{name}: {summary}")
        for label, values in (
            ("modalities", card.modalities if card else ()),
            ("labels", (card.labels,) if card else ()),
            ("groups", corpus.groups),
            ("attacks", corpus.attacks),
            ("official splits", corpus.official_splits),
            ("licence", (card.licence,) if card else ()),
            ("access", (card.access,) if card else ()),
            ("from", (module,)),
        ):
            print(f"    {label + ':':<17}{', '.join(values) or 'none'}")
        for flaw in card.flaws if card else ():
            print(f"    known flaw:      {flaw}")
