"""Plugins: a real recording -> the same speech, resynthesised; training uses such copies as fakes."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.registry import Registry

FAKERS = Registry("faker", "avdf.fakers")
Settings = Mapping[str, Any]  # what was drawn for one copy: numbers and words
_SHORTEST_S = 0.25  # a shorter recording is padded with zeros while it is resynthesised


class Faker(Protocol):
    """`draw` picks the settings of one copy within the ranges of the config, `resynthesise` makes the copy.

    The result depends on the waveform, the rate, the settings and `rng` alone. It is aligned with the
    waveform; its length and its level need not be those of the waveform: `copy_of` fits both.
    """

    @property
    def attack(self) -> str:
        """The name that copies have in tables, `audio_attack`."""

    @property
    def kind(self) -> str:
        """`signal` without a trained network, `vocoder` with one, `codec` with one that quantises."""

    def draw(self, rng: np.random.Generator) -> Settings:
        """Settings that can be written to a table: each is an int, a float of few digits, or a word."""

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) of at least 0.25 s -> (about as many samples,)"""


def copy_of(
    waveform: NDArray[np.float32], sample_rate_hz: int, faker: Faker, rng: np.random.Generator
) -> tuple[NDArray[np.float32], Settings]:
    """(sample,) -> (sample,) a copy of the same length and root mean square, and the settings drawn for it.

    One thread computes it, since the last bits of a sum depend on the number of threads. A copy that would
    exceed full scale is made quieter, not clipped. Digital silence is returned as it is.
    """
    settings = faker.draw(rng)
    level = _level(waveform)
    if level == 0:
        return waveform.copy(), settings
    padded = np.pad(waveform, (0, max(math.ceil(_SHORTEST_S * sample_rate_hz) - len(waveform), 0)))
    with _one_thread():
        made = faker.resynthesise(padded.astype(np.float32), sample_rate_hz, settings, rng)
    made = np.pad(made[: len(waveform)], (0, max(len(waveform) - len(made), 0))).astype(np.float64)
    made *= level / (_level(made) or 1.0)
    made /= max(float(np.abs(made).max()), 1.0)
    return made.astype(np.float32), settings


def _level(waveform: NDArray[np.floating[Any]]) -> float:
    """The root mean square without the mean, which is inaudible."""
    return float(waveform.std(dtype=np.float64))


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
