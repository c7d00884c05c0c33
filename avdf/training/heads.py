"""A head per modality: one told whether the sound is fake, one told whether the picture is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from avdf.data.clips import is_fake
from avdf.training.clip_weights import BalanceName, clip_weights
from avdf.training.cross_entropy import cross_entropies


@dataclass(frozen=True)
class HeadLabels:
    """(clip,) what a head is to tell, 0 or 1, and (clip,) weights of mean 1 that balance both."""

    is_fake: Tensor
    weights: Tensor

    def on(self, device: torch.device) -> "HeadLabels":
        """The same on the device."""
        return replace(self, is_fake=self.is_fake.to(device), weights=self.weights.to(device))


def head_labels(
    table: pd.DataFrame, modalities: Sequence[str], balance: BalanceName, exposure: NDArray[np.float64]
) -> dict[str, HeadLabels]:
    """The labels of each head for the clips of a table. Raises UserError if a class is missing."""
    labels = {}
    for modality in modalities:
        is_modality_fake = is_fake(table, "audio" if modality == "audio" else "video")
        weights = clip_weights(table, is_modality_fake, balance, exposure)
        labels[modality] = HeadLabels(torch.from_numpy(is_modality_fake).float(), torch.from_numpy(weights))
    return labels


def head_loss(
    logits: Mapping[str, Tensor],
    labels: Mapping[str, HeadLabels],
    inputs: Mapping[str, Tensor],
    index: Tensor,
) -> Tensor:
    """The sum over the heads of the mean cross-entropy of the clips of a batch that have the modality."""
    total = torch.zeros((), device=index.device)
    for modality, of_head in logits.items():
        known = labels[modality]
        losses = cross_entropies(of_head, known.is_fake[index], known.weights[index])
        present = inputs.get(f"has_{modality}", torch.ones_like(losses, dtype=torch.bool))
        total = total + (losses * present).sum() / len(losses)
    return total
