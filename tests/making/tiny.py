"""A tiny dataset in FakeAVCeleb's layout: half-second tones are real, tones in noise are fake."""

from pathlib import Path

import numpy as np
from making.sounds import write_wav

RATE_HZ = 16000
_TYPES = {"A": ("RealVideo-RealAudio", ""), "B": ("RealVideo-FakeAudio", "_fake")}


def make_tiny(root: Path, *, noise: float = 0.02, num_people: int = 5) -> Path:
    """`num_people` in each of 2 x 2 groups, each with 2 real and 2 fake clips: wav files, in truth."""
    rng = np.random.default_rng(0)
    person = 0
    for race in ("African", "Asian (East)"):
        for gender in ("men", "women"):
            for _ in range(num_people):
                person += 1
                for number in range(2):
                    for folder, ending in _TYPES.values():
                        time_s = np.arange(int(rng.integers(8000, 12000))) / RATE_HZ
                        sound = 0.2 * np.sin(2 * np.pi * rng.uniform(200, 900) * time_s)
                        sound += rng.normal(0, noise if ending else 0.01, len(time_s))
                        name = f"id{person:05}/{number:05}{ending}.mp4"
                        write_wav(root / folder / race / gender / name, sound, RATE_HZ)
    return root
