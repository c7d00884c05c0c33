"""One score by the angle to a learned direction of real speech: the classification head of OC-Softmax."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from avdf.config.bounds import check_share
from avdf.fusion import FUSIONS

_SCALE = 20.0  # alpha of Y. Zhang, F. Jiang and Z. Duan, IEEE SPL 2021
_MIDDLE = 0.55  # of their margins, .9 for real and .2 for fake


@dataclass(frozen=True, kw_only=True)
class OneClassConfig:
    dropout: float = 0.0  # of the concatenated vector

    def __post_init__(self) -> None:
        check_share(self, "dropout")


@FUSIONS.register("one_class", OneClassConfig)
class OneClass(nn.Module):
    """`dims`: the length of each modality's vector; a modality that is missing counts as zeros.

    The logit is 20 (.55 - s), s the cosine of the vector and the direction of real speech: 0 in the middle of
    the margins of `train.loss: oc_softmax`, and higher the further a clip is from real speech.
    """

    def __init__(self, config: OneClassConfig, dims: Mapping[str, int]) -> None:
        super().__init__()
        self.dims = {name: dims[name] for name in sorted(dims)}
        self.dropout = nn.Dropout(config.dropout)
        self.direction = nn.Parameter(torch.randn(sum(dims.values())))

    def forward(self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """{modality: (clip, dim)}, {modality: (clip,) bool} -> (clip,) logits"""
        some = next(iter(vectors.values()))
        joined = [
            vectors[name] * present[name].unsqueeze(1) if name in vectors else some.new_zeros(len(some), dim)
            for name, dim in self.dims.items()
        ]
        vector = self.dropout(torch.cat(joined, dim=1))
        cosine = normalize(vector.float(), dim=1) @ normalize(self.direction.float(), dim=0)
        return _SCALE * (_MIDDLE - cosine)
