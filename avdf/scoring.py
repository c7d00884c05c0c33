"""Detector and clips -> scores and the score table."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from numpy.typing import NDArray

from avdf.data.batches import read_batches
from avdf.data.clips import Target, group_columns
from avdf.data.dataset import EvenCrops, LabelledClips
from avdf.detector import SOURCES, Detector
from avdf.errors import UserError
from avdf.progress import progress


def score_clips(
    detector: Detector,
    clips: LabelledClips,
    *,
    num_crops: int,
    batch_size: int,
    accelerator: Accelerator,
    workers: int = 0,
) -> NDArray[np.float64]:
    """(clip,) probability of fake: the sigmoid of the mean logit of evenly spaced crops.

    The mean is taken over logits: probabilities near 0 or 1 are rounded to equal values. Of several
    processes each scores a share of the clips, and all of them return all scores.
    """
    rank, num_processes = accelerator.process_index, accelerator.num_processes
    indices = range(rank, len(clips), num_processes)  # of the clips that this process scores
    items = [index * num_crops + crop for index in indices for crop in range(num_crops)]
    batches = [items[start : start + batch_size] for start in range(0, len(items), batch_size)]
    crops = read_batches(EvenCrops(clips, num_crops=num_crops), batches, workers)
    shown = progress(crops, "scoring", total=len(batches), unit="batches")
    logits = [score_batch(detector, batch, accelerator.device) for batch in shown]
    means = torch.cat([torch.zeros(0), *logits]).double().reshape(len(indices), num_crops).mean(dim=1)
    scores = np.zeros(len(clips))
    for index, score in gather_object(list(zip(indices, torch.sigmoid(means).tolist(), strict=True))):
        scores[index] = score
    return scores


def score_batch(detector: Detector, batch: dict[str, Any], device: torch.device) -> torch.Tensor:
    """(crop,) float32 logits on the CPU, of a collated batch.

    Raises UserError if a logit is NaN or infinite: such a score would compare as real.
    """
    was_training = detector.training
    detector.eval()
    tensors = {key: batch[key].to(device) for key in SOURCES.values() if key in batch}
    num_crops = len(next(iter(tensors.values())))
    step = detector.max_crops or num_crops
    with torch.inference_mode():
        parts = [
            detector(detector.extract({key: value[start : start + step] for key, value in tensors.items()}))
            for start in range(0, num_crops, step)
        ]
        logits = torch.cat(parts).float().cpu()
    detector.train(was_training)
    if not logits.isfinite().all():
        raise UserError("the detector's score is NaN or infinite: its weights are unusable; train it again")
    return logits


def best_device() -> torch.device:
    """The accelerator that PyTorch finds (CUDA, MPS, ...), else the CPU."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator() or torch.device("cpu")
    return torch.device("cpu")


def score_table(
    clips: pd.DataFrame, split: str, is_fake: NDArray[np.bool_], scores: NDArray[np.float64], target: Target
) -> pd.DataFrame:
    """The rows of scores.csv for one split. The identity is the voice, or the face if the target is video."""
    return pd.DataFrame(
        {
            "clip": clips["clip"].to_numpy(),
            "split": split,
            "is_fake": is_fake.astype(int),
            "score": scores,
            "identity": clips["source" if target == "video" else "voice"].to_numpy(),
            **{name: clips[name].to_numpy() for name in group_columns(clips)},
            "type": clips["type"].to_numpy(),
            "method": clips["method"].to_numpy(),
            "track": clips["track"].to_numpy(),
        }
    )
