"""The split of an experiment with copies of real clips (`data.fakes`): each is where its parent is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from avdf.config.schema import SPLITS, DataConfig
from avdf.data.audio.store import Store
from avdf.data.clips import is_fake
from avdf.data.preparation import Prepared
from avdf.data.splits.attacks import attacks_of, check_left_out, have_attack
from avdf.data.splits.rules import Split, split_clips
from avdf.derived.placing import certified, placed
from avdf.errors import ConfigError
from avdf.experiment.data_warnings import counted
from avdf.experiment.fakes import Copies

_TRAIN, _VALIDATION, _TEST = SPLITS


@dataclass(frozen=True, kw_only=True)
class Fakes:
    """The copies of a split. `clips`: those that are used, with their `split`. The others as in `Copies`."""

    clips: pd.DataFrame
    parents: pd.DataFrame
    store: Store
    certificate: dict[str, Any]
    warnings: tuple[str, ...]


def split_with_copies(
    config: DataConfig, seed: int, prepared: Prepared, copies: Copies | None
) -> tuple[Split, Fakes | None]:
    """Splits the clips of the corpus, and puts each copy into the split of its parent.

    Copies by attacks that are left out (`data.split.attacks`) are in test alone, those of people who train
    or validate in no split. The certificate tells of the copies, too: fakers may make a split leak. Raises
    ConfigError if no copy is used, or if a split lacks fakes after attacks were left out.
    """
    fakers = copies.attacks if copies else ()
    split = split_clips(prepared.clips, config.split, seed, target=config.target, fakers=fakers)
    if copies is None:
        return split, None
    fakes = _fakes_of(split, copies, prepared.clips, config)
    counts = fakes.certificate["heard"].values()
    heard = sum(count for of_faker in counts for key, count in of_faker.items() if key.startswith("num_in_"))
    outside = fakes.certificate["num_outside_the_split_of_their_parent"]
    leaks = split.certificate["leaks"] or heard > 0 or outside > 0
    of_fakes = {**fakes.certificate, "num_heard": heard}
    certificate = {**split.certificate, "fakes": of_fakes, "leaks": leaks}
    return replace(split, certificate=certificate), fakes


def _fakes_of(split: Split, copies: Copies, clips: pd.DataFrame, config: DataConfig) -> Fakes:
    attacks, of_corpus = config.split.attacks, attacks_of(clips, config.target)
    has_one = have_attack(copies.clips, attacks, config.target, of_corpus) if attacks else False
    everywhere = placed(copies.clips.assign(is_left_out=has_one), clips, split.table)
    in_split, is_left_out = everywhere["split"], everywhere["is_left_out"]
    used_in = [_TRAIN, *(name for name in SPLITS[1:] if getattr(config.fakes, f"in_{name}"))]
    is_used = in_split.isin(used_in)
    if not is_used.any():
        raise ConfigError(
            "data.fakes: no copy has its parent in a split that uses copies; were they made of this data?"
        )
    used = everywhere[is_used.mask(is_left_out, in_split == _TEST)].reset_index(drop=True)
    certificate = certified(copies.clips, used, clips, split.table, copies.heard)
    if config.fakes.corpus_fakes_in is not None:
        certificate["corpus_fakes_in"] = list(config.fakes.corpus_fakes_in)
    rows = _rows(split, used, copies, clips, config)
    if attacks:
        _check_left_out(rows, split, config)
        of_used = used["split"][used["is_left_out"]]
        certificate["num_copies_of_left_out_attacks"] = {
            name: int((of_used == name).sum()) for name in SPLITS
        } | {"dropped": int(is_left_out.sum()) - len(of_used)}
    return Fakes(
        clips=used.drop(columns="is_left_out"),
        parents=copies.parents,
        store=copies.store,
        certificate=certificate,
        warnings=(*copies.warnings, *_copies_in_test(rows, used)),
    )


def _rows(
    split: Split, used: pd.DataFrame, copies: Copies, clips: pd.DataFrame, config: DataConfig
) -> pd.DataFrame:
    """`split`, `is_fake`, `is_left_out` and `is_copy` of the clips and copies that the splits use."""
    attacks, target = config.split.attacks, config.target
    has_one = have_attack(clips, attacks, target, copies.attacks) if attacks else False
    labelled = clips[["clip"]].assign(is_fake=is_fake(clips, target), is_left_out=has_one, is_copy=False)
    of_corpus = labelled.merge(split.table, on="clip", validate="one_to_one")
    of_corpus = of_corpus[~of_corpus["is_fake"] | of_corpus["split"].map(config.fakes.uses_corpus_fakes)]
    of_copies = used[["split", "is_left_out"]].assign(is_fake=is_fake(used, target), is_copy=True)
    return pd.concat([of_corpus, of_copies], ignore_index=True)


def _check_left_out(rows: pd.DataFrame, split: Split, config: DataConfig) -> None:
    remedies = {_TRAIN: ", or make copies by other fakers"}
    if not config.fakes.in_validation:
        remedies[_VALIDATION] = ", or give data.fakes.in_validation=true"
    check_left_out(rows, config.split.attacks, set(split.table["split"]), remedies)


def _copies_in_test(rows: pd.DataFrame, used: pd.DataFrame) -> Iterator[str]:
    """A warning where the metrics of test are of copies, too."""
    in_test = rows[(rows["split"] == _TEST) & rows["is_fake"]]
    if in_test["is_copy"].any():
        num_fakers = len({*used["audio_attack"][used["split"] == _TEST]} - {""})
        yield (
            f"COPIES IN TEST: {in_test['is_copy'].sum()} of the {len(in_test)} fakes in test are copies of "
            f"its real clips by {counted(num_fakers, 'faker')}; metrics over all fakes count them."
        )
