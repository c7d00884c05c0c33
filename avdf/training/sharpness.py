"""Sharpness-aware minimisation: the gradient where the loss is highest near the weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

_LEAST_NORM = 1e-12


@contextmanager
def at_the_sharpest(network: nn.Module, rho: float) -> Iterator[None]:
    """Within the block the weights are moved by `rho` along their gradient, which the block overwrites.

    P. Foret et al., arXiv 2010.01412, equations 2 and 3: a step with the gradient at w + rho g / |g| goes to
    where the loss is low all around. Afterwards the weights are exactly those of before, and the gradient is
    that of the block. Batch norm notes its statistics in the first pass alone.
    """
    weights = [weight for weight in network.parameters() if weight.grad is not None]
    before = [weight.detach().clone() for weight in weights]
    gradients = [weight.grad.detach().clone() for weight in weights if weight.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.add_(gradient * (rho / norm.clamp(min=_LEAST_NORM)))
    network.zero_grad()
    try:
        with _noting_no_statistics(network):
            yield
    finally:
        with torch.no_grad():
            for weight, value in zip(weights, before, strict=True):
                weight.copy_(value)


@contextmanager
def _noting_no_statistics(network: nn.Module) -> Iterator[None]:
    """With a momentum of 0 batch norm keeps its running mean and variance."""
    norms = [(norm, norm.momentum) for norm in network.modules() if isinstance(norm, _BatchNorm)]
    for norm, _ in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in norms:
            norm.momentum = momentum
