"""The mean of the weights of the last epochs, as one more candidate for the detector that is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from avdf.detector import Detector


@dataclass
class WeightSum:
    """The sum of the weights that `num` epochs ended with: float64, on the CPU."""

    num: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def add(self, detector: Detector) -> None:
        """Adds the weights of a finished epoch."""
        for name, weight in detector.named_parameters():
            value = weight.detach().cpu().double()
            self.weights[name] = self.weights[name] + value if self.num else value
        self.num += 1

    def load_mean_into(self, detector: Detector) -> None:
        """Gives the detector the mean; buffers, such as the statistics of batch norm, stay as they are."""
        with torch.no_grad():
            for name, weight in detector.named_parameters():
                weight.copy_(self.weights[name] / self.num)


@contextmanager
def measuring_statistics(network: nn.Module) -> Iterator[bool]:
    """Within the block batch norm measures its statistics afresh: the mean over the forward passes of it.

    Those of the epochs belong to other weights, and their mean is not that of the averaged network
    (P. Izmailov et al., arXiv 1803.05407, section 3.2). Yields whether there is any batch norm.
    """
    norms = [(norm, norm.momentum) for norm in network.modules() if isinstance(norm, _BatchNorm)]
    for norm, _ in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean
    network.train()
    try:
        yield bool(norms)
    finally:
        for norm, momentum in norms:
            norm.momentum = momentum
