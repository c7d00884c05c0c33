"""What a training reads: crops, single or in pairs, their augmentation, weights and groups of clips."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from avdf.config.training import TrainConfig
from avdf.data.dataset import RandomCrops
from avdf.data.pairs import PairedCrops
from avdf.training.augmentation import Augmentation
from avdf.training.clip_weights import clip_weights, group_numbers


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """`weights` (clip,) of mean 1 and `groups` (clip,) from 0 are those of the clips of `crops`.

    `augmentation` is applied to the features; that of the waveforms is part of `crops`. `workers`
    processes read the batches; 0 reads them in this one.
    """

    crops: RandomCrops | PairedCrops
    augmentation: Augmentation
    weights: Tensor
    groups: Tensor
    num_groups: int
    workers: int = 0

    def items_per_batch(self, batch_size: int) -> int:
        """How many items of `crops` a batch of at most `batch_size` clips holds, at least one."""
        return max(batch_size // self.crops.most_per_item, 1)

    def num_steps(self, batch_size: int) -> int:
        """The batches of an epoch."""
        return math.ceil(len(self.crops) / self.items_per_batch(batch_size))

    def on(self, device: torch.device) -> "TrainingData":
        """The same, with weights and groups on the device."""
        return replace(self, weights=self.weights.to(device), groups=self.groups.to(device))


def training_data(
    crops: RandomCrops | PairedCrops, augmentation: Augmentation, config: TrainConfig, *, workers: int = 0
) -> TrainingData:
    """Adds weights by `config.balance` and groups to the crops. Raises UserError if a class is missing."""
    clips = crops.clips
    groups, names = group_numbers(clips.table)
    return TrainingData(
        crops=crops,
        augmentation=augmentation,
        weights=torch.from_numpy(clip_weights(clips.table, clips.is_fake, config.balance, crops.exposure)),
        groups=torch.from_numpy(groups),
        num_groups=len(names),
        workers=workers,
    )
