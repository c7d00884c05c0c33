"""Losses: logits, labels, weights and groups of a batch -> a scalar.

forward: (clip,) logits, (clip,) is_fake from 0 to 1, (clip,) weights of mean about 1, (clip,) group -> loss.
A loss that `reads_vectors` is also given (clip, dim) those of the encoders.
Each loss is a module, so that its state (the group weights of group DRO) is saved with the training.
"""

import torch
from torch import Tensor, nn

from avdf.config.training import LossName
from avdf.training.contrastive import SupCon
from avdf.training.cross_entropy import CrossEntropy, Focal, OcSoftmax, cross_entropies

PER_CLIP_LOSSES = ("bce", "focal", "oc_softmax")  # means over clips: that over processes is that of the batch
_GROUP_STEP = 0.01  # eta_q of Sagawa et al., arXiv 1911.08731
_TAIL_SHARE = 0.5  # alpha of arXiv 2306.16635: the worst half of the groups, or of the clips
_GROUP_TAIL_SHARE = 0.9  # alpha_j there: the worst 90 % of the clips of a group


class GroupDro(nn.Module):
    """Groups weighted by their losses so far (Sagawa et al., arXiv 1911.08731, algorithm 1, step 0.01).

    As there, a group is an attribute with a class: the fakes of a cell are one group, its real clips another.
    """

    share: Tensor

    def __init__(self, num_groups: int) -> None:
        super().__init__()
        self.register_buffer("share", torch.full((2 * num_groups,), 1 / (2 * num_groups)))

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        losses = cross_entropies(logits, is_fake, weights)
        group = 2 * group + is_fake.round().long()
        size = torch.zeros_like(self.share).index_add(0, group, torch.ones_like(losses))
        mean = torch.zeros_like(self.share).index_add(0, group, losses) / size.clamp(min=1)
        with torch.no_grad():
            share = self.share * torch.exp(_GROUP_STEP * mean)
            self.share.copy_(share / share.sum())
        return (self.share * mean).sum()


class DawFdd(nn.Module):
    """Tail mean over groups of the tail mean over the clips of each (arXiv 2306.16635, DAW-FDD).

    Only the groups in the batch count: use batches that hold several clips of each group.
    """

    def __init__(self, num_groups: int) -> None:
        super().__init__()
        self.num_groups = num_groups

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        losses = cross_entropies(logits, is_fake, weights)
        is_in_group = group == torch.arange(self.num_groups, device=group.device)[:, None]
        group_losses = masked_tail_mean(losses.expand(self.num_groups, -1), is_in_group, _GROUP_TAIL_SHARE)
        return masked_tail_mean(group_losses, is_in_group.any(dim=1), _TAIL_SHARE)


class DagFdd(nn.Module):
    """Tail mean over all clips, without groups (arXiv 2306.16635, DAG-FDD)."""

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        return tail_mean(cross_entropies(logits, is_fake, weights), _TAIL_SHARE)


def build_loss(name: LossName, num_groups: int) -> nn.Module:
    """The loss of that name, for `num_groups` groups numbered from 0."""
    if name == "group_dro":
        return GroupDro(num_groups)
    if name == "daw_fdd":
        return DawFdd(num_groups)
    losses = {
        "bce": CrossEntropy,
        "focal": Focal,
        "dag_fdd": DagFdd,
        "supcon": SupCon,
        "oc_softmax": OcSoftmax,
    }
    return losses[name]()


def tail_mean(losses: Tensor, share: float) -> Tensor:
    """Conditional value at risk: the mean of the largest `share` of the losses, the last one counted in part.

    The minimum over l of l + sum(max(loss - l, 0)) / (share n) is reached at one of the losses
    (Rockafellar and Uryasev 2000), so that sorting finds it.

    >>> float(tail_mean(torch.tensor([1.0, 4.0, 2.0, 3.0]), share=0.5))
    3.5
    """
    num_counted = share * len(losses)
    counts = (num_counted - torch.arange(len(losses), device=losses.device)).clamp(0, 1)
    return (losses.sort(descending=True).values * counts).sum() / num_counted


def masked_tail_mean(losses: Tensor, mask: Tensor, share: float) -> Tensor:
    """`tail_mean` over the last dimension of those losses for which `mask` holds; 0 where it never does.

    Picking them out (`losses[mask]`) would wait for the device, since the result's size depends on the mask.

    >>> masked_tail_mean(torch.tensor([[9.0, 1.0, 3.0]]), torch.tensor([[False, True, True]]), share=0.5)
    tensor([3.])
    """
    num_counted = share * mask.sum(dim=-1, keepdim=True)
    counts = (num_counted - torch.arange(losses.shape[-1], device=losses.device)).clamp(0, 1)
    largest_first = losses.masked_fill(~mask, -torch.inf).sort(descending=True).values
    total = (largest_first.masked_fill(counts == 0, 0) * counts).sum(dim=-1)
    return total / num_counted.squeeze(-1).clamp(min=share)
