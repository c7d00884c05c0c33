"""What a training reads: crops, their augmentation, the weight and the group of each clip."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from avdf.config.schema import TrainConfig
from avdf.data.dataset import RandomCrops
from avdf.training.augmentation import Augmentation
from avdf.training.clip_weights import clip_weights, group_numbers


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """`weights` (clip,) of mean 1 and `groups` (clip,) from 0 are those of the clips of `crops`.

    `augmentation` is applied to the features; that of the waveforms is part of `crops`. `workers`
    processes read the batches; 0 reads them in this one.
    """

    crops: RandomCrops
    augmentation: Augmentation
    weights: Tensor
    groups: Tensor
    num_groups: int
    workers: int = 0

    def on(self, device: torch.device) -> "TrainingData":
        """The same, with weights and groups on the device."""
        return replace(self, weights=self.weights.to(device), groups=self.groups.to(device))


def training_data(
    crops: RandomCrops, augmentation: Augmentation, config: TrainConfig, *, workers: int = 0
) -> TrainingData:
    """Adds weights by `config.balance` and groups to the crops. Raises UserError if a class is missing."""
    clips = crops.clips
    groups, names = group_numbers(clips.table)
    return TrainingData(
        crops=crops,
        augmentation=augmentation,
        weights=torch.from_numpy(clip_weights(clips.table, clips.is_fake, config.balance)),
        groups=torch.from_numpy(groups),
        num_groups=len(names),
        workers=workers,
    )
