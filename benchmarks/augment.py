"""How long each augmentation takes: OMP_NUM_THREADS=1 python benchmarks/augment.py

Milliseconds of one core for a clip of 4 s at 16 kHz; on features, for a clip of a batch of 100.
"""

import time
from functools import partial

import numpy as np
import torch

from avdf.augment import AUGMENTS
from avdf.training.augmentation import Augmentation, build_augmentation

SAMPLE_RATE_HZ, SECONDS, BATCH_SIZE, NUM_ROUNDS = 16000, 4, 100, 40
WAVEFORM = np.random.default_rng(0).laplace(0, 0.05, SECONDS * SAMPLE_RATE_HZ).astype(np.float32)
FEATURES, IS_FAKE = torch.randn(BATCH_SIZE, 64, 401), torch.zeros(BATCH_SIZE)
CLIPS = [f"{number}.mp4" for number in range(BATCH_SIZE)]


def main() -> None:
    print("augmentation  stage     ms a clip")
    for name in AUGMENTS.names():
        augmentation = build_augmentation({name: {}})
        (stage,) = augmentation.stages()
        print(f"{name:13} {stage:9} {clip_ms(augmentation, stage):9.2f}")


def clip_ms(augmentation: Augmentation, stage: str) -> float:
    """The median over rounds, each with draws of its own."""
    if stage == "waveform":
        once = partial(
            augmentation.alter_waveform, WAVEFORM, seed=0, clip="", crop=0, sample_rate_hz=SAMPLE_RATE_HZ
        )
    else:
        once = partial(
            augmentation.alter_features, FEATURES, IS_FAKE, seed=0, clips=CLIPS, crops=[0] * BATCH_SIZE
        )
    taken_s = []
    for round_number in range(NUM_ROUNDS):
        start = time.perf_counter()
        once(epoch=round_number)
        taken_s.append(time.perf_counter() - start)
    return 1000 * float(np.median(taken_s)) / (1 if stage == "waveform" else BATCH_SIZE)


if __name__ == "__main__":
    main()
