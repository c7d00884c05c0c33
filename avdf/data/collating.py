"""Samples or groups of samples -> a batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from avdf.data.dataset import Sample
from avdf.data.on_device import Drawn


def collate(items: Sequence[Sample | list[Sample]]) -> dict[str, Any]:
    """Samples or groups -> batch: waveform (clip, sample), is_fake (clip,) float32, frames, else lists."""
    samples = [sample for item in items for sample in (item if isinstance(item, list) else [item])]
    batch: dict[str, Any] = {
        "waveform": torch.from_numpy(np.stack([sample["waveform"] for sample in samples])),
        "is_fake": torch.tensor([float(sample["is_fake"]) for sample in samples]),
        "index": torch.tensor([sample["index"] for sample in samples]),
        "clip": [sample["clip"] for sample in samples],
        "crop": [sample["crop"] for sample in samples],
    }
    if "frames" in samples[0]:
        batch["frames"] = torch.from_numpy(np.stack([sample["frames"] for sample in samples]))
        for key in ("has_audio", "has_video"):
            batch[key] = torch.tensor([sample[key] for sample in samples])
    if "drawn" in samples[0]:
        batch["drawn"] = Drawn([sample["drawn"] for sample in samples])
    return batch
