"""Joins scores with the list of all clips that should have one: the protocol of a corpus."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import pandas as pd

from avdf.errors import TableError
from avdf.evaluation.columns import some, words

_MEDIA = (".flac", ".wav", ".mp3", ".m4a", ".mp4", ".ogg", ".opus", ".aac", ".webm", ".mkv", ".avi", ".mov")
_OF_SCORES = ("score", "threshold", "score_without_start")


@dataclass(frozen=True)
class Protocol:
    """All clips that should have a score: `clips` has clip, is_fake and further columns, one row per clip."""

    clips: pd.DataFrame
    warnings: tuple[str, ...] = ()


def with_protocol(scores: pd.DataFrame, protocol: Protocol) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Every clip of `protocol` with its score, blank where it has none; and warnings.

    Clips are compared by name; a folder or a media suffix may be missing in one of the two. Raises
    TableError if no name is in both, or a clip has two scores.
    """
    for name in ("clip", "score"):
        if name not in scores:
            raise TableError(f"no column {name!r} to join with the protocol (have: {', '.join(scores)})")
    given = scores.assign(clip=words(scores["clip"]))
    if given["clip"].duplicated().any():
        doubled = sorted(set(given["clip"][given["clip"].duplicated()]))
        raise TableError(
            f"{len(doubled)} clips have more than one score: {some(doubled)}; keep one row per clip"
        )
    listed = protocol.clips.assign(clip=words(protocol.clips["clip"]))
    key_of = _exact if set(given["clip"]) & set(listed["clip"]) else _stem
    keys, wanted = given["clip"].map(key_of), listed["clip"].map(key_of)
    if wanted.duplicated().any() or keys.duplicated().any():
        raise TableError("clips of the protocol differ in their folders alone; give the scores with folders")
    if not set(keys) & set(wanted):
        first, second = given["clip"].iloc[0], listed["clip"].iloc[0]
        raise TableError(
            f"no clip of the scores is in the protocol (the first of each: {first!r} and {second!r}); is it "
            "the protocol of these scores?"
        )
    columns = [name for name in _OF_SCORES if name in given]
    by_key = given.set_index(keys)[columns]
    joined = listed.drop(columns=columns, errors="ignore").join(by_key, on=wanted)
    unknown = sorted(given["clip"][~keys.isin(wanted)])
    warnings = list(protocol.warnings)
    if unknown:
        warnings.append(
            f"{len(unknown)} scores are of clips that the protocol does not list: {some(unknown)}."
        )
    return joined, tuple(warnings)


def _exact(name: str) -> str:
    return name


def _stem(name: str) -> str:
    plain = PurePosixPath(name.replace("\\", "/"))
    return plain.stem if plain.suffix.lower() in _MEDIA else plain.name
