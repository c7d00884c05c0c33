"""Clips and copies of them whose samples tell which clip they are of, and where a crop begins."""

from pathlib import Path

import numpy as np
import pandas as pd
from making.sounds import RATE_HZ, row_of, write_wav

from avdf.data.audio.store import Decoding, open_store
from avdf.data.dataset import LabelledClips

NUM_SAMPLES, STEP = 6000, 1 / 32767


def copied_clips(folder: Path, *, num_reals: int = 6, num_copies: int = 3, seconds: float = 0.25):
    """`num_reals` ramps, each with copies that are as long and 8000 lower each, and two clips without."""
    rows = []
    for number in range(num_reals):
        ramp = np.arange(NUM_SAMPLES) * STEP
        rows.append(row_of(f"{number}.wav", f"id{number}", 0, number) | {"parent": np.nan})
        write_wav(folder / "data" / f"{number}.wav", ramp)
        for copy in range(1, num_copies + 1):
            name = f"fakes/{number}-{copy}.wav"
            rows.append(row_of(name, f"id{number}", 1, number) | {"parent": f"{number}.wav"})
            write_wav(folder / "data" / name, ramp - 8000 * copy * STEP)
    for name, fake in (("lone_fake.wav", 1), ("lone_real.wav", 0)):
        rows.append(row_of(name, "id9", fake, 0) | {"parent": np.nan})
        write_wav(folder / "data" / name, np.random.default_rng(fake).normal(0, 0.1, NUM_SAMPLES))
    clips = pd.DataFrame(rows)
    store = open_store(folder / "data", clips, folder / "cache", Decoding(sample_rate_hz=RATE_HZ))
    return LabelledClips(clips, store, target="audio", seconds=seconds)
