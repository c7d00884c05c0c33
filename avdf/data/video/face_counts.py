"""In how many clips of each group no face was found: a finder that misses one group more biases an audit."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

ALL = "all"


def face_counts(clips: pd.DataFrame, groups: Sequence[str]) -> dict[str, dict[str, dict[str, int]]]:
    """`{column: {group: {num_clips, num_without_face}}}` of the clips with a picture; `all` is every one.

    Empty for a table without `has_face`.

    >>> clips = pd.DataFrame({"gender": ["men", "men", "women"], "has_video": 1, "has_face": [1, 0, 1]})
    >>> face_counts(clips, ["gender"])["gender"]["men"]
    {'num_clips': 2, 'num_without_face': 1}
    """
    if "has_face" not in clips:
        return {}
    seen = clips[clips["has_video"] == 1]
    counts = {ALL: {ALL: _counts(seen)}}
    for column in groups:
        if column in seen:
            counts[column] = {str(group): _counts(rows) for group, rows in seen.groupby(column)}
    return counts


def face_sentence(counts: dict[str, dict[str, dict[str, int]]]) -> str | None:
    """Those counts in words; None if every clip has a face, or nobody looked for one."""
    if not counts or counts[ALL][ALL]["num_without_face"] == 0:
        return None
    of_groups = [
        f"{column} " + ", ".join(f"{group} {_words(row)}" for group, row in groups.items())
        for column, groups in counts.items()
        if column != ALL
    ]
    named = f": {'; '.join(of_groups)}" if of_groups else ""
    return (
        f"NO FACE: in {_words(counts[ALL][ALL])} clips with a picture no face was found, and the detector is "
        f"given the whole picture{named}."
    )


def _counts(clips: pd.DataFrame) -> dict[str, Any]:
    return {"num_clips": len(clips), "num_without_face": int((clips["has_face"] == 0).sum())}


def _words(row: dict[str, int]) -> str:
    return f"{row['num_without_face']} of {row['num_clips']}"
