"""What tests of the made-up data set measure and call: its tool, its bytes, silence in its sounds."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TOOL = Path(__file__).parents[2] / "tools" / "demo_data.py"


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOOL), *arguments], capture_output=True, text=True, check=False
    )


def bytes_under(folder: Path) -> dict[str, bytes]:
    files = [Path(place, name) for place, _, names in os.walk(folder) for name in names]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in files if path.name != "DEMO.json"
    }


def first_sound_s(waveform: NDArray[np.float32]) -> float:
    """Seconds of digital silence, or nearly, at the start."""
    return float(np.argmax(np.abs(waveform) > 1e-4)) / 16000


def silence_s(waveform: NDArray[np.float32]) -> float:
    """Seconds before the first 10 ms that are less than 30 dB below the whole."""
    blocks = waveform[: len(waveform) // 160 * 160].reshape(-1, 160).std(axis=1)
    return float(np.argmax(blocks > waveform.std() * 10 ** (-30 / 20))) / 100
