"""Time of a training step with the convolutions' weights channels last, against the default layout.

    python benchmarks/channels_last.py [--rounds 20]

Forward and backward pass of 16 spectrograms of 64 bins and 200 frames; the two layouts alternate, and the
fastest of all rounds is shown. OMP_NUM_THREADS sets the number of cores.
"""

import argparse
import time

import torch
from torch import nn

from avdf.encoders import ENCODERS

SETTINGS = {
    "audio_cnn": {},
    "audio_cnn, 4 blocks": {"channels": [8, 16, 32, 64]},
    "audio_effnet, b0": {"variant": "b0", "weights": "none"},
    "audio_effnet, b2": {"variant": "b2", "weights": "none"},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    features = torch.randn(16, 64, 200)
    print(f"{torch.get_num_threads()} threads")
    print("| encoder | default layout | channels last | ratio |\n|---|---|---|---|")
    for name, settings in SETTINGS.items():
        ours, default = (
            ENCODERS.build({"name": name.partition(",")[0], **settings}, "benchmark") for _ in range(2)
        )
        default.to(memory_format=torch.contiguous_format)
        best = {ours: float("inf"), default: float("inf")}
        for _ in range(arguments.rounds):
            for encoder in best:
                best[encoder] = min(best[encoder], step_s(encoder, features))
        before_ms, after_ms = (best[encoder] * 1e3 for encoder in (default, ours))
        print(f"| {name} | {before_ms:.0f} ms | {after_ms:.0f} ms | {before_ms / after_ms:.2f} |")


def step_s(encoder: nn.Module, features: torch.Tensor) -> float:
    started = time.perf_counter()
    encoder(features).mean().backward()
    encoder.zero_grad()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
