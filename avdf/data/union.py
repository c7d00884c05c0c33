"""Several corpora as one index: clips and people are called by the name of their corpus first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from avdf.data.clips import CORPUS, SKIPPED_COLUMNS, Index, group_columns, summarise

_SUMS = ("num_rows", "num_files", "num_duplicate_rows")


@dataclass(frozen=True, kw_only=True)
class Part:
    """The index of one corpus, and the set of names that its people are of.

    Corpora of one set share people: voxceleb/id00001 is the same person in each.
    """

    index: Index
    people: str


def join_indexes(parts: Mapping[str, Part]) -> Index:
    """The corpora by name -> one index, whose clips are NAME/CLIP and whose people are PEOPLE/PERSON.

    The column `corpus` holds the name. A corpus that lacks a column has blanks there.
    """
    groups = dict.fromkeys(name for part in parts.values() for name in group_columns(part.index.clips))
    tables = [_renamed(name, part) for name, part in parts.items()]
    clips = pd.concat(tables, ignore_index=True)
    for column in clips.columns:
        if any(column not in table or table[column].dtype == object for table in tables):
            clips[column] = clips[column].astype(object).where(clips[column].notna(), "")
    before = ["clip", "type", "method", *groups]
    clips = clips[[*before, *(name for name in clips.columns if name not in before)]]
    skipped = pd.concat([_skipped(name, part) for name, part in parts.items()], ignore_index=True)
    sums: dict[str, Any] = {
        key: sum(part.index.summary.get(key, 0) for part in parts.values()) for key in _SUMS
    }
    return Index(
        root=next(iter(parts.values())).index.root,
        clips=clips,
        skipped=skipped,
        summary=summarise(clips, skipped)
        | sums
        | {"corpora": {name: part.index.summary for name, part in parts.items()}},
        warnings=tuple(f"{name}: {line}" for name, part in parts.items() for line in part.index.warnings),
        parts={name: part.index for name, part in parts.items()},
    )


def _renamed(name: str, part: Part) -> pd.DataFrame:
    clips = part.index.clips
    prefix = f"{part.people}/"
    return clips.assign(
        clip=f"{name}/" + clips["clip"],
        source=prefix + clips["source"],
        voice=prefix + clips["voice"],
        identities=[
            ";".join(prefix + person for person in people.split(";")) for people in clips["identities"]
        ],
        **{CORPUS: name},
    )


def _skipped(name: str, part: Part) -> pd.DataFrame:
    skipped = part.index.skipped
    return skipped.assign(clip=[f"{name}/{clip}" for clip in skipped["clip"]])[SKIPPED_COLUMNS]
