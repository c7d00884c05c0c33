"""The speaker of each recording, inferred from all clips that carry it; one file name is not enough."""

from collections import Counter

import pandas as pd

RULES = ("recording", "last in name", "source")  # in order of preference


def voices(clips: pd.DataFrame) -> pd.DataFrame:
    """A clip table with `track` -> the same table with `voice` and `voice_rule`: one voice per track.

    `recording`: a clip of the track has real video, so its person speaks. `last in name`: there is no
    such clip, and the name of a lip-synced clip ends in the person who speaks. `source`: neither. If
    the clips of a track disagree, the most frequent answer counts, then the alphabetically first. Where the
    corpus says who speaks (any other rule, such as `protocol`), the clip keeps its voice.
    """
    answers: dict[str, dict[str, Counter[str]]] = {}
    columns = [clips[name].tolist() for name in ("track", "video_fake", "voice", "voice_rule", "source")]
    for track, video_fake, voice, rule, source in zip(*columns, strict=True):
        if rule not in RULES:
            continue
        of_track = answers.setdefault(track, {name: Counter() for name in RULES})
        if not video_fake:
            of_track["recording"][source] += 1
        elif rule == "last in name":
            of_track["last in name"][voice] += 1
        of_track["source"][source] += 1
    decisions = {track: _decide(of_track) for track, of_track in answers.items()}
    decided = [
        decisions[track] if rule in RULES else (voice, rule)
        for track, _, voice, rule, _ in zip(*columns, strict=True)
    ]
    return clips.assign(voice=[voice for voice, _ in decided], voice_rule=[rule for _, rule in decided])


def num_disputed(clips: pd.DataFrame) -> int:
    """Number of tracks whose clips with real video are of several people; "" is no track."""
    real = clips[(clips["video_fake"] == 0) & (clips["track"] != "")]
    return int((real.groupby("track")["source"].nunique() > 1).sum())


def _decide(answers: dict[str, Counter[str]]) -> tuple[str, str]:
    rule = next(name for name in RULES if answers[name])
    return min(answers[rule].items(), key=lambda item: (-item[1], item[0]))[0], rule
