"""Which modalities of a clip a classification head may use in training: some clips lose one."""

import torch
from torch import Tensor


def kept(present: Tensor, share: float, *, training: bool) -> Tensor:
    """(modality, clip) bool -> the same, less one modality of that share of the clips in training.

    A clip keeps its last modality. Which one it loses is drawn for each clip.
    """
    if not training or share == 0 or len(present) < 2:
        return present
    draws = torch.rand(present.shape, device=present.device).masked_fill(~present, -1.0)
    drawn_last = torch.zeros_like(present).scatter(0, draws.argmax(dim=0, keepdim=True), True)
    loses = (torch.rand(present.shape[1], device=present.device) < share) & (present.sum(dim=0) > 1)
    return present & ~(drawn_last & loses)
