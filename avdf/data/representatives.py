"""One clip per recording and label: the clip whose score stands for all clips that carry the recording."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.dataset import LabelledClips


def recordings(clips: LabelledClips) -> NDArray[np.int64]:
    """(clip,) a number per recording and label, from 0 in the order of the clips.

    A clip whose recording is unknown (an empty `track`) is a recording of its own.
    """
    track = clips.table["track"].to_numpy(object)
    unknown = track == ""
    keys = pd.DataFrame({"track": track, "is_fake": clips.is_fake, "alone": unknown * np.arange(len(clips))})
    numbers: NDArray[np.int64] = keys.groupby(list(keys), sort=False).ngroup().to_numpy(np.int64)
    return numbers


def representatives(clips: LabelledClips, recording: NDArray[np.int64]) -> NDArray[np.intp]:
    """(recording,) the index of the clip that represents each: the longest, then the first by name."""
    order = np.lexsort((clips.table["clip"].to_numpy(str), -clips.lengths, recording))
    _, first = np.unique(recording[order], return_index=True)
    return order[first]
