"""The files of a corpus's folder: listed once, and found by the path or the name that a table gives."""

import os
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from avdf.errors import ConfigError
from avdf.paths import suffix_of
from avdf.protocols.walking import (
    MEDIA_SUFFIXES,
    Skipped,
    escaped,
    files_below,
    is_archive,
    is_no_clip,
    kind_of,
    problem_of_name,
    start_below,
)

# Of tables that are no notes (avdf.data.audio.formats).
TABLE_SUFFIXES = (".jsonl", ".parquet", *(f".{kind}.gz" for kind in ("csv", "tsv", "txt", "json", "jsonl")))


@dataclass
class CorpusFolder:
    """`files` may be clips, `tables` may list them; `skipped` can be neither. All are paths below `root`."""

    root: Path
    files: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def tables_named(self, ending: str) -> list[str]:
        """The tables whose path ends in `ending`, a pattern as of file names; of `a|b`, those of a or else b.

        A path that begins with / is a table that may lie elsewhere.
        """
        if ending.startswith("/"):
            return [ending] if Path(ending).is_file() else []
        for choice in ending.split("|"):
            depth = choice.count("/") + 1
            found = [path for path in self.tables if fnmatchcase("/".join(path.split("/")[-depth:]), choice)]
            if found:
                return found
        return []

    def find(self, listed: str) -> list[str]:
        """The files that a path in a table means: one, none, or several if it is ambiguous.

        Folders may be missing at the start of either path, and the media suffix may differ; the file that
        shares the most with the listed path is meant.
        """
        wanted = _key(listed)
        candidates = self._by_stem.get(wanted.rpartition("/")[2], ())
        shared = [(_shared(_key(path), wanted), path) for path in candidates]
        longest = max((length for length, _ in shared), default=0)
        best = [path for length, path in shared if length == longest > 0]
        if len(best) < 2:
            return best
        name = listed.rpartition("/")[2]
        return [path for path in best if path.rpartition("/")[2] == name] or best

    def without_row(self, claimed: set[str]) -> list[Skipped]:
        """Media files and archives that no row claims; a folder without any clip is named once."""
        left = [path for path in self.files if path not in claimed and _is_media_or_archive(path)]
        used = {path.rpartition("/")[0] for path in claimed}
        folders = Counter(path.rpartition("/")[0] for path in left)
        rows = []
        for path in left:
            place = path.rpartition("/")[0]
            if place in used or folders[place] == 1 or not place:
                known = suffix_of(path).lower() in MEDIA_SUFFIXES
                rows.append((path, "no row", "no table lists it" if known else kind_of(path)))
        rows += [
            (place, "no row", f"{count} files in it, which no table lists")
            for place, count in folders.items()
            if place and place not in used and count > 1
        ]
        return rows

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        files: dict[str, list[str]] = {}
        for path in self.files:
            files.setdefault(_key(path).rpartition("/")[2], []).append(path)
        return files


def list_folder(root: Path) -> CorpusFolder:
    """Lists every file below `root`; links that lead out of it are not followed. Raises ConfigError."""
    if not root.is_dir():
        raise ConfigError(f"data.root: no folder {str(root)!r}; give the folder of the corpus")
    folder = CorpusFolder(root)
    start = len(start_below(root))
    for path, problem in files_below(root, root.resolve(), set(), _is_hidden_note):
        name = path[start:].replace(os.sep, "/")
        problem = problem or problem_of_name(name)
        if problem is not None:
            folder.skipped.append((escaped(name), *problem))
        elif is_no_clip(name.rpartition("/")[2]) or name.lower().endswith(TABLE_SUFFIXES):
            folder.tables.append(name)
        else:
            folder.files.append(name)
    folder.files.sort()
    folder.tables.sort(key=lambda name: (name.count("/"), name))
    return folder


def _is_hidden_note(name: str) -> bool:
    return name.startswith(".") and is_no_clip(name)


def _is_media_or_archive(path: str) -> bool:
    return suffix_of(path).lower() in MEDIA_SUFFIXES or is_archive(path)


def _key(path: str) -> str:
    """A path without its media suffix, its letters composed as most tables write them."""
    stem, dot, suffix = path.rpartition(".")
    bare = stem if dot and f".{suffix.lower()}" in MEDIA_SUFFIXES else path
    return bare if bare.isascii() else unicodedata.normalize("NFC", bare)


def _shared(path: str, wanted: str) -> int:
    """Number of letters that the two paths share at their ends; 0 unless one is the end of the other."""
    short, long = sorted((path, wanted), key=len)
    return len(short) if long == short or long.endswith(f"/{short}") else 0
