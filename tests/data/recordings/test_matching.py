"""Matching in blocks and in processes gives what comparing one clip after the other gives."""

import numpy as np
import pandas as pd
import pytest
from making.sounds import write_wav
from numpy.typing import NDArray

from avdf.data.audio.store import Decoding, Store, open_store
from avdf.data.recordings import tracks as tracks_module
from avdf.data.recordings.fingerprint import SAME, correlation
from avdf.data.recordings.landmark_table import landmark_table
from avdf.data.recordings.measured import Measured, measure
from avdf.data.recordings.sounds import sounds_of
from avdf.data.recordings.tracks import tracks

RATE_HZ = 16000


def sentence(seed: int, phase_seed: int = 0) -> NDArray[np.float64]:
    """1.5 s of a gliding voice; another `phase_seed` has the same peaks but is another recording."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(1.5 * RATE_HZ)) / RATE_HZ
    knots = np.arange(0, 1.6, 0.1)
    pitch_hz = np.interp(time_s, knots, rng.uniform(90, 220, len(knots)))
    loudness = np.interp(time_s, knots, rng.uniform(0, 1, len(knots)))
    turn = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    phases = np.random.default_rng(phase_seed).uniform(0, 2 * np.pi, 20)
    voice = sum(np.sin(k * turn + phases[k]) / k for k in range(1, 20))
    return np.asarray(0.15 * voice * loudness)


@pytest.fixture(scope="module")
def measured_store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Measured]:
    """36 clips: of six sentences the voice and a vocoder's copy; each as it is, softer and cut at an end."""
    folder = tmp_path_factory.mktemp("sounds")
    (folder / "root").mkdir()
    rng = np.random.default_rng(0)
    names = [f"{number:02}.wav" for number in rng.permutation(36)]
    for number, name in enumerate(names):
        samples = sentence(number // 6, phase_seed=number // 3 % 2)
        cut = int(rng.integers(1, 4000)) if number % 3 else 0
        samples = samples[cut:] if number % 3 == 1 else 0.7 * samples[: len(samples) - cut]
        write_wav(folder / "root" / name, samples + rng.normal(0, 1e-4, len(samples)), RATE_HZ)
    clips = pd.DataFrame({"clip": sorted(names), "size_bytes": 0})
    store = open_store(folder / "root", clips, folder / "cache", Decoding(sample_rate_hz=RATE_HZ))
    return store, measure(store, workers=1)


def one_after_the_other(store: Store, measured: Measured) -> list[str]:
    """The rows by decreasing length, each compared with the first row of each recording so far."""
    sounds, lengths = sounds_of(store, measured), store.table["num_samples"]
    group = list(range(len(lengths)))
    firsts: list[int] = []
    for row in sorted(group, key=lambda row: (-lengths[row], row)):
        same = {row}
        for other in firsts:
            lags = landmark_table({other: sounds.landmarks(other)}).candidates(sounds.landmarks(row))
            if other in lags:
                alike = correlation(sounds.decimated(row), sounds.decimated(other), lags[other])
                same |= {group[other]} if alike >= SAME else set()
        if same == {row}:
            firsts.append(row)
        group = [row if number in same else number for number in group]
    number_of: dict[int, int] = {}
    return [f"t{number_of.setdefault(number, len(number_of)):05}" for number in group]


@pytest.mark.parametrize(("block", "workers"), [(1, 1), (5, 1), (512, 1), (7, 2), (512, 2)])
def test_blocks_and_processes_change_no_name(
    block: int, workers: int, measured_store: tuple[Store, Measured], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = one_after_the_other(*measured_store)
    assert len(set(expected)) == 12
    for name, value in {"_MIN_BLOCK": block, "_FEW_ROWS": 0, "_ROWS_PER_PIECE": 3}.items():
        monkeypatch.setattr(tracks_module, name, value)
    assert tracks(*measured_store, workers=workers) == expected
