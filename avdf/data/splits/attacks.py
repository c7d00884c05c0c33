"""Attacks left out of training: which clips have one, and what a split does with them."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.config.schema import SPLITS
from avdf.data.clips import ATTACK_COLUMNS, Target, is_fake, with_attacks
from avdf.errors import ConfigError, nearest

_TEST = "test"


def attacks_of(clips: pd.DataFrame, target: Target) -> list[str]:
    """The attacks that made fakes of `target`, sorted."""
    named = with_attacks(clips)[is_fake(clips, target)]
    return sorted({str(name) for column in _columns(target) for name in named[column]} - {""})


def have_attack(
    clips: pd.DataFrame, attacks: Sequence[str], target: Target, others: Collection[str] = ()
) -> NDArray[np.bool_]:
    """(clip,) whether one of the attacks made the clip's sound or picture, whichever `target` is about.

    A mixture, such as fsgan-wav2lip where fsgan and wav2lip are attacks too, was made by each of its parts.
    `others` are the attacks of fakes that another table lists. Raises ConfigError for an attack that is in
    neither, and where no other attack is left to train on.
    """
    known = sorted({*attacks_of(clips, target), *others})
    for attack in attacks:
        if attack not in known:
            raise ConfigError(f"data.split.attacks: no fake has attack {attack!r}{nearest(attack, known)}")
    made_by = {name: name in attacks or bool(_parts(name, known) & set(attacks)) for name in known}
    if all(made_by.values()):
        names = known[0] if len(known) == 1 else ", ".join(known)
        raise ConfigError(
            f"data.split.attacks: every fake of data.target={target} is of {names}, so nothing is left to "
            "train on; leave_attack_out needs fakes of another attack, too"
        )
    named = with_attacks(clips)
    has_one = np.zeros(len(clips), dtype=bool)
    for column in _columns(target):
        has_one |= named[column].map(lambda name: made_by.get(str(name), False)).to_numpy(bool)
    return has_one


def _parts(attack: str, known: Collection[str]) -> set[str]:
    """The attacks that a mixture is made of: all words between its hyphens, if each is an attack."""
    words = set(attack.split("-"))
    return words if words <= set(known) else set()


def left_out(
    clips: pd.DataFrame,
    split: Sequence[str],
    attacks: Sequence[str],
    target: Target,
    others: Collection[str] = (),
) -> list[str]:
    """(clip,) the split with the clips of the attacks in test alone, "" for those of people who train.

    So no voice of training is in test. Raises ConfigError if train, validation or test lacks what it needs;
    with `others`, whoever adds the fakes of these calls `check_left_out`.
    """
    has_one = have_attack(clips, attacks, target, others)
    after = np.where(has_one & (np.asarray(split) != _TEST), "", np.asarray(split, dtype=object))
    if not others:
        table = pd.DataFrame({"split": after, "is_fake": is_fake(clips, target), "is_left_out": has_one})
        check_left_out(table, attacks, set(split))
    return [str(name) for name in after]


def check_left_out(
    table: pd.DataFrame,
    attacks: Sequence[str],
    splits: Collection[str],
    remedies: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Raises ConfigError if test has no fake of the attacks, or train or validation no fake of another.

    `table` has a row per clip: `split`, `is_fake`, `is_left_out`. `splits` are those that have clips,
    `remedies` what else helps in one of them.
    """
    names = ", ".join(attacks)
    in_test = table["split"] == _TEST
    if not (in_test & table["is_left_out"]).any():
        raise ConfigError(
            f"data.split.attacks: nobody in the test split has a clip of {names}; raise data.split.test, or "
            "take another seed"
        )
    for name in SPLITS[: SPLITS.index(_TEST)]:
        if name in splits and not (table["is_fake"] & (table["split"] == name)).any():
            raise ConfigError(
                f"data.split.attacks: without {names} the {name} split has no fake; leave fewer attacks "
                f"out{remedies.get(name, '')}"
            )


def counts_of_left_out(
    clips: pd.DataFrame,
    split: "pd.Series[str]",
    attacks: Sequence[str],
    target: Target,
    others: Collection[str] = (),
) -> dict[str, Any]:
    """For the certificate: the attacks, and how many of their clips are in each split and in none.

    `split` is by clip; a clip without one is dropped.
    """
    of_clip = clips["clip"].map(split).fillna("")[have_attack(clips, attacks, target, others)]
    return {
        "left_out_attacks": sorted(attacks),
        "num_clips_of_left_out_attacks": {name: int((of_clip == name).sum()) for name in SPLITS}
        | {"dropped": int((of_clip == "").sum())},
    }


def _columns(target: Target) -> Sequence[str]:
    audio, video = ATTACK_COLUMNS
    return {"audio": (audio,), "video": (video,), "any": (audio, video)}[target]
