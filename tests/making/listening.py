"""Reads the sound of a media file, compares it with another, or returns the refusal."""

from pathlib import Path

import numpy as np
import pytest
import scipy.signal
from making.media import RATE_HZ, speech_like
from numpy.typing import NDArray

from avdf.data.audio.limits import MediaLimits
from avdf.data.audio.samples import read_audio
from avdf.errors import MediaError

SPEECH = speech_like(5 * RATE_HZ)[:1]  # 5 s, mono


def heard(path: Path) -> NDArray[np.float32]:
    return read_audio(path, RATE_HZ).waveform


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest correlation at any shift: codecs delay the sound."""
    scale = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(scipy.signal.correlate(one, other, method="fft").max()) / scale


def refusal(path: Path, limits: MediaLimits | None = None) -> str:
    with pytest.raises(MediaError) as raised:
        read_audio(path, RATE_HZ, limits or MediaLimits())
    return f"{raised.value.reason}: {raised.value.detail}"
