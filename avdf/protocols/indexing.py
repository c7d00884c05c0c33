"""A described corpus -> its clip table; every row and every file is accounted for."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.data.clips import SKIPPED_COLUMNS, Index, summarise
from avdf.errors import ConfigError
from avdf.protocols.clips import Clip, clip_of, columns_of, table_of
from avdf.protocols.description import PATH, Delimited, Description, Folders, Row, Source
from avdf.protocols.folder import CorpusFolder, list_folder
from avdf.protocols.rows import PROBLEM, missing_tables, place_of, rows_of
from avdf.protocols.walking import Problem, Skipped, escaped

_LOG = logging.getLogger(__name__)


@dataclass
class _Listed:
    """Clips by path, and what became of all other rows. `claimed` are files that a row names."""

    clips: dict[str, Clip] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    claimed: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)  # clips of which a row has no label or another one
    duplicates: list[str] = field(default_factory=list)
    num_rows: int = 0


def index_described(description: Description, root: Path) -> Index:
    """Lists the clips of a described corpus below `root` without opening a media file.

    Raises ConfigError if none of its tables or no clip is there, TableError if a table cannot be read.
    """
    folder = list_folder(root)
    listed = _Listed()
    warnings = _missing_tables(description, folder)
    for source in description.sources:
        _add_source(listed, folder, source)
    for path in listed.doubtful:
        listed.clips.pop(path, None)
    skipped = [*folder.skipped, *listed.skipped, *folder.without_row(listed.claimed)]
    if not listed.clips:
        raise ConfigError(_nothing_found(description, root, skipped, listed.num_rows))
    clips = table_of(listed.clips, description.groups, root)
    skipped_table = pd.DataFrame(sorted(set(skipped)), columns=SKIPPED_COLUMNS)
    summary: dict[str, Any] = summarise(clips, skipped_table) | {
        "num_rows": listed.num_rows,
        "num_files": len(folder.files),
        "duplicate_rows": sorted(set(listed.duplicates)),
        "num_duplicate_rows": len(listed.duplicates),
    }
    _LOG.info("%s: %d clips in %s", description.title, len(clips), root)
    warnings += [*_unknown_words(listed.clips), *_one_class(clips)]
    return Index(root=root, clips=clips, skipped=skipped_table, summary=summary, warnings=tuple(warnings))


def _add_source(listed: _Listed, folder: CorpusFolder, source: Source) -> None:
    """Adds the rows of a source; a table of which no row has its file is named once."""
    missing: dict[str, list[Skipped]] = {}
    num_rows: Counter[str] = Counter()
    for row in rows_of(source.rows, folder, columns_of(source)):
        num_rows[row[PATH]] += 1
        if not isinstance(source.rows, Folders):
            listed.num_rows += 1
        if (problem := _add_row(listed, folder, source, row)) is not None:
            is_missing = problem[1] == "missing file"
            (missing.setdefault(row[PATH], []) if is_missing else listed.skipped).append(problem)
    for table, rows in missing.items():
        if len(rows) == num_rows[table] > 1:
            rows = [(table, "missing file", f"none of its {len(rows)} rows has a file")]
        listed.skipped += rows


def _add_row(listed: _Listed, folder: CorpusFolder, source: Source, row: Row) -> Skipped | None:
    """Adds the clip of a row; returns why it has none."""
    place = place_of(row)
    if PROBLEM in row:
        return place, "malformed row", str(row[PROBLEM])
    if isinstance(source.rows, Folders):
        path = str(row[PATH])
    else:
        name = (source.file.value(row) or "").replace("\\", "/").removeprefix("./")
        if not name:
            return place, "malformed row", f"no file in column {source.file.column!r}"
        places = [
            (source.folder.value(row) or "") if source.folder else "",
            str(row[PATH]).rpartition("/")[0],
        ]
        found = _file_of(name, folder, places)
        if isinstance(found, tuple):
            return escaped(name), found[0], f"{place}: {found[1]}"
        path = found
    listed.claimed.add(path)
    clip = clip_of(source, row, path)
    if isinstance(clip, tuple):
        listed.doubtful.add(path)
        return path, clip[0], f"{place}: {clip[1]}"
    if (before := listed.clips.setdefault(path, clip)) is not clip:
        if differences := clip.differences(before):
            listed.doubtful.add(path)
            return path, "contradicting rows", f"{place}: {differences}"
        listed.duplicates.append(path)
    return None


def _file_of(name: str, folder: CorpusFolder, places: Sequence[str]) -> str | Problem:
    """The path of the file that a row names, of several the one in one of `places`; or why there is none."""
    if name.startswith("/"):
        root = f"{folder.root.absolute().as_posix()}/"
        name = name.removeprefix(root)
    if ".." in name.split("/"):
        return "outside root", "its path leaves the folder; nothing was read there"
    found = folder.find(name)
    for place in filter(None, places):
        if len(found) > 1:
            found = folder.find(f"{place}/{name}") or found
    if len(found) > 1 and name in found:
        found = [name]
    if not found:
        return "missing file", "the folder has no such file"
    if len(found) > 1:
        return "several files", f"it may be {found[0]} or {found[1]}; remove or rename one"
    return found[0]


def _missing_tables(description: Description, folder: CorpusFolder) -> list[str]:
    """A warning of each table that is not there. Raises ConfigError if none of them is."""
    missing: list[str] = []
    is_any = False
    for source in description.sources:
        if isinstance(source.rows, Folders):
            is_any = True
        else:
            names = missing_tables(source.rows, folder)
            if not isinstance(source.rows, Delimited) or source.rows.needed:
                missing += names
            is_any = is_any or len(names) < len(source.rows.names)
    if not is_any:
        raise ConfigError(
            f"data.root: no {', '.join(missing)} below {str(folder.root)!r}; is it the folder of "
            f"{description.title}?"
        )
    return [
        f"NOT READ: no {name} in {folder.root}; the clips that it lists are left out." for name in missing
    ]


def _nothing_found(description: Description, root: Path, skipped: list[Skipped], num_rows: int) -> str:
    message = f"data.root: {root}: no clip of {description.title} in it"
    if not num_rows:
        return f"{message}; its tables hold no rows"
    if not skipped:
        return message
    clip, reason, detail = sorted(skipped)[0]
    count = "one row or file is" if len(skipped) == 1 else f"{len(skipped)} rows and files are"
    return f"{message}; {count} left out, for example {clip}: {reason} ({detail})"


def _unknown_words(clips: Mapping[str, Clip]) -> list[str]:
    """A warning per word that is in no alias table; the clips stay, without that value."""
    counts = Counter(word for clip in clips.values() for word in clip.unknown)
    return [
        f"UNKNOWN WORD: {column} is {word!r} for {count} clips; they are read as clips without {column}."
        for (column, word), count in counts.items()
    ]


def _one_class(clips: pd.DataFrame) -> list[str]:
    """A warning if every clip has the same labels."""
    if clips["type"].nunique() > 1:
        return []
    return [
        f"ONE CLASS: all {len(clips)} clips are {clips['type'].iloc[0]}; a detector needs both classes, so "
        "add another corpus (data.sources)."
    ]
