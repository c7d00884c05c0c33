"""The steps of one epoch: read a batch, extract inputs, augment them, predict, take the gradient step."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avdf.config.schema import TrainConfig
from avdf.data.batches import read_batches
from avdf.data.dataset import CropKey
from avdf.errors import UserError
from avdf.training.data import TrainingData
from avdf.training.processes import Prepared
from avdf.training.state import TrainState


def train_steps(
    prepared: Prepared, state: TrainState, data: TrainingData, config: TrainConfig
) -> Iterator[float]:
    """Takes the remaining steps of the epoch, notes each in the progress, and yields its loss.

    All draws depend only on (seed, epoch, step or clip), so an epoch can be interrupted after any step
    and continued later with the same result.
    """
    crops, progress = data.crops, state.progress
    crops.epoch = progress.epoch
    batches = epoch_batches(len(crops), config.batch_size, crops.seed, progress.epoch)[progress.step :]
    rank, num_processes = prepared.accelerator.process_index, prepared.accelerator.num_processes
    shares = [np.array_split(batch, num_processes)[rank].tolist() for batch in batches]
    prepared.network.train()
    for share, batch in zip(read_batches(crops, shares, data.workers), batches, strict=True):
        loss = take_step(prepared, state, data, config, share, batch_size=len(batch))
        progress.end_step(loss)
        yield loss


def take_step(
    prepared: Prepared,
    state: TrainState,
    data: TrainingData,
    config: TrainConfig,
    share: dict[str, Any],
    *,
    batch_size: int,
) -> float:
    """One gradient step; returns the loss of the batch over all processes.

    `share` holds the clips of the batch that this process takes, `batch_size` counts those of all.
    Raises UserError if the loss or its gradient is NaN or infinite.
    """
    accelerator = prepared.accelerator
    seed, epoch, step = data.crops.seed, state.progress.epoch, state.progress.step
    torch.manual_seed(_seed_of(seed, epoch, step, accelerator.process_index))  # of dropout
    keys = [CropKey(seed, epoch, clip, crop) for clip, crop in zip(share["clip"], share["crop"], strict=True)]
    index, device = share["index"], accelerator.device
    tensors = _on_device(share, device)
    inputs = state.detector.extract(tensors)
    inputs, is_fake = data.augmentation.augment_features(inputs, tensors["is_fake"], keys)
    with accelerator.autocast():
        logits = prepared.network(inputs)
    mean = state.loss(logits, is_fake, data.weights[index].to(device), data.groups[index].to(device))
    # Gradients are averaged over processes, whose shares of a batch may differ by a clip.
    loss = mean * (len(keys) * accelerator.num_processes / batch_size)
    accelerator.backward(loss)
    value = float(accelerator.reduce(loss.detach(), "mean"))
    norm = accelerator.clip_grad_norm_(prepared.network.parameters(), config.max_grad_norm)
    overflows = not math.isfinite(float(norm))
    if not math.isfinite(value) or (overflows and config.precision != "fp16"):
        raise UserError(_not_finite(epoch, step, share["clip"]))
    prepared.optimizer.step()
    if not overflows:  # in fp16 such a step is skipped, and the scale of the loss is lowered
        state.schedule.step()
    prepared.optimizer.zero_grad()
    return value


def epoch_batches(num_items: int, batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """The shuffled items of an epoch in batches whose sizes differ by at most one."""
    order = np.random.default_rng([seed, epoch]).permutation(num_items)
    return np.array_split(order, math.ceil(num_items / batch_size))


def _seed_of(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _on_device(batch: Mapping[str, Any], device: torch.device) -> dict[str, Tensor]:
    """The tensors of a batch on the device; lists are left out."""
    return {
        key: value.to(device, non_blocking=True) for key, value in batch.items() if isinstance(value, Tensor)
    }


def _not_finite(epoch: int, step: int, clips: list[str]) -> str:
    names = ", ".join(clips[:8]) + (f" and {len(clips) - 8} more" if len(clips) > 8 else "")
    return (
        f"train: the loss or its gradient is NaN or infinite at epoch {epoch + 1}, step {step + 1}, "
        f"on the clips {names}; lower train.learning_rate, or set train.precision=no"
    )
