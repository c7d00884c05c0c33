"""Stores of short wav files, and a decoder process that crashes, hangs or kills on request."""

import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.audio.store import Decoding, Store, open_store

RATE_HZ = 8000
FILES_OF_A_SHARD = ["shard-00000.i16", "shard-00000.json", "shard-00000.measured"]
# A decoder process that for some names crashes, hangs, prints, or kills the process that asks.
STUBBORN = """
import ctypes, os, signal, sys, time
from avdf.data.audio.decoder_process import decode, main

def stubborn(path, sample_rate_hz):
    with open(sys.argv[1], "a") as log:
        log.write(path.stem + "\\n")
    if path.stem == "crash":
        ctypes.string_at(0)
    if path.stem == "hang":
        time.sleep(60)
    if path.stem == "noisy":
        os.write(1, b"a library prints this")
    if path.stem == "kill" and os.path.exists(sys.argv[1] + ".armed"):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return decode(path, sample_rate_hz)

main(stubborn)
"""


def make_wavs(root: Path, names: list[str]) -> pd.DataFrame:
    """One wav file per name, half a second of noise, 8 kHz mono 16-bit; returns their clip table."""
    root.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        samples = np.random.default_rng(number).integers(-9000, 9000, RATE_HZ // 2).astype("<i2")
        with wave.open(str(root / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
    rows = [{"clip": f"{name}.wav", "size_bytes": (root / f"{name}.wav").stat().st_size} for name in names]
    return pd.DataFrame(rows)


def wav_samples(path: Path) -> NDArray[np.int16]:
    """(sample,) of a 16-bit wav file."""
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def opened(tmp_path: Path, clips: pd.DataFrame, **more: Any) -> Store:
    """The store of the clips in tmp_path/root, in tmp_path/cache."""
    decoding = Decoding(**{"sample_rate_hz": RATE_HZ, **more})
    return open_store(tmp_path / "root", clips, tmp_path / "cache", decoding)


def stubborn(tmp_path: Path) -> tuple[str, ...]:
    """The command of the decoder process above; tmp_path/log lists the names it is asked for."""
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    return (sys.executable, str(tmp_path / "stubborn.py"), str(tmp_path / "log"))


def decoded_names(tmp_path: Path) -> list[str]:
    """The names that the decoder process was asked for, in order."""
    log = tmp_path / "log"
    return log.read_text().split() if log.exists() else []


def all_samples(store: Store) -> dict[str, bytes]:
    """The samples of every clip by name."""
    return {clip: store.waveform(row).tobytes() for row, clip in enumerate(store.table["clip"])}
