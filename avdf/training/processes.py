"""What the processes of one training share: its batches, its batch statistics, its end."""

import logging

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import nn

from avdf.config.schema import TrainConfig
from avdf.detector import Detector
from avdf.errors import ConfigError

_LOG = logging.getLogger(__name__)
_BATCH_NORM = nn.modules.batchnorm._BatchNorm  # the parent of those in 1, 2 and 3 dimensions


def check_shares(smallest_batch: int, num_processes: int) -> None:
    """Raises ConfigError where a batch is too small to be shared out among the processes."""
    if smallest_batch < num_processes:
        raise ConfigError(
            f"train.batch_size: a batch of {smallest_batch} leaves some of {num_processes} processes without "
            "a clip; give a larger one, or start fewer processes"
        )


def asked_of_any(accelerator: Accelerator, asked: bool) -> bool:
    """Whether any process was asked to stop, so that all stop at the same step."""
    if accelerator.num_processes == 1:
        return asked
    return bool(accelerator.reduce(torch.tensor(float(asked), device=accelerator.device), "sum") > 0)


def share_buffers(detector: Detector, accelerator: Accelerator) -> None:
    """Gives all processes the first one's batch statistics: it is the one that saves the detector."""
    if accelerator.num_processes > 1:
        for buffer in detector.buffers():
            broadcast(buffer)


def wrapped(detector: Detector, config: TrainConfig, accelerator: Accelerator) -> nn.Module:
    """The detector ready for many processes and, if asked for, compiled; its weights stay its own."""
    if accelerator.num_processes > 1 and any(isinstance(part, _BATCH_NORM) for part in detector.modules()):
        if accelerator.device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(detector)  # type: ignore[no-untyped-call]
        else:
            _LOG.warning(
                "batch norm on a CPU sees a process's share of a batch alone: not the scores of one process"
            )
    if config.compile:
        detector.compile()
    return detector
