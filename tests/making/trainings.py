"""A training that takes seconds, on synthetic sounds."""

from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator
from making.scoring import score_clips
from making.sounds import RATE_HZ
from sklearn.metrics import roc_auc_score
from torch import nn

from avdf.config.schema import ModelConfig
from avdf.config.training import TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.data.pairs import PairedCrops
from avdf.data.random_crops import RandomCrops
from avdf.detector import Detector, build_detector
from avdf.training.augmentation import build_augmentation, draws_for
from avdf.training.data import training_data
from avdf.training.loop import EpochEnd, FitResult, fit

MODEL = ModelConfig(
    features={"audio": {"name": "log_mel", "num_mels": 32, "n_fft": 256}},
    encoders={"audio": {"name": "audio_cnn", "channels": [8, 8]}},
)
CONFIG = TrainConfig(epochs=3, batch_size=8, learning_rate=0.01)


def new_detector() -> Detector:
    torch.manual_seed(0)
    return build_detector(MODEL, RATE_HZ)


def trained(
    dataset: LabelledClips,
    config: TrainConfig = CONFIG,
    *,
    detector: Detector | None = None,
    workers: int = 0,
    checkpoints: Path | None = None,
    augment: Callable | None = None,
    validate: Callable | None = None,
    on_epoch: Callable | None = None,
    accelerator: Accelerator | None = None,
    masks: dict | None = None,
) -> tuple[Detector, FitResult]:
    detector = detector or new_detector()

    def metrics(detector: Detector) -> dict[str, float]:
        score = score_clips(detector, dataset, num_crops=2, batch_size=16, accelerator=Accelerator(cpu=True))
        return {"f2_at_prevalence": 0.0, "auc": float(roc_auc_score(dataset.is_fake, score))}

    augmentation = build_augmentation(masks or {})
    draw = draws_for(augmentation, detector, dataset.num_samples)
    crops = RandomCrops(dataset, seed=1, augment=augment, draw=draw)
    copies = config.pairs.copies_per_clip
    crops = PairedCrops(crops, copies) if copies else crops
    history = fit(
        detector,
        training_data(
            crops,
            augmentation,
            config,
            workers=workers,
            heads=tuple(detector.heads),
            needs_both=not detector.learns_from_real,
        ),
        config,
        accelerator=accelerator or Accelerator(cpu=True),
        epoch_end=EpochEnd(validate or metrics, on_epoch),
        checkpoints=checkpoints,
    )
    return detector, history


def same_weights(first: nn.Module, second: nn.Module) -> bool:
    ones, others = first.state_dict(), second.state_dict()
    return all(torch.equal(ones[name], others[name]) for name in ones)
