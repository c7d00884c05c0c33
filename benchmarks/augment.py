"""Time of each augmentation: OMP_NUM_THREADS=1 python benchmarks/augment.py

Milliseconds of one core per clip of 4 s at 16 kHz; on features, per clip of a batch of 100.
"""

import time
from collections.abc import Callable

import numpy as np
import torch

from avdf.augment import AUGMENTS
from avdf.data.dataset import CropKey
from avdf.training.augmentation import Augmentation, build_augmentation

SAMPLE_RATE_HZ, SECONDS, BATCH_SIZE, NUM_ROUNDS = 16000, 4, 100, 40
WAVEFORM = np.random.default_rng(0).laplace(0, 0.05, SECONDS * SAMPLE_RATE_HZ).astype(np.float32)
FEATURES, IS_FAKE = torch.randn(BATCH_SIZE, 64, 401), torch.zeros(BATCH_SIZE)
CLIPS = [f"{number}.mp4" for number in range(BATCH_SIZE)]


def main() -> None:
    print("augmentation  stage     ms per clip")
    for name in AUGMENTS.names():
        augmentation = build_augmentation({name: {}})
        stage = augmentation.plugins[name].stage
        print(f"{name:13} {stage:9} {clip_ms(augmentation, stage):9.2f}")


def clip_ms(augmentation: Augmentation, stage: str) -> float:
    if stage == "waveform":
        return median_ms(
            lambda epoch: augmentation.augment_waveform(
                WAVEFORM, CropKey(0, epoch, "", 0), sample_rate_hz=SAMPLE_RATE_HZ
            )
        )
    return median_ms(lambda epoch: augment_batch(augmentation, epoch)) / BATCH_SIZE


def augment_batch(augmentation: Augmentation, epoch: int) -> None:
    drawn = [augmentation.draw(CropKey(0, epoch, clip, 0), *FEATURES.shape[1:]) for clip in CLIPS]
    augmentation.augment_features({"audio": FEATURES}, IS_FAKE, drawn)


def median_ms(augment: Callable[[int], object]) -> float:
    """The median over rounds, each with its own draws."""
    taken_s = []
    for round_number in range(NUM_ROUNDS):
        start = time.perf_counter()
        augment(round_number)
        taken_s.append(time.perf_counter() - start)
    return 1000 * float(np.median(taken_s))


if __name__ == "__main__":
    main()
