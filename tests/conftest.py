"""Fixtures of several tests: the mini data set, synthetic speech, and signals as in a terminal."""

import signal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

MINI = Path(__file__).parents[2] / "shared" / "data" / "mini" / "FakeAVCeleb_v1.2"


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Restores SIGINT, which a shell sets to be ignored in processes that it starts in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mini() -> Path:
    """The root of the mini data set: 478 real mp4 clips in FakeAVCeleb's layout."""
    if not MINI.is_dir():
        pytest.skip("the mini data set is not on this machine")
    return MINI


@pytest.fixture(scope="session")
def speech() -> NDArray[np.float32]:
    """Three seconds of a synthetic woman at 16 kHz, with an RMS of 0.1."""
    from avdf.demo.babble import draw_voice
    from avdf.demo.voice import speak

    rng = np.random.default_rng(5)
    return (0.1 * speak(draw_voice(rng, "women"), 3.0, rng)).astype(np.float32)
