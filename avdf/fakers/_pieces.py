"""Long recordings through a network, in pieces that overlap."""

from collections.abc import Callable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

Code = Callable[[NDArray[np.float32]], NDArray[np.float32]]
_PIECE_S, _MARGIN_S = 20.0, 0.5  # the margins on both sides are coded and dropped


def in_pieces(
    waveform: NDArray[np.float32], rate_hz: int, hop_length: int, code: Code
) -> NDArray[np.float32]:
    """(sample,) -> (sample,): `code` of pieces that begin on a frame; it gives at least as many samples."""
    return np.concatenate(list(_pieces(waveform, rate_hz, hop_length, code)))


def resampled(waveform: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    return waveform if from_hz == to_hz else soxr.resample(waveform, from_hz, to_hz)


def _pieces(
    waveform: NDArray[np.float32], rate_hz: int, hop_length: int, code: Code
) -> Iterator[NDArray[np.float32]]:
    size, margin = (round(seconds * rate_hz / hop_length) * hop_length for seconds in (_PIECE_S, _MARGIN_S))
    for start in range(0, len(waveform), size):
        before = min(margin, start)
        stop = min(start + size, len(waveform))
        yield code(waveform[start - before : stop + margin])[before : before + stop - start]
