"""A FakeAVCeleb folder -> clip table: every quirk of its list answered, every file accounted for."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from avdf.corpora.fakeavceleb.folder import files_of, find_root, list_of
from avdf.corpora.fakeavceleb.metadata import LIST_NAME, Row, method_of_name, read_rows
from avdf.data.clips import AUDIO_FAKE_TYPES, SKIPPED_COLUMNS, TYPES, VIDEO_FAKE_TYPES, Index, summarise
from avdf.errors import ConfigError

_LETTERS = {name: letter for letter, name in TYPES.items()}
_IDENTITY = re.compile(r"id\d{5}")


def index(folder: Path) -> Index:
    """Lists the clips of a FakeAVCeleb folder without opening a medium.

    Raises ConfigError where there is no such folder or no clip in it, TableError where its list is
    not one.
    """
    root = find_root(folder)
    files, skipped = files_of(root)
    list_path = list_of(root, folder)
    rows = read_rows(list_path) if list_path else None
    methods: dict[str, list[str]] = {}
    if rows is None:
        methods = {key: [method_of_name(PurePosixPath(key))] for key in files}
    else:
        for row in rows:
            if row.key in files:
                known = row.method not in ("", "-")
                method = row.method if known else method_of_name(PurePosixPath(row.key))
                methods.setdefault(row.key, []).append(method)
            else:
                skipped.append(_why_not(root, row))
        skipped += [
            (files[key], "no row", f"{LIST_NAME} does not name it") for key in files.keys() - methods.keys()
        ]
    if not methods:
        raise ConfigError(
            f"{folder}: no clip in it (TYPE/RACE/GENDER/ID/FILE.mp4); is it a FakeAVCeleb folder?"
        )
    clips = pd.DataFrame([_clip(root, files[key], key, methods[key]) for key in sorted(methods)])
    left_out = pd.DataFrame(sorted(set(skipped)), columns=SKIPPED_COLUMNS)
    summary = summarise(clips, left_out) | {
        "num_rows": 0 if rows is None else len(rows),
        "num_files": len(files),
        "duplicate_rows": [files[key] for key in sorted(methods) if len(methods[key]) > 1],
        "num_duplicate_rows": sum(len(names) - 1 for names in methods.values()),
    }
    return Index(root=root, clips=clips, skipped=left_out, summary=summary)


def _why_not(root: Path, row: Row) -> tuple[str, str, str]:
    """Why a row has no clip: its path leaves the root, or no file is there."""
    outside = "its path leaves the folder; nothing was read there"
    if row.key is None:
        parts = PurePosixPath(row.path).parts
        if ".." in parts or row.path.startswith("/"):
            return row.path, "outside root", outside
        return row.path, "missing file", "its path is not TYPE/RACE/GENDER/ID/FILE.mp4"
    if (root / row.key).exists() and not (root / row.key).resolve().is_relative_to(root.resolve()):
        return row.key, "outside root", outside
    return row.key, "missing file", f"{LIST_NAME} names it, the folder lacks it"


def _clip(root: Path, name: str, key: str, methods: list[str]) -> dict[str, Any]:
    type_name, race, gender, source, file_name = key.split("/")
    letter = _LETTERS[type_name]
    voice, rule = _voice_by_name(letter, source, file_name)
    return {
        "clip": name,
        "type": letter,
        "method": max(methods, key=lambda method: (len(method), method)),
        "race": race,
        "gender": gender,
        "source": source,
        "voice": voice,
        "voice_rule": rule,
        "identities": ";".join(dict.fromkeys([source, *_IDENTITY.findall(file_name)])),
        "track": "",
        "audio_fake": int(letter in AUDIO_FAKE_TYPES),
        "video_fake": int(letter in VIDEO_FAKE_TYPES),
        "methods": ";".join(sorted(set(methods))),
        "size_bytes": (root / name).stat().st_size,
    }


def _voice_by_name(letter: str, source: str, file_name: str) -> tuple[str, str]:
    """Whose voice a clip carries as far as its name tells, and which rule said so."""
    named = _IDENTITY.findall(file_name)
    if letter in VIDEO_FAKE_TYPES and file_name.endswith("_wavtolip.mp4") and named:
        return named[-1], "last in name"
    return source, "source"
