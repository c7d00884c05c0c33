"""What a training reads: crops, single or in pairs, their augmentation, weights and groups of clips."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from avdf.config.training import TrainConfig
from avdf.data.pairs import PairedCrops
from avdf.data.random_crops import RandomCrops
from avdf.training.augmentation import Augmentation
from avdf.training.clip_weights import clip_weights, group_numbers
from avdf.training.heads import HeadLabels, head_labels


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """`weights` (clip,) of mean 1 and `groups` (clip,) from 0 are those of the clips of `crops`.

    `augmentation` is applied to the features; that of the waveforms is part of `crops`. `workers`
    processes read the batches; 0 reads them in this one. `heads`: the labels of the head of each modality.
    """

    crops: RandomCrops | PairedCrops
    augmentation: Augmentation
    weights: Tensor
    groups: Tensor
    num_groups: int
    workers: int = 0
    heads: Mapping[str, HeadLabels] = field(default_factory=dict)

    def items_per_batch(self, batch_size: int) -> int:
        """How many items of `crops` a batch of at most `batch_size` clips holds, at least one."""
        return max(batch_size // self.crops.most_per_item, 1)

    def num_steps(self, batch_size: int) -> int:
        """The batches of an epoch."""
        return math.ceil(len(self.crops) / self.items_per_batch(batch_size))

    def on(self, device: torch.device) -> "TrainingData":
        """The same, with weights, groups and labels of heads on the device."""
        heads = {name: labels.on(device) for name, labels in self.heads.items()}
        return replace(self, weights=self.weights.to(device), groups=self.groups.to(device), heads=heads)


def training_data(
    crops: RandomCrops | PairedCrops,
    augmentation: Augmentation,
    config: TrainConfig,
    *,
    workers: int = 0,
    heads: Sequence[str] = (),
    needs_both: bool = True,
) -> TrainingData:
    """Adds weights by `config.balance` and groups to the crops, and labels for the heads of modalities.

    Raises UserError if a class is missing, where the training needs both: without, all weights are 1.
    """
    clips = crops.clips
    groups, names = group_numbers(clips.table)
    balance = config.balance if needs_both else None
    return TrainingData(
        crops=crops,
        augmentation=augmentation,
        weights=torch.ones(len(clips))
        if balance is None
        else torch.from_numpy(clip_weights(clips.table, clips.is_fake, balance, crops.exposure)),
        groups=torch.from_numpy(groups),
        num_groups=len(names),
        workers=workers,
        heads=head_labels(clips.table, heads, config.balance, crops.exposure),
    )
