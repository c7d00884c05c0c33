"""What the processes of one training share: batches, batch statistics, and a request to stop."""

import logging
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import nn
from torch.optim import Optimizer

from avdf.config.schema import TrainConfig
from avdf.detector import Detector
from avdf.errors import ConfigError
from avdf.training.state import TrainState

_LOG = logging.getLogger(__name__)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True)
class Prepared:
    """What Accelerate has wrapped: the detector (its forward, from inputs to logits) and the optimizer."""

    network: nn.Module
    optimizer: Optimizer
    accelerator: Accelerator


def prepare(state: TrainState, config: TrainConfig, accelerator: Accelerator) -> Prepared:
    """Wraps detector and optimizer for precision and many processes; compiles the network if asked to.

    The state keeps the bare ones, whose weights are those of the wrapped ones. In mixed precision it
    takes over the loss scaler of Accelerate.
    """
    detector = state.detector
    has_batch_norm = any(isinstance(module, _BATCH_NORMS) for module in detector.modules())
    if accelerator.num_processes > 1 and has_batch_norm:
        if accelerator.device.type == "cuda":
            convert: Any = nn.SyncBatchNorm.convert_sync_batchnorm  # untyped
            convert(detector)
        else:
            _LOG.warning(
                "batch norm on CPUs sees only the clips of its own process: the scores differ from those of "
                "one process"
            )
    if config.compile:
        detector.compile()
    network, optimizer = accelerator.prepare(detector, state.optimizer)
    state.scaler = accelerator.scaler
    return Prepared(network, optimizer, accelerator)


def check_shares(smallest_batch: int, num_processes: int) -> None:
    """Raises ConfigError if a batch has fewer clips than there are processes."""
    if smallest_batch < num_processes:
        raise ConfigError(
            f"train.batch_size: a batch of {smallest_batch} leaves some of {num_processes} processes without "
            "a clip; give a larger one, or start fewer processes"
        )


def any_process_interrupted(accelerator: Accelerator, requested: bool) -> bool:
    """Whether any process was asked to stop, so that all stop at the same step."""
    if accelerator.num_processes == 1:
        return requested
    return bool(accelerator.reduce(torch.tensor(float(requested), device=accelerator.device), "sum") > 0)


def share_buffers(detector: Detector, accelerator: Accelerator) -> None:
    """Gives all processes the batch statistics of the first, which saves the detector."""
    if accelerator.num_processes > 1:
        for buffer in detector.buffers():
            broadcast(buffer)
