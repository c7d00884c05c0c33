"""One row of a corpus -> one clip, and clips -> the clip table."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.protocols.description import FAKE, REAL, UNLABELLED, Field, Folders, Row, Source
from avdf.protocols.walking import Problem
from avdf.table_files import NOBODY

UNKNOWN_ATTACK = "unknown"
TYPES = {(0, 0): "real", (1, 0): "fake audio", (0, 1): "fake video", (1, 1): "fake audio and video"}
_BLANK = ("", "-")


@dataclass(frozen=True)
class Clip:
    """What a row says of a clip. `speaker` is "" if nobody knows who speaks."""

    audio_fake: int
    video_fake: int
    audio_attack: str
    video_attack: str
    speaker: str
    speaker_rule: str
    donor: str
    more: Mapping[str, str]  # group columns, official_split and all others
    unknown: tuple[tuple[str, str], ...] = ()  # column and word of values that are in no alias table

    @property
    def labels(self) -> tuple[int, int, str, str, str]:
        """What two rows of one clip must agree in."""
        return self.audio_fake, self.video_fake, self.audio_attack, self.video_attack, self.speaker

    def differences(self, other: "Clip") -> str:
        """What this clip and another row of it say differently, in words; "" if they agree."""
        if self.labels != other.labels:
            return f"{self.labels_text}, in another row {other.labels_text}"
        texts = [
            f"{name} is {self.more[name] or 'blank'}, in another row {other.more.get(name) or 'blank'}"
            for name in self.more
            if self.more[name] != other.more.get(name)
        ]
        return "; ".join(texts)

    @property
    def labels_text(self) -> str:
        """The labels in words."""
        made_by = "-".join(filter(None, (self.audio_attack, self.video_attack)))
        text = " by ".join(filter(None, (TYPES[self.audio_fake, self.video_fake], made_by)))
        return f"{text}, speaker {self.speaker}" if self.speaker else text


def clip_of(source: Source, row: Row, path: str) -> Clip | Problem:
    """The clip of a row; or the reason and the detail why it is left out."""
    flags = []
    for label in (source.audio, source.video):
        value = label.value(row)
        if value is None:
            known = ", ".join(filter(None, label.words))
            return "unknown label", f"{label.column} is {label.word(row)!r} (known: {known})"
        if value == UNLABELLED:
            return (
                "no label",
                f"{label.column} is {label.word(row)!r}" if label.column else "a list without labels",
            )
        flags.append(int(value == FAKE))
    try:
        segments = segments_text(row.get(source.segments)) if source.segments else ""
    except (TypeError, ValueError):
        return (
            "malformed row",
            f"{source.segments} is {row[source.segments]!r:.60}, not fake stretches in seconds",
        )
    values = {name: item.value(row) for name, item in _further(source).items()}
    more = {name: _plain(value) for name, value in values.items()}
    if source.segments:
        more["fake_segments"] = segments
    unknown = [(name, _further(source)[name].word(row)) for name, value in values.items() if value is None]
    return Clip(
        audio_fake=flags[0],
        video_fake=flags[1],
        audio_attack=_attack(source.audio_attack, row) if flags[0] else "",
        video_attack=_attack(source.video_attack, row) if flags[1] else "",
        speaker=_person(source.speaker, row),
        speaker_rule=source.speaker_rule,
        donor=_person(source.donor, row),
        more=more,
        unknown=tuple(unknown),
    )


def columns_of(source: Source) -> list[str]:
    """The columns that a table must have."""
    fields = [source.file, source.audio, source.video, source.audio_attack, source.video_attack]
    fields += [item for item in (source.speaker, source.donor) if item]
    fields += _further(source).values()
    named = [item.column for item in fields if len(item.columns) == 1 and not item.optional]
    named += [source.segments] if source.segments else []
    return [] if isinstance(source.rows, Folders) else list(dict.fromkeys(named))


def table_of(clips: Mapping[str, Clip], groups: Sequence[str], root: Path) -> pd.DataFrame:
    """The clip table, sorted by clip: columns that no clip has a value for are left out, groups are not."""
    names = sorted(clips)
    items = [clips[name] for name in names]
    speakers = [clip.speaker or name for clip, name in zip(items, names, strict=True)]
    donors = [clip.donor or speaker for clip, speaker in zip(items, speakers, strict=True)]
    pairs = zip(donors, speakers, strict=True)
    columns: dict[str, Any] = {
        "clip": names,
        "type": [TYPES[clip.audio_fake, clip.video_fake] for clip in items],
        "method": [_method(clip) for clip in items],
    }
    for name in groups:
        columns[name] = [clip.more.get(name, "") for clip in items]
    columns |= {
        "audio_attack": [clip.audio_attack for clip in items],
        "video_attack": [clip.video_attack for clip in items],
        "source": donors,
        "voice": speakers,
        "voice_rule": [clip.speaker_rule if clip.speaker else "clip" for clip in items],
        "identities": [";".join(dict.fromkeys(pair)) for pair in pairs],
        "track": "",
        "audio_fake": [clip.audio_fake for clip in items],
        "video_fake": [clip.video_fake for clip in items],
    }
    further = dict.fromkeys(name for clip in items for name in clip.more if name not in groups)
    for name in further:
        values = [clip.more.get(name, "") for clip in items]
        if any(values):
            columns[name] = values
    return pd.DataFrame(columns).assign(size_bytes=[_size(root / name) for name in names])


def segments_text(value: Any) -> str:
    """Fake stretches as `start-end;start-end` in seconds. Raises ValueError for anything else.

    >>> segments_text([[0.5, 1.25], [3, 4]]), segments_text("0.5-1.25"), segments_text(None)
    ('0.5-1.25;3-4', '0.5-1.25', '')
    """
    if isinstance(value, str):
        value = [part.split("-") for part in value.replace(" ", "").split(";") if part]
    pairs = [] if value is None else [(float(start), float(end)) for start, end in value]
    if any(not 0 <= start <= end < 1e6 for start, end in pairs):
        raise ValueError("stretches must be start <= end, in seconds")
    return ";".join(f"{start:.6g}-{end:.6g}" for start, end in pairs)


def _further(source: Source) -> dict[str, Field]:
    """The fields of group columns and of further columns, by the name of the column."""
    named = {"official_split": source.official_split, "language": source.language}
    return {
        **source.groups,
        **{name: item for name, item in named.items() if item is not None},
        **source.more,
    }


def _plain(value: str | None) -> str:
    return "" if value is None or value in _BLANK else value


def _person(person: Field | None, row: Row) -> str:
    """The name of a person; "" where a word says that nobody knows."""
    name = (person.value(row) or "") if person else ""
    return "" if name.lower() in NOBODY else name.replace(";", ",")  # ; is between identities


def _attack(attack: Field, row: Row) -> str:
    return _plain(attack.value(row)) or UNKNOWN_ATTACK


def _method(clip: Clip) -> str:
    if not (clip.audio_fake or clip.video_fake):
        return REAL
    return "-".join(dict.fromkeys(filter(None, (clip.audio_attack, clip.video_attack))))


def _size(path: Path) -> int:
    """Bytes of a file; 0 if it was removed meanwhile, which decoding will report."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
