"""Crops -> logits with PyTorch, on the device that it finds."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.detector import Detector
from avdf.passes import score_batch


@dataclass(frozen=True)
class TorchScorer:
    """A detector in evaluation mode, on its device."""

    detector: Detector
    device: torch.device

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float64]:
        """(crop, sample) -> (crop,) logits. Raises UserError if one is NaN or infinite."""
        logits = score_batch(self.detector, {"waveform": torch.from_numpy(crops)}, self.device)
        return logits.double().numpy()
