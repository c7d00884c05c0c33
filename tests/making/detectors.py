"""A small detector folder, as a training writes it."""

from pathlib import Path
from typing import Any

from avdf.config.schema import ModelConfig
from avdf.detector import Detector, build_detector, resolve_model
from avdf.detector_folder import save_detector

CNN = ModelConfig(encoders={"audio": {"name": "audio_cnn", "channels": [8]}})
THRESHOLD = {
    "value": 0.5, "beta": 2.0, "prevalence": 0.5, "split": "validation", "num_clips": 60,
    "num_identities": 6, "name": "f_beta", "ci": [0.25, float("nan")], "warnings": [],
}  # fmt: skip


FRAMES = {"num_frames": 2, "height": 16, "width": 16, "per_second": 5.0}


def facts_of(model: ModelConfig) -> dict[str, Any]:
    """What detector.json says of a model, besides the hash of its weights."""
    frames = {"frames": FRAMES} if "video" in model.encoders else {}
    return frames | {
        "model": {"features": model.features, "encoders": model.encoders, "fusion": model.fusion,
                  "heads": model.heads},
        "threshold": THRESHOLD, "target": "audio", "sample_rate_hz": 16000, "seconds": 1.0,
        "skip_start_s": 0.0, "num_crops": 2, "groups": ["race", "gender"], "seed": 0,
        "hashes": {"data": "0" * 64},
    }  # fmt: skip


def save_small_detector(folder: Path, model: ModelConfig = CNN) -> Detector:
    model = resolve_model(model)
    detector = build_detector(model, 16000).eval()
    save_detector(detector, folder, facts_of(model))
    return detector
