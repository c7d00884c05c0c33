"""A FakeAVCeleb folder -> clip table; every row of its list and every file below it is accounted for."""

import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from avdf.corpora.fakeavceleb.folder import CLIP_PLACE, Listing, list_files
from avdf.corpora.fakeavceleb.labels import (
    AUDIO_ATTACK,
    AUDIO_FAKE_TYPES,
    GENDERS,
    RACES,
    TYPES,
    VIDEO_FAKE_TYPES,
)
from avdf.corpora.fakeavceleb.metadata import LIST_NAME, Row, method_of_name, read_rows
from avdf.corpora.fakeavceleb.roots import find_roots, list_paths
from avdf.data.clips import SKIPPED_COLUMNS, Index, summarise
from avdf.errors import ConfigError
from avdf.protocols.walking import Skipped

_LETTERS = {name: letter for letter, name in TYPES.items()}
_IDENTITY = re.compile(r"id\d{5}")
_LOG = logging.getLogger(__name__)


def index_folder(folder: Path) -> Index:
    """Lists the clips of a FakeAVCeleb folder without opening a media file.

    Type folders in several folders side by side are read as one data set. Raises ConfigError if there
    is no such folder or no clip in it, TableError if its list cannot be read.
    """
    roots = find_roots(folder)
    base = roots.base
    _LOG.info("FakeAVCeleb is read from %s", " and ".join(str(root) for root in roots.folders))
    listing = list_files(roots, folder)
    lists = list_paths(roots, folder)
    rows = [row for path in lists for row in read_rows(path)] if lists else None
    methods = _methods(listing, rows)
    skipped = [*listing.skipped, *_skipped_by_list(base, listing, rows, methods)]
    if not methods:
        raise ConfigError(_nothing_found(folder, skipped))
    clips = pd.DataFrame([_clip(base, listing.files[key], key, methods[key]) for key in sorted(methods)])
    skipped_table = pd.DataFrame(sorted(set(skipped)), columns=SKIPPED_COLUMNS)
    summary = summarise(clips, skipped_table) | {
        "num_rows": 0 if rows is None else len(rows),
        "num_files": len(listing.files),
        "duplicate_rows": [listing.files[key] for key in sorted(methods) if len(methods[key]) > 1],
        "num_duplicate_rows": sum(len(names) - 1 for names in methods.values()),
    }
    return Index(
        root=base,
        clips=clips,
        skipped=skipped_table,
        summary=summary,
        warnings=tuple(_missing_groups(clips)),
    )


def _methods(listing: Listing, rows: Sequence[Row] | None) -> dict[str, list[str]]:
    """The methods of each clip by key: those of its rows, or that of its name where there is no list."""
    if rows is None:
        return {key: [method_of_name(PurePosixPath(key))] for key in listing.files}
    methods: dict[str, list[str]] = {}
    for row in rows:
        if row.key in listing.files:
            known = row.method not in ("", "-")
            method = row.method if known else method_of_name(PurePosixPath(row.key))
            methods.setdefault(row.key, []).append(method)
    return methods


def _skipped_by_list(
    base: Path, listing: Listing, rows: Sequence[Row] | None, methods: Mapping[str, object]
) -> list[Skipped]:
    """Rows without a file, and files without a row."""
    if rows is None:
        return []
    without_file = [row for row in rows if row.key not in methods and row.key not in listing.claimed]
    without_row = sorted(listing.files.keys() - methods.keys())
    return [_without_file(base, row) for row in without_file] + [
        (listing.files[key], "no row", f"{LIST_NAME} does not name it") for key in without_row
    ]


def _without_file(base: Path, row: Row) -> Skipped:
    """Why a row has no clip: its path leaves the root, or there is no file."""
    outside = "its path leaves the folder; nothing was read there"
    if ".." in PurePosixPath(row.path).parts or row.path.startswith("/"):
        return row.path, "outside root", outside
    if row.key is None:
        return row.path, "missing file", f"its path is not a clip's: {CLIP_PLACE}"
    path = base / row.key
    if os.path.exists(path) and not path.resolve().is_relative_to(base.resolve()):
        return row.key, "outside root", outside
    return row.key, "missing file", f"{LIST_NAME} names it, but the folder has no such file"


def _clip(base: Path, name: str, key: str, methods: list[str]) -> dict[str, Any]:
    type_name, race, gender, source, file_name = key.split("/")
    letter = _LETTERS[type_name]
    voice, rule = _voice_by_name(letter, source, file_name)
    method = max(methods, key=lambda method: (len(method), method))
    return {
        "clip": name,
        "type": letter,
        "method": method,
        "race": race,
        "gender": gender,
        "audio_attack": AUDIO_ATTACK if letter in AUDIO_FAKE_TYPES else "",
        "video_attack": method if letter in VIDEO_FAKE_TYPES else "",
        "source": source,
        "voice": voice,
        "voice_rule": rule,
        "identities": ";".join(dict.fromkeys([source, *_IDENTITY.findall(file_name)])),
        "track": "",
        "audio_fake": int(letter in AUDIO_FAKE_TYPES),
        "video_fake": int(letter in VIDEO_FAKE_TYPES),
        "methods": ";".join(sorted(set(methods))),
        "size_bytes": _size(f"{base}/{name}"),
    }


def _size(path: str) -> int:
    """Bytes of a file; 0 if it was removed meanwhile, which decoding will report."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _voice_by_name(letter: str, source: str, file_name: str) -> tuple[str, str]:
    """The person whose voice a clip carries, inferred from its name, and the rule that was used."""
    identities = _IDENTITY.findall(file_name)
    if letter in VIDEO_FAKE_TYPES and file_name.endswith("_wavtolip.mp4") and identities:
        return identities[-1], "last in name"
    return source, "source"


def _nothing_found(folder: Path, skipped: Sequence[Skipped]) -> str:
    message = f"{folder}: no clip in it ({CLIP_PLACE}); is it a FakeAVCeleb folder?"
    if not skipped:
        return message
    clip, reason, detail = sorted(skipped)[0]
    count = "One file or folder is" if len(skipped) == 1 else f"{len(skipped)} files or folders are"
    return f"{message} {count} left out, for example {clip}: {reason} ({detail})"


def _missing_groups(clips: pd.DataFrame) -> list[str]:
    """A warning per column that lacks a value which the data set has: a lost folder or download."""
    values = {"type": tuple(TYPES), "race": RACES, "gender": GENDERS}
    found = {column: set(clips[column].tolist()) for column in values}
    missing = {
        column: [value for value in known if value not in found[column]] for column, known in values.items()
    }
    return [
        f"MISSING GROUP: no clip is of {column} {', '.join(names)}, which FakeAVCeleb has; "
        "this report says nothing about them."
        for column, names in missing.items()
        if names
    ]
