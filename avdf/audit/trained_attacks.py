"""The attacks that a run was trained on, from its clips.csv and split.csv."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from avdf.config.schema import SPLITS
from avdf.evaluation.attack_names import attack_of_fakes
from avdf.evaluation.attacks import SeenAttacks
from avdf.evaluation.bins import UNKNOWN
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder

_MADE_BY = "a run writes it"
OF_COPIES = "fakes"  # in the place of a corpus: copies of its clips by fakers of this project
NOT_SAID = SeenAttacks(gap="the run does not say which clips it was trained on")
NO_NAMES = SeenAttacks(gap="the fakes of the training have no names of attacks")


def attacks_trained_on(run: RunFolder) -> SeenAttacks:
    """Attacks with a fake in the training split; of many folds, those in each of them.

    Of another corpus that a run was scored on (RUN/elsewhere/NAME), those noted when it was scored.
    """
    if run.folds:
        of_folds = [attacks_trained_on(fold) for fold in run.folds]
        names = frozenset.intersection(*(seen.names for seen in of_folds))
        unnamed = {UNKNOWN} if any(UNKNOWN in seen.names for seen in of_folds) else set()
        return SeenAttacks(names=names | unnamed, gap=next((s.gap for s in of_folds if s.gap), ""))
    if (noted := run.certificate().get("attacks_trained_on")) is not None:
        return SeenAttacks(names=frozenset(noted), gap=run.certificate().get("attacks_gap") or "")
    by_corpus = attacks_by_corpus(run)
    if by_corpus is None:
        return NOT_SAID
    names = frozenset[str]().union(*by_corpus.values())
    return SeenAttacks(names=names) if names else NO_NAMES


def attacks_by_corpus(run: RunFolder) -> Mapping[str, frozenset[str]] | None:
    """The attacks with a fake in the training split, by the column corpus or "" without it, and of copies.

    None where the run does not say: a folder that was put together by hand, or of an older version.
    """
    if not (run.is_begun and run.clips_csv.is_file() and run.split_csv.is_file()):
        return None
    config, copied = run.config(), _fakers_of(run)
    if not config.data.fakes.uses_corpus_fakes(SPLITS[0]):
        return copied
    clips, split = (read_csv_table(path, _MADE_BY) for path in (run.clips_csv, run.split_csv))
    train = clips[clips["clip"].isin(split["clip"][split["split"] == SPLITS[0]])]
    attacks = attack_of_fakes(train.assign(is_fake=_is_fake(train, config.data.target)))
    if attacks is None:
        return copied
    corpora = train["corpus"] if "corpus" in train else pd.Series("", index=train.index)
    return {str(name): frozenset(rows) - {""} for name, rows in attacks.groupby(corpora)} | copied


def copies_in_test(run: RunFolder) -> Mapping[str, int]:
    """Of each faker, how many of its copies are in test, as the certificate counts them."""
    of_splits = _of_copies(run, "num_by_faker_in") or {}
    counts = of_splits.get(SPLITS[-1])
    return counts if isinstance(counts, dict) else {}


def _fakers_of(run: RunFolder) -> dict[str, frozenset[str]]:
    """The fakers whose copies were trained on, as the certificate counts them.

    That of an older version counts the copies of all splits together: all of its fakers were trained on.
    """
    of_splits = _of_copies(run, "num_by_faker_in")
    counts = _of_copies(run, "num_by_faker") if of_splits is None else of_splits.get(SPLITS[0])
    return {OF_COPIES: frozenset(map(str, counts))} if isinstance(counts, dict) else {}


def _of_copies(run: RunFolder, key: str) -> dict[str, Any] | None:
    """An object that the certificate has of the copies; None without one."""
    fakes = run.certificate().get("fakes")
    found = fakes.get(key) if isinstance(fakes, dict) else None
    return found if isinstance(found, dict) else None


def _is_fake(clips: pd.DataFrame, target: str) -> "pd.Series[bool]":
    flags = ["audio_fake", "video_fake"] if target == "any" else [f"{target}_fake"]
    return (clips[flags] == "1").any(axis=1)
