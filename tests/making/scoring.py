"""Scores of clips, one per clip."""

import numpy as np

from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops
from avdf.detector import Detector
from avdf.scoring import crop_logits, whole_scores


def score_clips(
    detector: Detector, clips: LabelledClips, *, num_crops: int, batch_size: int, accelerator, whole="mean"
) -> np.ndarray:
    """(clip,) from evenly spaced crops, each clip for itself."""
    crops = EvenCrops([clips], num_crops=num_crops)
    logits = crop_logits(detector, crops, batch_size=batch_size, accelerator=accelerator)
    return whole_scores(logits, whole)[0]
