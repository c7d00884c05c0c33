"""What the processes of one training share: batches, batch statistics, and a request to stop."""

import logging
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import nn

from avdf.config.training import TrainConfig
from avdf.detector import Detector
from avdf.errors import ConfigError
from avdf.training.checks import STEPS_PER_CHECK
from avdf.training.state import TrainState

_LOG = logging.getLogger(__name__)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True)
class Prepared:
    """The detector as Accelerate has wrapped it: its forward, from inputs to logits."""

    network: nn.Module
    accelerator: Accelerator


def prepare(state: TrainState, config: TrainConfig, accelerator: Accelerator) -> Prepared:
    """Wraps the detector for precision and many processes; compiles the network if asked to.

    The state keeps the bare one, whose weights are those of the wrapped one. In fp16 it takes over the
    loss scaler of Accelerate.
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
    # Without device_placement Accelerate imports torch.distributed.tensor: half a second.
    network = accelerator.prepare_model(detector, device_placement=True)
    state.scaler = accelerator.scaler
    return Prepared(network, accelerator)


def restore_precision(prepared: Prepared) -> None:
    """Undoes the mixed precision of `prepare`: scoring runs in float32 whatever train.precision is."""
    if prepared.accelerator.native_amp:
        prepared.accelerator.unwrap_model(prepared.network, keep_fp32_wrapper=False)


def check_shares(smallest_batch: int, num_processes: int) -> None:
    """Raises ConfigError if a batch has fewer clips than there are processes."""
    if smallest_batch < num_processes:
        raise ConfigError(
            f"train.batch_size: a batch of {smallest_batch} leaves some of {num_processes} processes without "
            "a clip; give a larger one, or start fewer processes"
        )


def any_process_interrupted(accelerator: Accelerator, requested: bool, step: int = 0) -> bool:
    """Whether any process was asked to stop, so that all stop at the same step.

    Several GPUs are asked before every STEPS_PER_CHECK-th step alone, since that waits for them.
    """
    if accelerator.num_processes == 1:
        return requested
    if accelerator.device.type != "cpu" and step % STEPS_PER_CHECK:
        return False
    return bool(accelerator.reduce(torch.tensor(float(requested), device=accelerator.device), "sum") > 0)


def share_buffers(detector: Detector, accelerator: Accelerator) -> None:
    """Gives all processes the batch statistics of the first, which saves the detector."""
    if accelerator.num_processes > 1:
        for buffer in detector.buffers():
            broadcast(buffer)
