"""Reads FakeAVCeleb's meta_data.csv in both of its variants, and infers methods from file names."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from avdf.corpora.fakeavceleb.labels import TYPES, standard_key, standard_type
from avdf.errors import TableError
from avdf.paths import suffix_of
from avdf.protocols.walking import MEDIA_SUFFIXES

LIST_NAME = "meta_data.csv"
_LONGEST_LIST = 1 << 28  # bytes; the real list has 3 million


@dataclass(frozen=True)
class Row:
    """One row: the standard key of its clip (None if its path is not a clip's), its path and method."""

    key: str | None
    path: str
    method: str


def read_rows(path: Path) -> list[Row]:
    """The rows of the list, with commas, semicolons or tabs between its values. Raises TableError."""
    header, *lines = _lines(path) or [[]]
    columns = [name.strip().lower() for name in header]
    if "method" not in columns:
        beginning = f" It begins with {header[0][:40]!r}." if header else " It is empty."
        raise TableError(f"{path}: no column 'method' in its header; is it FakeAVCeleb's list?{beginning}")
    method = columns.index("method")
    rows = []
    for number, line in enumerate(lines, start=2):
        if len(line) <= method:
            raise TableError(f"{path}, line {number}: {len(line)} values for {len(header)} columns")
        clip_path = _path(line)
        key = standard_key(_below_root(clip_path))
        rows.append(Row(key=key, path=clip_path, method=line[method].strip()))
    return rows


def _lines(path: Path) -> list[list[str]]:
    """The values of each line that has any. Raises TableError."""
    if path.exists() and not path.is_file():  # opening a pipe would wait for its writer
        raise TableError(f"{path}: can't be read as a CSV (a folder, a pipe or a device)")
    try:
        if path.stat().st_size > _LONGEST_LIST:
            raise TableError(f"{path}: {path.stat().st_size} bytes are too many for FakeAVCeleb's list")
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(",;\t", key=first.count)
            return [line for line in csv.reader(file, delimiter=delimiter, skipinitialspace=True) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path}: can't be read as a CSV ({error})") from error


def method_of_name(key: PurePosixPath) -> str:
    """The method inferred from type and file name; used if there is no list."""
    type_name, name = key.parts[0], key.stem
    if type_name == TYPES["A"]:
        return "real"
    if type_name == TYPES["B"]:
        return "rtvc"
    stem, lips = re.subn(r"_id\d{5}_wavtolip$", "", name)
    if re.search(r"_id\d{5}_.+", stem) and not stem.endswith("_faceswap"):
        swap = "fsgan"
    elif re.search(r"_\d+$", stem) or stem.endswith("_faceswap") or not lips:
        swap = "faceswap"
    else:
        swap = ""
    return "-".join(part for part in (swap, "wav2lip" if lips else "") if part)


def _path(line: list[str]) -> str:
    """Folder and file name of a row, recognised by what the values look like.

    In one variant `path` is the name and a nameless column the folder, in the other `path` is the
    folder and `filename` the name. A leading part such as `FakeAVCeleb/` is not on disk.
    """
    values = [value.strip().replace("\\", "/") for value in line]
    # target1 may hold a fragment such as fake.mp4: the file's name is the last value of its kind.
    name = next((value for value in reversed(values) if _is_media(value)), "")
    folders = [value for value in reversed(values) if "/" in value and value != name]
    folder = next((value for value in folders if any(map(standard_type, value.split("/")))), "")
    folder = folder or next(iter(folders), "")
    path = f"{folder.rstrip('/')}/{name}" if folder else name
    return path if path.startswith("/") else _below_root(path)


def _below_root(path: str) -> str:
    """A path from its type folder on; unchanged without one, or if it leads upwards."""
    parts = path.split("/")
    for number, part in enumerate(parts):
        if standard_type(part) and ".." not in parts:
            return "/".join(parts[number:])
    return path


def _is_media(name: str) -> bool:
    return suffix_of(name.rpartition("/")[2]).lower() in MEDIA_SUFFIXES
