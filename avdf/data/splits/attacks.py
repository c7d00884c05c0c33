"""Attacks left out of training: which clips have one, and what a split does with them."""

from collections.abc import Collection, Sequence
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


def have_attack(clips: pd.DataFrame, attacks: Sequence[str], target: Target) -> NDArray[np.bool_]:
    """(clip,) whether one of the attacks made the clip's sound or picture, whichever `target` is about.

    A mixture, such as fsgan-wav2lip where fsgan and wav2lip are attacks too, was made by each of its parts.
    Raises ConfigError for an attack that no clip has, and where no other attack is left to train on.
    """
    known = attacks_of(clips, target)
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


def left_out(clips: pd.DataFrame, split: Sequence[str], attacks: Sequence[str], target: Target) -> list[str]:
    """(clip,) the split with the clips of the attacks in test alone, "" for those of people who train.

    So no voice of training is in test. Raises ConfigError if train, validation or test lacks what it needs.
    """
    has_one, fake = have_attack(clips, attacks, target), is_fake(clips, target)
    after = np.where(has_one & (np.asarray(split) != _TEST), "", np.asarray(split, dtype=object))
    if not (has_one & (after == _TEST)).any():
        raise ConfigError(
            f"data.split.attacks: nobody in the test split has a clip of {', '.join(attacks)}; raise "
            "data.split.test, or take another seed"
        )
    for name in SPLITS[: SPLITS.index(_TEST)]:
        if (np.asarray(split) == name).any() and not (fake & (after == name)).any():
            raise ConfigError(
                f"data.split.attacks: without {', '.join(attacks)} the {name} split has no fake; leave fewer "
                "attacks out"
            )
    return [str(name) for name in after]


def counts_of_left_out(
    clips: pd.DataFrame, split: "pd.Series[str]", attacks: Sequence[str], target: Target
) -> dict[str, Any]:
    """For the certificate: the attacks, and how many of their clips are in each split and in none.

    `split` is by clip; a clip without one is dropped.
    """
    of_clip = clips["clip"].map(split).fillna("")[have_attack(clips, attacks, target)]
    return {
        "left_out_attacks": sorted(attacks),
        "num_clips_of_left_out_attacks": {name: int((of_clip == name).sum()) for name in SPLITS}
        | {"dropped": int((of_clip == "").sum())},
    }


def _columns(target: Target) -> Sequence[str]:
    audio, video = ATTACK_COLUMNS
    return {"audio": (audio,), "video": (video,), "any": (audio, video)}[target]
