"""What training minimises: a batch's logits, labels, weights and groups -> one number.

forward: (clip,) logits, (clip,) is_fake, (clip,) weights of mean about 1, (clip,) group -> loss. Each loss is
a module, so that what it learns on the way (the weights of group DRO) is saved with the rest.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

LossName = Literal["bce", "focal", "group_dro", "daw_fdd", "dag_fdd"]
PER_CLIP_LOSSES = ("bce", "focal")  # their mean over processes is their mean over the batch
_FOCAL_POWER = 2.0  # gamma of Lin et al., arXiv 1708.02002
_GROUP_STEP = 0.01  # eta_q of Sagawa et al., arXiv 1911.08731
_TAIL_SHARE = 0.5  # alpha of arXiv 2306.16635: the mean of the worst half of the groups, or of the clips
_GROUP_TAIL_SHARE = 0.9  # alpha_j there: within a group all but the easiest tenth counts


class CrossEntropy(nn.Module):
    """The weighted mean of binary cross-entropies."""

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        return each(logits, is_fake, weights).mean()


class Focal(nn.Module):
    """Clips that are already right count less: (1 - p)^2 of their cross-entropy (arXiv 1708.02002)."""

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        right = torch.sigmoid(torch.where(is_fake > 0.5, logits, -logits))
        return ((1 - right) ** _FOCAL_POWER * each(logits, is_fake, weights)).mean()


class GroupDro(nn.Module):
    """Groups weighted by how badly they did so far (arXiv 1911.08731, algorithm 1, step 0.01).

    As there, a group is an attribute with a class: the fakes of one cell are a group of their own.
    """

    share: Tensor

    def __init__(self, num_groups: int) -> None:
        super().__init__()
        self.register_buffer("share", torch.full((2 * num_groups,), 1 / (2 * num_groups)))

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        losses = each(logits, is_fake, weights)
        group = 2 * group + is_fake.round().long()
        size = torch.zeros_like(self.share).index_add(0, group, torch.ones_like(losses))
        mean = torch.zeros_like(self.share).index_add(0, group, losses) / size.clamp(min=1)
        with torch.no_grad():
            grown = self.share * torch.exp(_GROUP_STEP * mean)
            self.share.copy_(grown / grown.sum())
        return (self.share * mean).sum()


class DawFdd(nn.Module):
    """The tail of the groups' losses, each the tail of its clips' losses (arXiv 2306.16635, DAW-FDD).

    The groups are those of the batch: give batches that hold several clips of each.
    """

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        losses = each(logits, is_fake, weights)
        there = torch.nonzero(torch.bincount(group)).flatten()
        of_groups = [tail_mean(losses[group == number], _GROUP_TAIL_SHARE) for number in there]
        return tail_mean(torch.stack(of_groups), _TAIL_SHARE)


class DagFdd(nn.Module):
    """The tail of all clips' losses, whatever their group (arXiv 2306.16635, DAG-FDD)."""

    def forward(self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor) -> Tensor:
        return tail_mean(each(logits, is_fake, weights), _TAIL_SHARE)


def build_loss(name: LossName, num_groups: int) -> nn.Module:
    """The loss of that name, for groups numbered from 0."""
    if name == "group_dro":
        return GroupDro(num_groups)
    return {"bce": CrossEntropy, "focal": Focal, "daw_fdd": DawFdd, "dag_fdd": DagFdd}[name]()


def each(logits: Tensor, is_fake: Tensor, weights: Tensor) -> Tensor:
    """(clip,) weighted cross-entropies; float32 whatever the network's precision."""
    return binary_cross_entropy_with_logits(logits.float(), is_fake, weights, reduction="none")


def tail_mean(losses: Tensor, share: float) -> Tensor:
    """Conditional value at risk: the mean of the largest `share` of the losses, the last one in part.

    min over l of l + sum(max(loss - l, 0)) / (share n) is reached at a loss (Rockafellar and Uryasev 2000),
    so sorting solves it.
    """
    most = share * len(losses)
    counts = (most - torch.arange(len(losses), device=losses.device)).clamp(0, 1)
    return (losses.sort(descending=True).values * counts).sum() / most
