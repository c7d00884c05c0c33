"""Where the crops of a clip begin, and what they hold of a clip that is shorter."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def repeat_padded(samples: NDArray[T], start: int, num_samples: int) -> NDArray[T]:
    """(num_samples,) from `start` on; a clip that ends before the crop does is repeated.

    Padding with zeros would reveal the length of the clip.

    >>> repeat_padded(np.array([1, 2, 3]), 2, 7).tolist()
    [3, 1, 2, 3, 1, 2, 3]
    """
    if start + num_samples <= len(samples):
        return samples[start : start + num_samples]
    return samples[(start + np.arange(num_samples)) % len(samples)]


def even_starts(length: int, num_samples: int, num_crops: int) -> NDArray[np.int64]:
    """(crop,) starts from the first to the last place; all 0 where the clip is no longer than a crop.

    >>> even_starts(40, 10, 4).tolist()
    [0, 10, 20, 30]
    """
    last = max(length - num_samples, 0)
    if num_crops == 1:
        return np.array([last // 2])
    return np.linspace(0, last, num_crops).round().astype(np.int64)
