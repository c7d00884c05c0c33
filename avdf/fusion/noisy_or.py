"""Fake in one modality is enough: the probabilities of the modalities joined by a noisy-or (Pearl 1988)."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from avdf.config.bounds import check_share
from avdf.fusion import FUSIONS
from avdf.fusion._logits import logits_of, presence

_LOWEST = 1e-30  # of -log(1 - p): a logit of -69, beyond which there is no gradient


@dataclass(frozen=True, kw_only=True)
class NoisyOrConfig:
    dropout: float = 0.2  # of each modality's vector

    def __post_init__(self) -> None:
        check_share(self, "dropout")


@FUSIONS.register("noisy_or", NoisyOrConfig)
class NoisyOr(nn.Module):
    """`dims`: the length of each modality's vector; a linear layer for each.

    Each gives the probability p that its modality is fake, and the clip is fake with 1 - prod(1 - p) (Pearl,
    Probabilistic Reasoning in Intelligent Systems, section 4.3.2). A modality that looks real then adds
    little to a clip whose other one looks fake, whatever its logit: a mean of logits adds its whole spread.
    Made for `data.target: any`. No modality has to be taken away in training: each is a call by itself.
    """

    def __init__(self, config: NoisyOrConfig, dims: Mapping[str, int]) -> None:
        super().__init__()
        self.linears = nn.ModuleDict({name: nn.Linear(dims[name], 1) for name in sorted(dims)})
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """{modality: (clip, dim)}, {modality: (clip,) bool} -> (clip,) logits; 0 for a clip that has none

        A modality that is left out of `vectors` is missing for all clips.
        """
        has = presence(self.linears, vectors, present)
        logits = logits_of(self.linears, self.dropout, vectors)
        # -log(1 - p) of each is softplus of its logit; their sum is that of the clip
        total = (softplus(logits.float()) * has).sum(dim=0).clamp(min=_LOWEST)
        joined: Tensor = total + torch.log(-torch.expm1(-total))
        return torch.where(has.any(dim=0), joined, 0.0)
