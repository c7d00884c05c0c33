"""The steps of a training: read batches, extract inputs, augment them, predict, take the gradient step."""

import math
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils import clip_grad_norm_

from avdf.config.schema import TrainConfig
from avdf.data.batches import read_batches
from avdf.data.on_device import tensors_on_device
from avdf.training.data import TrainingData
from avdf.training.processes import Prepared
from avdf.training.state import Progress, TrainState


@dataclass(frozen=True)
class Plan:
    """Which items each step of the training reads in this process, from `progress` to the last epoch.

    An item counts on over the epochs (RandomCrops). Iterating gives lists of items, step by step.
    """

    num_items: int  # per epoch
    config: TrainConfig
    seed: int
    start: tuple[int, int]  # epoch and step
    rank: int = 0
    num_processes: int = 1

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches():
            yield np.array_split(batch, self.num_processes)[self.rank].tolist()

    def batches(self) -> Iterator[NDArray[np.int64]]:
        """The items of each step, those of all processes together."""
        first_epoch, first_step = self.start
        for epoch in range(first_epoch, self.config.epochs):
            batches = epoch_batches(self.num_items, self.config.batch_size, self.seed, epoch)
            for batch in batches[first_step if epoch == first_epoch else 0 :]:
                yield batch + epoch * self.num_items


def planned_batches(
    prepared: Prepared, progress: Progress, data: TrainingData, config: TrainConfig
) -> Generator[tuple[dict[str, Any], int], None, None]:
    """Batches of the remaining steps, as far as this process takes them, each with the size of the whole.

    Workers read ahead over the end of an epoch, while its validation runs. All draws depend only on (seed,
    epoch, step or clip), so a training can be interrupted after any step and continued with the same result.
    """
    accelerator, crops = prepared.accelerator, data.crops
    plan = Plan(
        len(crops),
        config,
        crops.seed,
        (progress.epoch, progress.step),
        accelerator.process_index,
        accelerator.num_processes,
    )
    largest = math.ceil(min(config.batch_size, len(crops)) / accelerator.num_processes)
    with closing(
        read_batches(crops, plan, data.workers, largest=largest, pin_memory=accelerator.device.type == "cuda")
    ) as batches:
        yield from zip(batches, map(len, plan.batches()), strict=False)


def take_steps(
    prepared: Prepared,
    state: TrainState,
    data: TrainingData,
    config: TrainConfig,
    batches: Iterator[tuple[dict[str, Any], int]],
) -> Iterator[int]:
    """Takes the remaining steps of the epoch, and yields after each how many of the epoch are taken."""
    num_steps = math.ceil(len(data.crops) / config.batch_size)
    prepared.network.train()
    for share, batch_size in islice(batches, num_steps - state.progress.step):
        take_step(prepared, state, data, config, share, batch_size=batch_size)
        yield state.progress.step


def take_step(
    prepared: Prepared,
    state: TrainState,
    data: TrainingData,
    config: TrainConfig,
    share: dict[str, Any],
    *,
    batch_size: int,
) -> None:
    """One gradient step, for which the host does not wait: TrainState.read_steps has its loss.

    `share` holds the clips of the batch that this process takes, `batch_size` counts those of all.
    """
    accelerator, progress = prepared.accelerator, state.progress
    # of dropout
    torch.manual_seed(_seed_of(data.crops.seed, progress.epoch, progress.step, accelerator.process_index))
    tensors = tensors_on_device(share, accelerator.device)
    inputs, is_fake, index = state.detector.extract(tensors), tensors["is_fake"], tensors["index"]
    if "drawn" in share:
        inputs, is_fake = data.augmentation.augment_features(inputs, is_fake, share["drawn"].of_clips)
    with accelerator.autocast():
        logits = prepared.network(inputs)
    mean = state.loss(logits, is_fake, data.weights[index], data.groups[index])
    # Gradients are averaged over processes, whose shares of a batch may differ by a clip.
    loss = mean * (len(index) * accelerator.num_processes / batch_size)
    accelerator.backward(loss)
    if state.scaler:
        state.scaler.unscale_(state.optimizer)
    norm = clip_grad_norm_(prepared.network.parameters(), config.max_grad_norm)
    state.update(accelerator.reduce(loss.detach(), "mean"), norm, share["clip"])
    state.optimizer.zero_grad()


def epoch_batches(num_items: int, batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """The shuffled items of an epoch in batches whose sizes differ by at most one."""
    order = np.random.default_rng([seed, epoch]).permutation(num_items)
    return np.array_split(order, math.ceil(num_items / batch_size))


def _seed_of(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
