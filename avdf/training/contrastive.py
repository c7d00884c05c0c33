"""Supervised contrastive loss beside the cross-entropy: clips of a class are near each other."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from avdf.training.cross_entropy import cross_entropies

_TEMPERATURE = 0.07  # tau of arXiv 2004.11362
_WEIGHT = 1.0  # of the contrastive part, as in X. Wang and J. Yamagishi, ICASSP 2023


class SupCon(nn.Module):
    """The weighted mean of the cross-entropies, plus the supervised contrastive loss of the vectors.

    The vectors are those of the encoders, before the classification head. A mixed label counts as the class
    that it is nearer to.
    """

    reads_vectors = True

    def forward(
        self, logits: Tensor, is_fake: Tensor, weights: Tensor, group: Tensor, vectors: Tensor
    ) -> Tensor:
        entropy = cross_entropies(logits, is_fake, weights).mean()
        return entropy + _WEIGHT * supervised_contrastive(vectors, is_fake.round(), _TEMPERATURE)


def supervised_contrastive(vectors: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """L_out of P. Khosla et al. (arXiv 2004.11362, equation 2): (clip, dim), (clip,) -> a scalar.

    With unit vectors z, for each clip i that has others P(i) of its class: the mean over p in P(i) of
    -log(exp(z_i z_p / t) / sum over all a but i of exp(z_i z_a / t)); the mean over such clips, 0 without
    any.
    """
    unit = normalize(vectors.float(), dim=1)
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    similarity = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)
    log_share = similarity - similarity.logsumexp(dim=1, keepdim=True)
    of_class = (labels[:, None] == labels[None, :]) & ~itself
    num_others = of_class.sum(dim=1)
    mean = log_share.masked_fill(~of_class, 0).sum(dim=1) / num_others.clamp(min=1)
    return -mean.sum() / (num_others > 0).sum().clamp(min=1)
