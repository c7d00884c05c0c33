"""How close the copies of trained fakers are: python benchmarks/trained_fakers.py FAKER ... -- key=value ...

The keys are those of `avdf train_faker` (data.root and so on). A copy is made of one real clip of each person
of validation and test, whom no faker has heard, and compared with it: the distance of log spectra (32 ms
windows, a floor of -60 dB, root mean square over frequency, mean over frames), the correlation of 80 log
mels, and the lag. Medians over people.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from avdf.config.loading import load_settings
from avdf.data.audio.levels import as_float32
from avdf.experiment.data import prepare_data
from avdf.fakers import FAKERS, copy_of
from avdf.fakers._alignment import lag_ms
from avdf.fakers.neural.config import FakerConfig
from avdf.features import FEATURES

MOST_PEOPLE, SECONDS = 30, 4
CONFIG = Path(__file__).parents[1] / "configs" / "fakers" / "codec_nearest.yaml"


def main() -> None:
    words = sys.argv[1:]
    folders, overrides = words[: words.index("--")], words[words.index("--") + 1 :]
    data = load_settings(FakerConfig, CONFIG, overrides).data
    prepared = prepare_data(data).prepared
    for folder in map(Path, folders):
        faker = FAKERS.build({"name": "neural", "folder": str(folder)}, "faker")
        clips = one_of_each_person(prepared.clips, pd.read_csv(folder / "split.csv"))
        rows = []
        for number, row in enumerate(prepared.store.rows_of(clips)):
            parent = as_float32(prepared.store.waveform(int(row))[: SECONDS * data.sample_rate_hz])
            copy, _ = copy_of(parent, data.sample_rate_hz, faker, np.random.default_rng(number))
            rows.append(figures(parent, copy, data.sample_rate_hz))
        distance_db, correlation, lag = np.median(rows, axis=0)
        print(f"{folder.name}: {len(rows)} people, {distance_db:.1f} dB, r {correlation:.3f}, {lag:.1f} ms")


def one_of_each_person(clips: pd.DataFrame, split: pd.DataFrame) -> list[str]:
    """The first real clip of each person outside training."""
    rows = clips.merge(split, on="clip")
    held_out = rows[(rows["split"] != "train") & (rows["audio_fake"] == 0)]
    names: list[str] = held_out.groupby("voice")["clip"].first().tolist()
    return names[:MOST_PEOPLE]


def figures(parent: NDArray[np.float32], copy: NDArray[np.float32], rate_hz: int) -> tuple[float, ...]:
    """Log-spectral distance in dB, correlation of log mels, lag in ms."""
    both = torch.from_numpy(np.stack([parent, copy]))
    built = [
        FEATURES.build({"name": name, **settings}, "features", {"sample_rate_hz": rate_hz})(both)
        for name, settings in (
            ("log_spectrogram", {"num_bins": None, "standardize": "none"}),
            ("log_mel", {"num_mels": 80, "floor_db": -60}),
        )
    ]
    spectra, mels = built
    decibels = 10 / np.log(10) * (spectra[0] - spectra[1])
    distance_db = float(decibels.square().mean(dim=0).sqrt().mean())
    correlation = float(torch.corrcoef(mels.flatten(1))[0, 1])
    return distance_db, correlation, lag_ms(parent, copy, rate_hz)


if __name__ == "__main__":
    main()
