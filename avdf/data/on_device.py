"""Tensors on their way to a GPU: from pinned memory, so that the copy runs while the host goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Drawn:
    """What was drawn for each clip of a batch; a class, in which PyTorch does not look for tensors to pin."""

    of_clips: list[Any]


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on the device; the host does not wait for the copy.

    From other memory than pinned one CUDA may copy only after all work that it was given.
    """
    if device.type == "cuda" and tensor.device.type == "cpu" and not tensor.is_pinned():
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def tensors_on_device(batch: Mapping[str, Any], device: torch.device) -> dict[str, Tensor]:
    """The tensors of a batch on the device; its other values are left out."""
    return {key: to_device(value, device) for key, value in batch.items() if isinstance(value, Tensor)}
