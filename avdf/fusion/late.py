"""The mean of one logit per modality, over those that a clip has: late fusion."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from avdf.config.bounds import check_share
from avdf.fusion import FUSIONS
from avdf.fusion._dropping import kept
from avdf.fusion._logits import logits_of, presence


@dataclass(frozen=True, kw_only=True)
class LateConfig:
    dropout: float = 0.2  # of each modality's vector
    drop_modality: float = 0.5  # share of clips that lose one of several modalities in training

    def __post_init__(self) -> None:
        check_share(self, "dropout", "drop_modality")


@FUSIONS.register("late", LateConfig)
class Late(nn.Module):
    """`dims`: the length of each modality's vector; a linear layer for each.

    Clips that lose a modality in training make each logit a call of its own, on the scale of the mean:
    without them the logits are only right together, and a clip that has one modality is badly calibrated.
    """

    def __init__(self, config: LateConfig, dims: Mapping[str, int]) -> None:
        super().__init__()
        self.config = config
        self.linears = nn.ModuleDict({name: nn.Linear(dims[name], 1) for name in sorted(dims)})
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """{modality: (clip, dim)}, {modality: (clip,) bool} -> (clip,) logits; 0 for a clip that has none

        A modality that is left out of `vectors` is missing for all clips.
        """
        has = presence(self.linears, vectors, present)
        has = kept(has, self.config.drop_modality, training=self.training)
        total: Tensor = (logits_of(self.linears, self.dropout, vectors) * has).sum(dim=0)
        return total / has.sum(dim=0).clamp(min=1)
