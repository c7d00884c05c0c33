"""Made-up vowels."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

RATE_HZ = 16000


def vowel(pitch_hz: float, seconds: float = 1.0) -> NDArray[np.float32]:
    """Pulses at that pitch through one resonance at 700 Hz."""
    pulses = np.zeros(round(seconds * RATE_HZ))
    pulses[:: round(RATE_HZ / pitch_hz)] = 1
    pole = 0.97 * np.exp(2j * np.pi * 700 / RATE_HZ)
    sound = lfilter([1.0], np.poly([pole, pole.conj()]).real, pulses)
    return (0.1 * sound / sound.std()).astype(np.float32)
