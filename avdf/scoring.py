"""Detector and clips -> scores and the score table."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from numpy.typing import NDArray

from avdf.config.evaluation import Whole
from avdf.data.batches import read_batches
from avdf.data.clips import Target, group_columns
from avdf.data.even_crops import EvenCrops
from avdf.detector import Detector
from avdf.passes import Inputs, KeptInputs, crops_per_pass, inputs_of, logits_of, several_at_a_time
from avdf.progress import progress


def crop_logits(
    detector: Detector,
    crops: EvenCrops,
    *,
    batch_size: int,
    accelerator: Accelerator,
    workers: int = 0,
    kept: KeptInputs | None = None,
) -> torch.Tensor:
    """(view, clip, crop) float64 logits, of which `whole_scores` makes one score per clip.

    All forward passes take the same number of crops, so that a score does not depend on which others there
    are. Of several processes each scores a share of the crops, and all of them return all scores. With `kept`
    a second call with the same detector, crops and batch size need not read them again.
    """
    device = accelerator.device
    items = range(accelerator.process_index, len(crops), accelerator.num_processes)
    size = crops_per_pass(detector, batch_size, device)
    batches = [list(items[start : start + size]) for start in range(0, len(items), size)]
    if kept is not None and kept.passes:
        passes = several_at_a_time(partial(logits_of, detector), kept.passes, detector, device)
    else:
        read = read_batches(crops, batches, workers)
        kept = kept or KeptInputs(most_bytes=0)
        passes = _first_passes(detector, read, accelerator, size=size, num_batches=len(batches), kept=kept)
    shown = progress(passes, "scoring", total=len(batches), unit="batches")
    logits = torch.cat([torch.zeros(0), *shown])[: len(items)].double()  # without the copies of the last crop
    of_crops = torch.zeros(len(crops), dtype=torch.float64)
    for item, logit in gather_object(list(zip(items, logits.tolist(), strict=True))):
        of_crops[item] = logit
    return of_crops[torch.tensor(crops.places)]


def whole_scores(logits: torch.Tensor, whole: Whole) -> NDArray[np.float64]:
    """(..., crop) float64 logits -> (...,) probability that the whole clip is fake, by mean or highest logit.

    The mean is taken over logits: probabilities near 0 or 1 are rounded to equal values. The highest logit
    finds a fake part in a long real clip, and rises with the number of crops.

    >>> logits = torch.tensor([0.0, 0.0, 3.0]).double()
    >>> [round(float(whole_scores(logits, whole)), 2) for whole in ("mean", "max")]
    [0.73, 0.95]
    """
    of_clips = logits.mean(dim=-1) if whole == "mean" else logits.amax(dim=-1)
    scores: NDArray[np.float64] = torch.sigmoid(of_clips).numpy()
    return scores


def _first_passes(
    detector: Detector,
    batches: Iterator[dict[str, Any]],
    accelerator: Accelerator,
    *,
    size: int,
    num_batches: int,
    kept: KeptInputs,
) -> Iterator[torch.Tensor]:
    """Yields the logits of each batch; `kept` has the inputs of all of them afterwards, if it may."""

    def work(batch: dict[str, Any]) -> tuple[Inputs, torch.Tensor]:
        inputs = inputs_of(detector, batch, accelerator.device, num_crops=size)
        return inputs, logits_of(detector, inputs)

    done: list[Inputs] = []
    for inputs, logits in several_at_a_time(work, batches, detector, accelerator.device):
        if kept.may_keep(detector, inputs, num_batches):
            done.append(inputs)
        yield logits
    kept.passes = done


def score_table(
    clips: pd.DataFrame, split: str, is_fake: NDArray[np.bool_], scores: NDArray[np.float64], target: Target
) -> pd.DataFrame:
    """The rows of scores.csv for one split. The identity is the voice, or the face if the target is video.

    Where a fake picture counts, the columns `face` and `voice` say who is seen and who is heard.
    """
    seen_and_heard = {} if target == "audio" else {"face": clips["source"], "voice": clips["voice"]}
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
            **{name: people.to_numpy() for name, people in seen_and_heard.items()},
        }
    )
