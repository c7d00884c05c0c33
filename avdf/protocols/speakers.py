"""Joins a table of people (VoxCeleb's, VCTK's, LibriTTS's) with a clip table, which gets group columns."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avdf.config.sources import SpeakersConfig
from avdf.data.clips import ATTACK_COLUMNS, OWN_COLUMNS, Index
from avdf.errors import ConfigError, TableError, nearest
from avdf.protocols.description import GENDERS
from avdf.table_files import NOT_UTF_8, open_text

_DELIMITERS = ("\t", "|", ",", ";")
_COMMENTS = (";", "#")
_NAMED = 5  # people in one message


def with_speakers(index: Index, config: SpeakersConfig, key: str, person: str = "voice") -> Index:
    """The index with a group column per entry of `groups`; people who are not in the table are named.

    `key` is where the settings are listed. `person` is whose groups they are: the column `voice`, or `source`
    for whose face it is. Raises ConfigError, TableError.
    """
    if config.path is None:
        return index
    for name in config.groups:
        if name in index.clips or name in OWN_COLUMNS:
            raise ConfigError(f"{key}.groups.{name}: the corpus has this column; name the new one otherwise")
    people = read_people(Path(config.path), config, key)
    voices = [str(name) for name in index.clips[person]]
    missing = sorted(set(voices) - people.keys())
    if len(missing) == len(set(voices)):
        raise ConfigError(
            f"{key}.id: nobody of {config.path} is in the corpus: its people are called "
            f"{_some(list(people))}, those of the corpus {_some(missing)}; name another column, or put "
            f"{key}.prefix before the names"
        )
    clips = index.clips.copy()
    for name in config.groups:
        columns = list(clips.columns)
        place = min(columns.index(known) for known in (*ATTACK_COLUMNS, "source") if known in columns)
        clips.insert(place, name, [people[voice][name] if voice in people else "" for voice in voices])
    unknown = [
        f"SPEAKERS: {len(missing)} of {len(set(voices))} people are not in {config.path} ({_some(missing)}); "
        f"their {' and '.join(config.groups)} is unknown."
    ]
    return replace(index, clips=clips, warnings=(*index.warnings, *(unknown if missing else ())))


def read_people(path: Path, config: SpeakersConfig, key: str) -> dict[str, dict[str, str]]:
    """Person -> value of each group. Raises TableError naming the file, the column or the person."""
    header, rows = _table(path)
    wanted = {"id": config.id or "", **{f"groups.{group}": name for group, name in config.groups.items()}}
    for setting, name in wanted.items():
        if name not in header:
            raise ConfigError(f"{key}.{setting}: {path} has no column {name!r}{nearest(name, header)}")
    people: dict[str, dict[str, str]] = {}
    for row in rows:
        of_column = dict(zip(header, row, strict=True))
        person = config.prefix + of_column[wanted["id"]]
        values = {group: _group(group, of_column[name]) for group, name in config.groups.items()}
        if people.setdefault(person, values) != values:
            raise TableError(f"{path}: {person!r} is listed twice with other values; keep one row per person")
    return people


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows; a header may be the comment before the first row, as in LibriSpeech's SPEAKERS.TXT."""
    try:
        with open_text(path) as file:
            lines = [line for line in file.read().splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: can't be read as a table ({NOT_UTF_8})") from error
    first = next((number for number, line in enumerate(lines) if line[0] not in _COMMENTS), len(lines))
    data = lines[first:]
    comment = lines[first - 1].lstrip("".join(_COMMENTS)) if first else ""
    if not data:
        raise TableError(f"{path}: holds no rows")
    delimiter = _delimiter(data)
    header, rows = _split(data[0], delimiter), data[1:]
    if 1 < len(named := _split(comment, delimiter)) <= len(header):
        header, rows = named, data
    width = len(header)
    values = [_split(line, delimiter, width) for line in rows]
    return header, [row + [""] * (width - len(row)) for row in values]


def _delimiter(lines: Sequence[str]) -> str | None:
    """The separator that is in every one of the first lines; None for white space."""
    sample = lines[:20]
    return next((mark for mark in _DELIMITERS if all(mark in line for line in sample)), None)


def _split(line: str, delimiter: str | None, width: int = 0) -> list[str]:
    """The values of a line without outer blanks; with `width`, what is left over belongs to the last one."""
    if delimiter is None:
        values = line.split(None, width - 1) if width else line.split()
    else:
        values = next(csv.reader([line], delimiter=delimiter), [])
        if width and len(values) > width:
            values = [*values[: width - 1], delimiter.join(values[width - 1 :])]
    return [value.strip() for value in values]


def _group(name: str, value: str) -> str:
    if name.lower() in ("gender", "sex"):
        return GENDERS.get(value.lower(), value)
    return value


def _some(people: Sequence[str]) -> str:
    more = f" and {len(people) - _NAMED} more" if len(people) > _NAMED else ""
    return ", ".join(people[:_NAMED]) + more
