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
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from avdf.config.training import TrainConfig
from avdf.data.batches import read_batches
from avdf.data.on_device import tensors_on_device
from avdf.detector import Detector
from avdf.training.data import TrainingData
from avdf.training.heads import head_loss
from avdf.training.processes import Prepared
from avdf.training.sharpness import at_the_sharpest
from avdf.training.state import TrainState


@dataclass(frozen=True)
class Plan:
    """Which items each step of the training reads in this process, from `progress` to the last epoch.

    An item counts on over the epochs (RandomCrops). Iterating gives lists of items, step by step.
    """

    num_items: int  # per epoch
    items_per_batch: int
    seed: int
    start: tuple[int, int]  # epoch and step
    end_epoch: int  # the first one that is not read
    rank: int = 0
    num_processes: int = 1

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches():
            yield np.array_split(batch, self.num_processes)[self.rank].tolist()

    def batches(self) -> Iterator[NDArray[np.int64]]:
        """The items of each step, those of all processes together."""
        first_epoch, first_step = self.start
        for epoch in range(first_epoch, self.end_epoch):
            batches = epoch_batches(self.num_items, self.items_per_batch, self.seed, epoch)
            for batch in batches[first_step if epoch == first_epoch else 0 :]:
                yield batch + epoch * self.num_items


def planned_batches(
    prepared: Prepared, data: TrainingData, config: TrainConfig, *, start: tuple[int, int], end_epoch: int
) -> Generator[tuple[dict[str, Any], int], None, None]:
    """Batches of the steps from `start` (epoch, step) on, as far as this process takes them, each with the
    number of clips of the whole batch.

    Workers read ahead over the end of an epoch, while its validation runs. All draws depend only on (seed,
    epoch, step or clip), so a training can be interrupted after any step and continued with the same result.
    Processes share the items of a batch, so that a group of clips is never divided.
    """
    accelerator, crops = prepared.accelerator, data.crops
    per_batch = data.items_per_batch(config.batch_size)
    plan = Plan(
        len(crops),
        per_batch,
        crops.seed,
        start,
        end_epoch,
        accelerator.process_index,
        accelerator.num_processes,
    )
    largest = math.ceil(min(per_batch, len(crops)) / accelerator.num_processes) * crops.most_per_item
    with closing(
        read_batches(crops, plan, data.workers, largest=largest, pin_memory=accelerator.device.type == "cuda")
    ) as batches:
        yield from zip(batches, map(crops.num_clips, plan.batches()), strict=False)


def take_steps(
    prepared: Prepared,
    state: TrainState,
    data: TrainingData,
    config: TrainConfig,
    batches: Iterator[tuple[dict[str, Any], int]],
) -> Iterator[int]:
    """Takes the remaining steps of the epoch, and yields after each how many of the epoch are taken."""
    num_steps = data.num_steps(config.batch_size)
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
    batch = batch_inputs(state.detector, data, share, accelerator.device)
    seed = _seed_of(data.crops.seed, progress.epoch, progress.step, accelerator.process_index)

    def pass_back() -> Tensor:
        """The loss of the batch, its gradient added to the weights."""
        torch.manual_seed(seed)  # of dropout
        mean = _mean_loss(prepared, state, data, batch)
        # Gradients are averaged over processes, whose shares of a batch may differ by a clip.
        loss = mean * (len(batch.index) * accelerator.num_processes / batch_size)
        accelerator.backward(loss)
        detached: Tensor = loss.detach()
        return detached

    loss = pass_back()
    if config.sam_rho is not None:
        with at_the_sharpest(prepared.network, config.sam_rho):
            pass_back()
    if state.scaler:
        state.scaler.unscale_(state.optimizer)
    norm = clip_grad_norm_(prepared.network.parameters(), config.max_grad_norm)
    state.update(accelerator.reduce(loss, "mean"), norm, share["clip"])
    state.optimizer.zero_grad()


@dataclass(frozen=True)
class BatchInputs:
    """Inputs of the encoders, (clip,) labels from 0 to 1 and (clip,) indices of the clips, on the device."""

    inputs: dict[str, Tensor]
    is_fake: Tensor
    index: Tensor


def batch_inputs(
    detector: Detector, data: TrainingData, share: dict[str, Any], device: torch.device
) -> BatchInputs:
    """A collated batch on the device, its features extracted and augmented."""
    tensors = tensors_on_device(share, device)
    inputs, is_fake = detector.extract(tensors), tensors["is_fake"]
    if "drawn" in share:
        inputs, is_fake = data.augmentation.augment_features(inputs, is_fake, share["drawn"].of_clips)
    return BatchInputs(inputs, is_fake, tensors["index"])


def _mean_loss(prepared: Prepared, state: TrainState, data: TrainingData, batch: BatchInputs) -> Tensor:
    reads_vectors = getattr(state.loss, "reads_vectors", False)
    weights, groups = data.weights[batch.index], data.groups[batch.index]
    if state.detector.learns_from_real:
        with prepared.accelerator.autocast():
            losses: Tensor = prepared.network(batch.inputs, with_losses=True)
        return losses.mean()
    if data.heads:
        with prepared.accelerator.autocast():
            logits, of_heads = prepared.network(batch.inputs, with_heads=True)
        joint: Tensor = state.loss(logits, batch.is_fake, weights, groups)
        return joint + head_loss(of_heads, data.heads, batch.inputs, batch.index)
    with prepared.accelerator.autocast():
        seen = (
            prepared.network(batch.inputs, with_vectors=True)
            if reads_vectors
            else (prepared.network(batch.inputs),)
        )
    logits, *vectors = seen
    loss: Tensor = state.loss(logits, batch.is_fake, weights, groups, *vectors)
    return loss


def epoch_batches(num_items: int, batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """The shuffled items of an epoch in batches whose sizes differ by at most one."""
    order = np.random.default_rng([seed, epoch]).permutation(num_items)
    return np.array_split(order, math.ceil(num_items / batch_size))


def _seed_of(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
