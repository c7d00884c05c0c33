"""Clip tables with the columns of FakeAVCeleb, without any file."""

from typing import Any

import pandas as pd

from avdf.corpora.fakeavceleb.labels import AUDIO_FAKE_TYPES, GENDERS, RACES, VIDEO_FAKE_TYPES


def clip(number: int, letter: str, voice: str) -> dict[str, Any]:
    """One row of a clip table; race and gender are derived from the digits of the voice."""
    return {
        "clip": f"{letter}/{number:04}.mp4",
        "type": letter,
        "method": {"A": "real", "B": "rtvc", "C": "fsgan", "D": "wav2lip"}[letter],
        "race": RACES[int(voice[2:]) % 5],
        "gender": GENDERS[int(voice[2:]) % 2],
        "source": voice,
        "voice": voice,
        "voice_rule": "source",
        "identities": voice,
        "track": f"t{number:05}",
        "audio_fake": int(letter in AUDIO_FAKE_TYPES),
        "video_fake": int(letter in VIDEO_FAKE_TYPES),
        "size_bytes": 1000 + number,
    }


def people(num_people: int, clips_each: str = "ABCD") -> pd.DataFrame:
    """That many people with one clip of each type: the person's voice, and one recording per clip."""
    rows = [
        clip(person * len(clips_each) + at, letter, f"id{person:05}")
        for person in range(num_people)
        for at, letter in enumerate(clips_each)
    ]
    return pd.DataFrame(rows)
