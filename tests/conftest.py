"""What several tests stand on: where the mini data is, if it is there at all."""

import signal
from pathlib import Path

import pytest

MINI = Path(__file__).parents[2] / "shared" / "data" / "mini" / "FakeAVCeleb_v1.2"


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell that starts the tests in the background has Ctrl-C ignored, by them and what they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mini() -> Path:
    """The root of the mini data set: 478 real mp4 clips in FakeAVCeleb's layout."""
    if not MINI.is_dir():
        pytest.skip("the mini data set is not on this machine")
    return MINI
