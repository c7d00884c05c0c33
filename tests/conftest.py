"""Fixtures of several tests: the mini data set, and signals as in a terminal."""

import signal
from pathlib import Path

import pytest

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
