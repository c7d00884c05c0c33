"""FakeAVCeleb's meta_data.csv in both variants, and the names and spellings that stand in it."""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from avdf.data.clips import GENDERS, RACES, TYPES
from avdf.errors import TableError

LIST_NAME = "meta_data.csv"
_RACES_BY_LETTERS = {re.sub(r"[^a-z]", "", race.lower()): race for race in RACES}


@dataclass(frozen=True)
class Row:
    """One row: the standard key of its clip (None where its path is no clip's), path, method."""

    key: str | None
    path: str
    method: str


def read_rows(path: Path) -> list[Row]:
    """The rows of the list. Raises TableError where it is not one."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *lines = [line for line in csv.reader(file) if line] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path}: can't be read as a CSV ({error})") from error
    if "method" not in header:
        raise TableError(f"{path}: no column 'method' in its header; is it FakeAVCeleb's list?")
    method = header.index("method")
    rows = []
    for number, line in enumerate(lines, start=2):
        if len(line) <= method:
            raise TableError(f"{path}, line {number}: {len(line)} values for {len(header)} columns")
        place = _path(line)
        rows.append(Row(key=standard_key(place), path=place, method=line[method].strip()))
    return rows


def standard_key(path: str) -> str | None:
    """TYPE/RACE/GENDER/ID/FILE.mp4 with the race in its standard spelling; None for another path."""
    parts = path.split("/")
    if len(parts) != 5 or not parts[4].lower().endswith(".mp4"):
        return None
    type_name, race, gender, identity, _ = parts
    race = _standard_race(race)
    if type_name not in TYPES.values() or not race or gender not in GENDERS:
        return None
    if not re.fullmatch(r"id\d{5}", identity):
        return None
    return "/".join((type_name, race, gender, identity, parts[4]))


def method_of_name(key: PurePosixPath) -> str:
    """The method as far as type and file name tell; the last resort where there is no list."""
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


@lru_cache
def _standard_race(race: str) -> str:
    """The standard spelling, whatever stands between its words; "" for no race of the dataset."""
    return _RACES_BY_LETTERS.get(re.sub(r"[^a-z]", "", race.lower()), "")


def _path(line: list[str]) -> str:
    """Folder and file name of a row, found by what the values look like.

    In one variant `path` is the name and a nameless column the folder, in the other `path` is the
    folder and `filename` the name. A first part such as `FakeAVCeleb/` is not on disk.
    """
    values = [value.strip().replace("\\", "/") for value in line]
    # target1 may hold a scrap such as fake.mp4: the file's name is the last of its kind.
    name = next((value for value in reversed(values) if value.lower().endswith(".mp4")), "")
    folder = next((value for value in reversed(values) if "/" in value and value != name), "")
    path = f"{folder.rstrip('/')}/{name}" if folder else name
    parts = path.split("/")
    for number, part in enumerate(parts):
        if part in TYPES.values() and ".." not in parts and not path.startswith("/"):
            return "/".join(parts[number:])
    return path
