"""Which clips a detector can be trained and judged on: those that have what it reads and what is labelled."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.clips import SKIPPED_COLUMNS, Target

_MODALITIES = {"audio": "no audio", "video": "no video"}  # and the reason for a clip without it


@dataclass(frozen=True)
class Needs:
    """The modalities that a detector reads, and the label that it is judged by; None: by none.

    `all_of_them`: it compares them, and one alone tells it nothing.
    """

    modalities: Collection[str] = ("audio", "video")
    target: Target | None = None
    all_of_them: bool = False


def kept_and_left_out(clips: pd.DataFrame, needs: Needs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with `has_audio` and `has_video` -> the clips to use, and clip, reason, detail of the others.

    A clip is used if it has one of the modalities that are read, or all of them where they are compared, and
    the one that its label is about: with target `audio` or `video` that one, with `any` a clip whose only
    fake part is missing is left out.
    """
    has = {name: (clips[f"has_{name}"] == 1).to_numpy() for name in _MODALITIES}
    reason = np.full(len(clips), "", dtype=object)
    detail = np.full(len(clips), "", dtype=object)
    for name, why in _MODALITIES.items():
        lacks = _needs_label_of(clips, name, needs.target) & ~has[name]
        reason[lacks], detail[lacks] = why, f"what the label is about, its {name}, is missing"
    is_read = np.zeros(len(clips), dtype=bool)
    for name in needs.modalities:
        is_read |= has[name]
    (name, *_) = sorted(needs.modalities)
    reason[~is_read], detail[~is_read] = _MODALITIES[name], "none of what the detector reads can be decoded"
    for name in needs.modalities if needs.all_of_them else ():
        lacks = (reason == "") & ~has[name]
        reason[lacks], detail[lacks] = _MODALITIES[name], "the detector compares sound and picture"
    used = reason == ""
    left_out = pd.DataFrame({"clip": clips["clip"], "reason": reason, "detail": detail})[~used]
    return clips[used].reset_index(drop=True), left_out[SKIPPED_COLUMNS]


def _needs_label_of(clips: pd.DataFrame, modality: str, target: Target | None) -> NDArray[np.bool_]:
    """(clip,) whether the label of a clip cannot be told without that modality."""
    if target != "any":
        return np.full(len(clips), target == modality)
    other = next(name for name in _MODALITIES if name != modality)
    is_fake = {name: (clips[f"{name}_fake"] == 1).to_numpy() for name in _MODALITIES}
    alone: NDArray[np.bool_] = is_fake[modality] & ~is_fake[other]
    return alone
