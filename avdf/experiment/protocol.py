"""A list of a corpus as a table of clips to be joined with scores: no media and no folder is needed."""

from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.corpora import CORPORA, Described, open_corpus
from avdf.errors import TableError, UserError
from avdf.evaluation.protocol_join import Protocol
from avdf.protocols.clips import Clip, clip_of, columns_of
from avdf.protocols.description import Description, Folders, Source
from avdf.protocols.folder import CorpusFolder
from avdf.protocols.rows import PROBLEM, place_of, rows_of

_LEFT_OUT = "no label"  # such rows are no trials; all other problems of a row are refused


def read_protocol(path: Path, corpus: str) -> Protocol:
    """One list of a corpus -> clip, is_fake, identity, audio_attack, groups and further columns.

    `is_fake` is whether the sound is. Without speakers there is no column identity. Raises UserError for a
    corpus that is not read from lists, TableError for a list of another form or with an unknown label.
    """
    source = _source_of(path, _description(corpus))
    folder = CorpusFolder(root=path.absolute().parent)
    clips: dict[str, Clip] = {}
    left_out: Counter[str] = Counter()
    for row in rows_of(source.rows, folder, columns_of(source)):
        if PROBLEM in row:
            raise TableError(f"--protocol: {place_of(row)}: {row[PROBLEM]}")
        name = source.file.value(row) or ""
        clip = clip_of(source, row, name)
        if isinstance(clip, Clip):
            if name in clips and clips[name].labels != clip.labels:
                raise TableError(f"--protocol: {place_of(row)}: {name} is listed twice with different labels")
            clips[name] = clip
        elif clip[0] == _LEFT_OUT:
            left_out[clip[1]] += 1
        else:
            raise TableError(f"--protocol: {place_of(row)}: {clip[0]}, {clip[1]}")
    if not clips:
        raise TableError(f"--protocol: {path} lists no clip of the corpus {corpus}")
    warnings = tuple(f"{num} rows of the protocol have no label: {why}." for why, num in left_out.items())
    return Protocol(_table(clips), warnings)


def _description(corpus: str) -> Description:
    plugin = open_corpus(corpus, key="--corpus")
    if not isinstance(plugin, Described):
        others = [name for name in CORPORA.names() if isinstance(open_corpus(name), Described)]
        raise UserError(f"--corpus {corpus}: is not read from lists (these are: {', '.join(others)})")
    return plugin.description


def _source_of(path: Path, description: Description) -> Source:
    """The source whose lists have such a name, else the first that has lists, reading this file alone."""
    if not path.is_file():
        raise TableError(f"--protocol: {path}: no such file")
    sources = [source for source in description.sources if not isinstance(source.rows, Folders)]
    if not sources:
        raise UserError(f"--corpus: {description.title} has no lists; its labels are in its folders")
    fitting = [source for source in sources if _fits(path.name, source)]
    source = (fitting or sources)[0]
    rows: Any = source.rows
    return replace(source, rows=replace(rows, names=(str(path.absolute()),)))


def _fits(name: str, source: Source) -> bool:
    rows = source.rows
    if isinstance(rows, Folders):
        return False
    patterns = [choice.rpartition("/")[2] for ending in rows.names for choice in ending.split("|")]
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _table(clips: dict[str, Clip]) -> pd.DataFrame:
    items = list(clips.values())
    names = list(dict.fromkeys(name for clip in items for name in clip.more if name != "official_split"))
    columns: dict[str, Any] = {
        "clip": list(clips),
        "is_fake": [clip.audio_fake for clip in items],
        "audio_attack": [clip.audio_attack for clip in items],
        **{name: [clip.more.get(name, "") for clip in items] for name in names},
    }
    if any(clip.speaker for clip in items):
        columns["identity"] = [clip.speaker or f"unknown speaker of {name}" for name, clip in clips.items()]
    return pd.DataFrame(columns)
