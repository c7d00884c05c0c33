"""Steps of the way from pieces of sound to samples, which join or split them without changing a value."""

import numpy as np
import pytest
from numpy.typing import NDArray

from avdf.data.audio.levels import FULL_SCALE, block_levels_db
from avdf.data.audio.mixdown import Mixdown, joined
from avdf.data.audio.timeline import Piece


def piece(start: int, size: int, rate_hz: int = 16000, channels: int = 2, is_hole: bool = False) -> Piece:
    """A piece that counts up from `start`; channel 1 counts the same negatively."""
    count = np.arange(start, start + size, dtype=np.float32)
    return Piece(rate_hz, [count if number == 0 else -count for number in range(channels)], is_hole)


def test_short_pieces_are_joined_until_they_have_32768_samples() -> None:
    pieces = [piece(start, 1024) for start in range(0, 70 * 1024, 1024)]
    longer = list(joined(pieces))
    assert [len(part.channels[0]) for part in longer] == [32 * 1024, 32 * 1024, 6 * 1024]
    for number, sign in enumerate((1, -1)):
        whole = np.concatenate([part.channels[number] for part in longer])
        assert np.array_equal(whole, sign * np.arange(70 * 1024))


def test_pieces_of_another_rate_number_of_channels_or_kind_are_not_joined() -> None:
    pieces = [
        *(piece(0, 5), piece(5, 5)),
        *(piece(0, 5, rate_hz=8000), piece(5, 6, rate_hz=8000)),
        *(piece(0, 3, channels=1), piece(0, 4, channels=1, is_hole=True)),
    ]
    assert [len(part.channels[0]) for part in joined(pieces)] == [10, 11, 3, 4]
    assert [part.is_hole for part in joined(pieces)] == [False, False, False, True]
    assert list(joined([])) == []


def test_the_mean_of_joined_pieces_is_that_of_the_pieces_to_the_bit() -> None:
    rng = np.random.default_rng(0)
    pieces = [Piece(16000, list(rng.normal(0, 0.1, (3, 700)).astype(np.float32))) for _ in range(99)]
    one_by_one = np.concatenate([Mixdown().mix(part) for part in pieces])
    assert np.array_equal(np.concatenate([Mixdown().mix(part) for part in joined(pieces)]), one_by_one)


def levels_one_by_one(samples: NDArray[np.int16], size: int) -> list[float]:
    """The level of each block, computed alone."""
    blocks = [samples[start : start + size].astype(np.float32) for start in range(0, len(samples), size)]
    with np.errstate(divide="ignore"):
        return [float(10 * np.log10(block.var() / FULL_SCALE**2)) for block in blocks]


@pytest.mark.parametrize("num_samples", [0, 1, 159, 160, 161, 4 * 160, 160 * 256, 160 * 600 + 7])
def test_the_levels_of_all_blocks_at_once_are_those_of_each_block(num_samples: int) -> None:
    samples = np.random.default_rng(num_samples).integers(-9000, 9000, num_samples).astype(np.int16)
    assert block_levels_db(samples, 1600, 0.1).tolist() == levels_one_by_one(samples, 160)
