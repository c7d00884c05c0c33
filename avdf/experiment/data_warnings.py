"""Warnings about the data that come before any metric: missing groups and files that were left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.clips import CORPUS
from avdf.data.video.face_counts import face_counts, face_sentence
from avdf.data.video.store import FrameStore

UNKNOWN_GROUP = "unknown group"  # reason of a skipped folder whose name is no group of the corpus
_NAMED = 5  # names in one sentence; skipped.csv lists all


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "recording"), counted(0, "person", "people")
    ('1 recording', '0 people')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def groups_without_clips(
    listed: pd.DataFrame, clips: pd.DataFrame, columns: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Groups of `listed` of which `clips` has no row: {column: {group: number of listed clips}}.

    >>> listed = pd.DataFrame({"race": ["African", "African", "Asian (East)"]})
    >>> groups_without_clips(listed, listed.tail(1), ["race"])
    {'race': {'African': 2}}
    """
    lost: dict[str, dict[str, int]] = {}
    for column in columns:
        if column in listed and column in clips:
            counts = Counter(str(group) for group in listed[column].tolist() if str(group).strip())
            gone = counts.keys() - {str(group) for group in clips[column].unique()}
            if gone:
                lost[column] = {group: counts[group] for group in sorted(gone)}
    return lost


def missing_group_warnings(lost: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """One sentence per group column: which groups have no test clip."""
    for column, counts in lost.items():
        groups = _some([f"{group} ({_clips(count)} in the data set)" for group, count in counts.items()])
        yield f"MISSING GROUP: no test clip is of {column} {groups}; this report says nothing about them."


def unknown_group_warnings(skipped: pd.DataFrame) -> Iterator[str]:
    """One sentence that names the folders whose name is not a group of the corpus."""
    folders = skipped[skipped["reason"] == UNKNOWN_GROUP]
    if len(folders):
        names = _some([f"{row.clip} ({row.detail})" for row in folders.itertuples()])
        yield f"MISSING GROUP: not read, since the group is unknown: {names}."


def corpora_warnings(clips: pd.DataFrame, is_fake: NDArray[np.bool_]) -> Iterator[str]:
    """A sentence per corpus, of several, whose clips are all real or all fake."""
    if CORPUS not in clips:
        return
    shares = pd.Series(is_fake).groupby(clips[CORPUS].to_numpy()).mean()
    for name, share in shares.items():
        if share in (0, 1):
            yield (
                f"ONE CLASS: every clip of {name} is {'fake' if share else 'real'}: a detector may learn "
                "what its recordings have in common instead of what a fake is."
            )


def shared_warnings(certificate: Mapping[str, Any]) -> Iterator[str]:
    """A sentence on recordings and people that are in several corpora."""
    count = certificate.get("num_shared_recordings", 0)
    if count:
        pairs = [" and ".join(clips) for clips in certificate["shared_recordings"].values()]
        yield (
            f"SHARED RECORDINGS: {counted(count, 'recording')} {'is' if count == 1 else 'are'} in several "
            f"corpora ({_some(pairs)}); certificate.json says whether two splits share one."
        )


def no_groups_warnings(groups: Sequence[str]) -> Iterator[str]:
    """A sentence for data whose people are in no groups."""
    if not groups:
        yield (
            "NO GROUPS: the clips have no group columns, so this report compares no groups of people; a "
            "table of people (data.speakers) can add some."
        )


def skipped_warnings(skipped: pd.DataFrame) -> Iterator[str]:
    """One sentence with the number of files left out, by reason."""
    if len(skipped):
        reasons = Counter(skipped["reason"]).most_common()
        counts = ", ".join(f"{count} {reason}" for reason, count in reasons)
        files = "1 file was" if len(skipped) == 1 else f"{len(skipped)} files were"
        yield f"{files} left out when the data was read ({counts}); skipped.csv lists each."


def missing_modality_warnings(
    frames: FrameStore | None, unheard: pd.DataFrame, clips: Sequence[str], *, hears: bool
) -> Iterator[str]:
    """A sentence each on the clips that a detector of sound and picture cannot see, and cannot hear.

    None of a detector that does not hear: it reads the picture of every clip, and of no clip the sound.
    """
    if frames is None or not hears:
        return
    for word, verb, by, rows in (
        ("PICTURE", "seen", "sound", frames.skipped),
        ("SOUND", "heard", "picture", unheard),
    ):
        missing = rows[rows["clip"].isin(clips)]
        if len(missing):
            named = [f"{row.clip}: {row.reason} ({row.detail})" for row in missing.itertuples()]
            yield (
                f"NO {word}: {_clips(len(missing))} of the test split cannot be {verb}, and "
                f"{'is' if len(missing) == 1 else 'are'} scored by the {by} alone: {_some(named)}."
            )


def no_face_warnings(clips: pd.DataFrame, groups: Sequence[str]) -> Iterator[str]:
    """A sentence on the test clips in which no face was found, by group."""
    sentence = face_sentence(face_counts(clips, groups))
    if sentence:
        yield sentence


def shared_faces_warnings(certificate: Mapping[str, Any], *, looks: bool) -> Iterator[str]:
    """A sentence on the people whose face a detector that looks has trained on and is tested on."""
    count = certificate["pairs"]["train-test"]["num_shared_faces"] if looks else 0
    if count:
        yield (
            f"FACES: {count} faces of the test split are in train, too. data.split.name face keeps them "
            "apart, or strict for a detector that also hears."
        )


def lost_groups(lost: Mapping[str, Mapping[str, int]], skipped: pd.DataFrame) -> list[str]:
    """Names of the groups that were lost in reading: no clip decoded, or a folder of an unknown group."""
    folders: Sequence[Any] = list(skipped.loc[skipped["reason"] == UNKNOWN_GROUP, "clip"])
    return [*(f"{column} {group}" for column, counts in lost.items() for group in counts), *folders]


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count} clips"


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(items[:_NAMED]) + more
