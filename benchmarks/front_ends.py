"""Time of each front end: OMP_NUM_THREADS=1 python benchmarks/front_ends.py

Milliseconds of one core per clip of 4 s at 16 kHz, in batches of 16: features alone, then a training step of
each encoder on log-mels.
"""

import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from avdf.encoders import ENCODERS
from avdf.features import FEATURES

RATE_HZ, BATCH_SIZE, NUM_ROUNDS = 16000, 16, 5
WAVEFORMS = 0.1 * torch.randn(BATCH_SIZE, 4 * RATE_HZ)
FRONT_ENDS = (
    *({"name": name} for name in ("log_mel", "mfcc", "lfcc", "log_spectrogram")),
    {"name": "log_spectrogram", "n_ffts": [512, 1024]},
    {"name": "cqt"},
)
ENCODER_SETTINGS = (
    *({"name": name} for name in ("audio_cnn", "audio_strided", "audio_lcnn")),
    {"name": "audio_lcnn", "width": 16},
    {"name": "audio_effnet", "variant": "b0", "weights": "none"},
)


def main() -> None:
    torch.set_num_threads(1)
    for settings in FRONT_ENDS:
        features = FEATURES.build(settings, "features", {"sample_rate_hz": RATE_HZ})
        print(f"{ms_per_clip(partial(features, WAVEFORMS)):8.2f} ms  {settings}")
    log_mel = FEATURES.build({"name": "log_mel"}, "features", {"sample_rate_hz": RATE_HZ})(WAVEFORMS)
    for settings in ENCODER_SETTINGS:
        encoder = ENCODERS.build(settings, "encoder").train()
        print(f"{ms_per_clip(partial(step, encoder, log_mel)):8.2f} ms  {settings}")


def step(encoder: nn.Module, features: Tensor) -> None:
    encoder(features).sum().backward()


def ms_per_clip(work: Callable[[], object]) -> float:
    """The fastest of some rounds, after one that fills caches."""
    taken_s = []
    for _ in range(1 + NUM_ROUNDS):
        start = time.process_time()
        work()
        taken_s.append(time.process_time() - start)
    return 1000 * min(taken_s[1:]) / BATCH_SIZE


if __name__ == "__main__":
    main()
