"""Weighs the modalities of each clip by a gate that sees all of them (Arevalo et al., arXiv 1702.01992)."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_share, check_within
from avdf.fusion import FUSIONS
from avdf.fusion._dropping import kept


@dataclass(frozen=True, kw_only=True)
class GatedConfig:
    dim: int = 64  # to which each modality's vector is mapped, 1 to 4096
    dropout: float = 0.2  # of the weighted sum
    drop_modality: float = 0.0  # share of clips that lose one of several modalities in training

    def __post_init__(self) -> None:
        check_within(self, "dim", lowest=1, highest=4096)
        check_share(self, "dropout", "drop_modality")


@FUSIONS.register("gated", GatedConfig)
class Gated(nn.Module):
    """`dims`: the length of each modality's vector.

    Each is mapped to tanh(W v); the logit is linear in their sum, weighted by a softmax over the modalities
    that a clip has. A modality that is missing has weight 0.
    """

    def __init__(self, config: GatedConfig, dims: Mapping[str, int]) -> None:
        super().__init__()
        self.config = config
        self.dims = {name: dims[name] for name in sorted(dims)}
        self.maps = nn.ModuleDict({name: nn.Linear(dim, config.dim) for name, dim in self.dims.items()})
        self.gate = nn.Linear(sum(self.dims.values()), len(self.dims))
        self.dropout = nn.Dropout(config.dropout)
        self.linear = nn.Linear(config.dim, 1)

    def forward(self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """{modality: (clip, dim)}, {modality: (clip,) bool} -> (clip,) logits

        A modality that is left out of `vectors` is missing for all clips.
        """
        heights, filled = self.heights(vectors, present)
        weights = heights.softmax(dim=0)
        mapped = torch.stack([torch.tanh(self.maps[name](filled[name])) for name in self.dims])
        logit: Tensor = self.linear(self.dropout((weights.unsqueeze(2) * mapped).sum(dim=0)))
        return logit.squeeze(1)

    def heights(
        self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """(modality, clip) of which a softmax gives the weights, and the vectors with zeros where missing."""
        some = next(iter(vectors.values()))
        nobody = torch.zeros(some.shape[0], dtype=torch.bool, device=some.device)
        has = torch.stack([present[name] if name in vectors else nobody for name in self.dims])
        has = kept(has, self.config.drop_modality, training=self.training)
        filled = {
            name: vectors[name] * has[number].unsqueeze(1)
            if name in vectors
            else some.new_zeros(some.shape[0], dim)
            for number, (name, dim) in enumerate(self.dims.items())
        }
        heights = self.gate(torch.cat(list(filled.values()), dim=1)).float().T
        # the lowest number instead of minus infinity: a clip that has nothing gets equal weights, not NaN
        return heights.masked_fill(~has, torch.finfo(torch.float32).min), filled

    def weight_of(self, modality: str) -> nn.Module:
        """A head that gives the weight of a modality as a logit; both share their weights."""
        return _Weight(self, modality)


class _Weight(nn.Module):
    def __init__(self, gated: Gated, modality: str) -> None:
        super().__init__()
        self.gated = gated
        self.number = list(gated.dims).index(modality)

    def forward(self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """{modality: (clip, dim)}, {modality: (clip,) bool} -> (clip,) logit(weight), within +-16"""
        heights, _ = self.gated.heights(vectors, present)
        weight = heights.softmax(dim=0)[self.number]
        return torch.logit(weight, eps=torch.finfo(torch.float32).eps)
