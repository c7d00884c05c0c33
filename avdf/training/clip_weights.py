"""How much each clip counts in training, and which group it belongs to."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.errors import UserError

BalanceName = Literal["none", "class", "group_class", "track"]


def clip_weights(
    clips: pd.DataFrame, is_fake: NDArray[np.bool_], balance: BalanceName
) -> NDArray[np.float32]:
    """(clip,) weights of mean 1.

    `class`: real and fake count alike; `group_class`: so does each race x gender x class; `track`: each
    class counts alike and, within it, each recording, however many clips carry it. Raises UserError for
    a training part of one class.
    """
    num_fake = int(is_fake.sum())
    if num_fake in (0, len(is_fake)):
        counts = f"{len(is_fake) - num_fake} real and {num_fake} fake clips"
        raise UserError(
            f"the training part holds {counts}; training needs both (is data.target what you mean?)"
        )
    if balance == "none":
        return np.ones(len(is_fake), np.float32)
    if balance == "class":
        return _alike([is_fake])
    if balance == "group_class":
        return _alike([clips["race"], clips["gender"], is_fake])
    per_track = _alike([clips["track"], is_fake])
    for side in (is_fake, ~is_fake):
        per_track[side] *= len(is_fake) / 2 / per_track[side].sum()
    return per_track


def group_numbers(clips: pd.DataFrame) -> tuple[NDArray[np.int64], list[str]]:
    """(clip,) number of each clip's race x gender cell, and the cells' names by number."""
    numbers, names = pd.factorize(clips["race"] + "/" + clips["gender"], sort=True)
    return numbers.astype(np.int64), list(names)


def _alike(keys: Sequence[object]) -> NDArray[np.float32]:
    """Weights under which every combination of the keys that occurs sums to the same."""
    cells = pd.DataFrame({number: np.asarray(key) for number, key in enumerate(keys)})
    by = cells.groupby(list(cells.columns))
    sizes = by[cells.columns[0]].transform("size").to_numpy()
    weights: NDArray[np.float32] = (len(cells) / (by.ngroups * sizes)).astype(np.float32)
    return weights
