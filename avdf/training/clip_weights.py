"""Weights of clips in the training loss, and their groups."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.clips import CORPUS, group_columns
from avdf.errors import UserError

BalanceName = Literal["none", "class", "group_class", "corpus_class", "track"]


def clip_weights(
    clips: pd.DataFrame,
    is_fake: NDArray[np.bool_],
    balance: BalanceName,
    exposure: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """(clip,) weights of mean 1 over the clips of an epoch.

    `exposure` (clip,) is how often an epoch is expected to hold each clip, by default once.
    The total weight is equal for: real and fake (`class`); each crossing of the group columns and the class
    (`group_class`); each corpus and class (`corpus_class`); real and fake and, within each, every recording,
    however many clips it has (`track`).
    Raises UserError if all clips are of one class.
    """
    num_fake = int(is_fake.sum())
    if num_fake in (0, len(is_fake)):
        counts = f"{len(is_fake) - num_fake} real and {num_fake} fake clips"
        raise UserError(
            f"the train split holds {counts}; training needs both: check data.target and data.split"
        )
    exposure = np.ones(len(is_fake)) if exposure is None else exposure
    if balance == "none":
        return np.ones(len(is_fake), np.float32)
    if balance == "class":
        return _equal_totals([is_fake], exposure)
    if balance == "group_class":
        return _equal_totals([*(clips[name] for name in group_columns(clips)), is_fake], exposure)
    if balance == "corpus_class":
        return _equal_totals([clips[CORPUS], is_fake], exposure)
    per_track = _equal_totals([clips["track"], is_fake], exposure)
    for label in (is_fake, ~is_fake):
        total = (per_track * exposure.astype(np.float32))[label].sum()
        per_track[label] *= float(exposure.sum()) / 2 / total
    return per_track


def group_numbers(clips: pd.DataFrame) -> tuple[NDArray[np.int64], list[str]]:
    """(clip,) the number of each clip's cell, a crossing of its groups, and the cells' names by number."""
    columns = [clips[name].astype(str) for name in group_columns(clips)]
    cells = ["/".join(values) for values in zip(*columns, strict=True)] if columns else [""] * len(clips)
    numbers, names = pd.factorize(np.array(cells, dtype=object), sort=True)
    return numbers.astype(np.int64), list(names)


def _equal_totals(keys: Sequence[object], exposure: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weights of mean 1 with the same total for every combination of the keys that occurs."""
    cells = pd.DataFrame({number: np.asarray(key) for number, key in enumerate(keys)})
    groups = cells.groupby(list(cells.columns))
    sizes = np.bincount(groups.ngroup(), exposure)[groups.ngroup()]
    weights: NDArray[np.float32] = (exposure.sum() / (groups.ngroups * sizes)).astype(np.float32)
    return weights
