"""Which clips the stress test hears: each recording once, of at most 200 people."""

import numpy as np
from numpy.typing import NDArray

from avdf.data.dataset import LabelledClips
from avdf.data.representatives import recordings, representatives
from avdf.evaluation.bootstrap import random_stream

MOST_PEOPLE = 200


def sampled(
    clips: LabelledClips, identity: NDArray[np.object_], seed: int, *, every_clip: bool = False
) -> LabelledClips:
    """One clip per recording and label, of at most MOST_PEOPLE people, drawn by the seed, in the same order.

    `identity` is the person of each clip. People are drawn, not rows: all recordings of a drawn person are
    heard. `every_clip`: for detectors that look at frames, since clips of one recording show other pictures.
    """
    once = np.arange(len(clips)) if every_clip else np.sort(representatives(clips, recordings(clips)))
    people = np.unique(identity[once].astype(str))
    if len(people) > MOST_PEOPLE:
        people = random_stream(seed, "stress").choice(people, MOST_PEOPLE, replace=False)
    return clips.selected(once[np.isin(identity[once].astype(str), people)])
