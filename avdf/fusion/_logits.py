"""One logit per modality: for fusions that join calls, not vectors."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def presence(linears: nn.ModuleDict, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
    """(modality, clip) bool: which clips have each modality of `vectors`, in the order of `linears`."""
    return torch.stack([present[name] for name in linears if name in vectors])


def logits_of(linears: nn.ModuleDict, dropout: nn.Module, vectors: Mapping[str, Tensor]) -> Tensor:
    """(modality, clip) logits, in the same order."""
    return torch.stack(
        [linear(dropout(vectors[name])).squeeze(1) for name, linear in linears.items() if name in vectors]
    )
