"""A small real data set for tests: tones are real, noises are fake; wav files, a table, a store."""

import wave
from pathlib import Path

import numpy as np
import pandas as pd

from avdf.data.audio.store import Decoding, Store, open_store
from avdf.data.clips import check_clips

RATE_HZ = 8000
RACES = ("African", "Asian (East)")


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> None:
    """Writes (sample,) -1..1 as 16-bit mono."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def make_sounds(
    root: Path, cache: Path, *, num_voices: int = 8, num_each: int = 3
) -> tuple[pd.DataFrame, Store]:
    """`num_voices` people with `num_each` tones (real) and as many tones in noise (fake), 0.6 to 1 s."""
    rng = np.random.default_rng(0)
    rows = []
    for voice in range(num_voices):
        for number in range(num_each):
            for fake in (0, 1):
                num_samples = int(rng.integers(int(0.6 * RATE_HZ), RATE_HZ))
                time_s = np.arange(num_samples) / RATE_HZ
                sound = 0.2 * np.sin(2 * np.pi * rng.uniform(200, 900) * time_s)
                sound += rng.normal(0, 0.05 if fake else 0.001, num_samples)
                name = f"id9{voice:04}/{number}{'_fake' if fake else ''}.wav"
                write_wav(root / name, sound)
                rows.append(row_of(name, f"id9{voice:04}", fake, voice))
    clips = check_clips(pd.DataFrame(rows).sort_values("clip", ignore_index=True))
    return clips, open_store(root, clips, cache, Decoding(sample_rate_hz=RATE_HZ))


def row_of(name: str, voice: str, fake: int, number: int) -> dict[str, object]:
    return {
        "clip": name,
        "type": "AB"[fake],
        "method": ("real", "rtvc")[fake],
        "race": RACES[number % 2],
        "gender": ("men", "women")[number // 2 % 2],
        "source": voice,
        "voice": voice,
        "voice_rule": "source",
        "identities": voice,
        "track": name,
        "audio_fake": fake,
        "video_fake": 0,
        "size_bytes": 1,
    }
