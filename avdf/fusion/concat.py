"""Concatenates the vectors of all modalities, a learned one for each that is missing; one linear layer."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_share
from avdf.fusion import FUSIONS


@dataclass(frozen=True, kw_only=True)
class ConcatConfig:
    dropout: float = 0.2  # of the concatenated vector
    drop_modality: float = 0.0  # share of clips that lose a modality in training; only with several

    def __post_init__(self) -> None:
        check_share(self, "dropout", "drop_modality")


@FUSIONS.register("concat", ConcatConfig)
class Concat(nn.Module):
    """`dims`: the length of each modality's vector."""

    def __init__(self, config: ConcatConfig, dims: Mapping[str, int]) -> None:
        super().__init__()
        self.config = config
        self.modalities = sorted(dims)
        self.missing = nn.ParameterDict({name: nn.Parameter(torch.zeros(dims[name])) for name in dims})
        self.dropout = nn.Dropout(config.dropout)
        self.linear = nn.Linear(sum(dims.values()), 1)

    def forward(self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """{modality: (clip, dim)}, {modality: (clip,) bool} -> (clip,) logits

        A modality that is left out of `vectors` is missing for all clips.
        """
        num_clips = next(iter(vectors.values())).shape[0]
        joined = []
        for name in self.modalities:
            missing = self.missing[name].expand(num_clips, -1)
            if name in vectors:
                keep = self._kept(present[name]).unsqueeze(1)
                joined.append(torch.where(keep, vectors[name], missing.to(vectors[name].dtype)))
            else:
                joined.append(missing)
        logit: Tensor = self.linear(self.dropout(torch.cat(joined, dim=1)))
        return logit.squeeze(1)

    def _kept(self, present: Tensor) -> Tensor:
        if not self.training or len(self.modalities) < 2 or self.config.drop_modality == 0:
            return present
        return present & (torch.rand(len(present), device=present.device) >= self.config.drop_modality)
