"""Whose voice a recording is: the name of a file does not always tell, another clip of it may."""

from collections import Counter

import pandas as pd

from avdf.data.clips import VIDEO_FAKE_TYPES

RULES = ("recording", "last in name", "source")  # the first that can decide, does


def voices(clips: pd.DataFrame) -> pd.DataFrame:
    """A clip table with `track` -> the same table with `voice` and `voice_rule`: one voice a track.

    `recording`: a clip whose video is real carries the recording, so its person speaks. `last in
    name`: no such clip; a lip-synced clip's name ends in the person that speaks. `source`: neither.
    Where clips of a track disagree the most frequent answer counts, then the first in the alphabet.
    """
    answers: dict[str, dict[str, Counter[str]]] = {}
    rows = zip(
        clips["track"], clips["type"], clips["voice"], clips["voice_rule"], clips["source"], strict=True
    )
    for track, letter, voice, rule, source in rows:
        of_track = answers.setdefault(track, {name: Counter() for name in RULES})
        if letter not in VIDEO_FAKE_TYPES:
            of_track["recording"][source] += 1
        elif rule == "last in name":
            of_track["last in name"][voice] += 1
        of_track["source"][source] += 1
    decided = {track: _decided(of_track) for track, of_track in answers.items()}
    return clips.assign(
        voice=[decided[track][0] for track in clips["track"]],
        voice_rule=[decided[track][1] for track in clips["track"]],
    )


def num_disputed(clips: pd.DataFrame) -> int:
    """Tracks that clips with real video of several people carry: one recording has one voice."""
    real = clips[~clips["type"].isin(VIDEO_FAKE_TYPES)]
    return int((real.groupby("track")["source"].nunique() > 1).sum())


def _decided(answers: dict[str, Counter[str]]) -> tuple[str, str]:
    rule = next(name for name in RULES if answers[name])
    return min(answers[rule].items(), key=lambda item: (-item[1], item[0]))[0], rule
