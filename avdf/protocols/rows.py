"""Rows of a corpus: of text tables, JSON and Parquet, or from the paths of files."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from avdf.errors import TableError, nearest
from avdf.parquet import parquet_blocks
from avdf.protocols.description import PATH, TABLE, Delimited, Folders, JsonList, Row, Tables
from avdf.protocols.folder import CorpusFolder
from avdf.table_files import NOT_UTF_8, open_text

LINE, PROBLEM = "@line", "@problem"  # the number of a row, and what is wrong with it
_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_FIELD = 1 << 30  # letters; the csv module stops at 131072


def rows_of(rows: Tables | Folders, folder: CorpusFolder, needed: Sequence[str]) -> Iterator[Row]:
    """Every row with its columns, TABLE, PATH, LINE, and PROBLEM where it cannot be read.

    `needed` are columns that must be there. Raises TableError naming the file and the column.
    """
    if isinstance(rows, Folders):
        pattern = re.compile(rf"(?:^|.*/){rows.pattern}")
        for name in folder.files:
            if found := pattern.fullmatch(name):
                yield {**found.groupdict(default=""), PATH: name, TABLE: ""}
        return
    for name in tables_of(rows, folder):
        path = folder.root / name
        read = _read(path, rows)
        is_first = True
        for row in read:
            if is_first and PROBLEM not in row:
                _check_columns(path, row, needed)
                is_first = False
            yield {**row, TABLE: path.name, PATH: name}


def tables_of(rows: Tables, folder: CorpusFolder) -> list[str]:
    """The paths of the tables that are there, each once."""
    return list(dict.fromkeys(name for ending in rows.names for name in folder.tables_named(ending)))


def missing_tables(rows: Tables, folder: CorpusFolder) -> list[str]:
    """The names of tables that are not there."""
    return [ending.replace("|", " or ") for ending in rows.names if not folder.tables_named(ending)]


def place_of(row: Row) -> str:
    """Where a row is, for a message."""
    return f"{row[PATH]}, line {row[LINE]}" if LINE in row else str(row[PATH])


def _read(path: Path, rows: Tables) -> Iterator[Row]:
    if isinstance(rows, Delimited):
        return _read_delimited(path, rows)
    return _read_json(path, rows) if isinstance(rows, JsonList) else _read_parquet(path)


def _read_parquet(path: Path) -> Iterator[Row]:
    number = 0
    for block in parquet_blocks(path):
        for values in zip(*block.values(), strict=True):
            number += 1
            yield {**dict(zip(block, values, strict=True)), LINE: number}


def _read_delimited(path: Path, rows: Delimited) -> Iterator[Row]:
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        with open_text(path) as file:
            columns: tuple[str, ...] = ()
            for line, num_lines, values in _values(file, rows):
                if not columns:
                    columns = _columns(path, rows, values)
                    if not rows.layouts:
                        continue
                if rows.rest and len(values) > len(columns):
                    joined = (rows.delimiter or " ").join(values[len(columns) - 1 :])
                    values = [*values[: len(columns) - 1], joined]
                row: Row = dict(zip(columns, values, strict=False))
                if len(values) != len(columns):
                    if num_lines > 1:
                        raise csv.Error(_open_quote(line, num_lines))
                    row[PROBLEM] = f"{len(values)} values for {len(columns)} columns"
                yield {**row, LINE: line}
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: can't be read as a table ({NOT_UTF_8})") from error
    except csv.Error as error:
        raise TableError(f"{path}: can't be read as a table ({error})") from error
    finally:
        csv.field_size_limit(before)


def _values(file: Any, rows: Delimited) -> Iterator[tuple[int, int, list[str]]]:
    """(number of the line, number of lines, values) of each row that has any."""
    if rows.delimiter is None:
        for number, line in enumerate(file, start=1):
            if values := line.split():
                yield number, 1, values
        return
    lines: list[str] = []  # of one row
    reader = csv.reader(
        _noted(file, lines),
        delimiter=rows.delimiter,
        quoting=csv.QUOTE_MINIMAL if rows.quoted else csv.QUOTE_NONE,
    )
    for values in reader:
        # At the end of a file the reader closes a quote that is open, whatever it has swallowed.
        if rows.quoted and len(lines) > 1 and sum(line.count('"') for line in lines) % 2:
            raise csv.Error(_open_quote(reader.line_num, len(lines)))
        if any(value.strip() for value in values):
            yield reader.line_num, len(lines), values
        lines.clear()


def _open_quote(line: int, num_lines: int) -> str:
    return f"line {line}: a quote opened {num_lines} lines before is not closed"


def _noted(file: Iterable[str], lines: list[str]) -> Iterator[str]:
    """The lines of a file, each added to `lines`."""
    for line in file:
        lines.append(line)
        yield line


def _columns(path: Path, rows: Delimited, first: list[str]) -> tuple[str, ...]:
    """The names of the columns: the header, or those for the number of values in the first line."""
    if not rows.layouts:
        names = tuple(name.strip() for name in first)
        if doubled := next((name for name in names if name and names.count(name) > 1), ""):
            raise TableError(f"{path}: two columns are called {doubled!r}; rename or remove one of them")
        return names
    for layout in rows.layouts:
        if len(layout) == len(first):
            return layout
    known = " or ".join(str(len(layout)) for layout in rows.layouts)
    raise TableError(
        f"{path}: its first line has {len(first)} columns, not {known}; it is another table, or another "
        f"version of it: {' '.join(first)[:60]!r}"
    )


def _read_json(path: Path, rows: JsonList) -> Iterator[Row]:
    try:
        with open_text(path) as file:
            items = (json.loads(line) for line in file if line.strip()) if rows.lines else json.load(file)
            if not rows.lines and not isinstance(items, list):
                raise TableError(f"{path}: must hold a list of objects, got a {type(items).__name__}")
            for number, item in enumerate(items, start=1):
                is_object = isinstance(item, dict)
                yield {**item, LINE: number} if is_object else {LINE: number, PROBLEM: "is not an object"}
    except (ValueError, RecursionError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError(f"{path}: can't be read as JSON ({error})") from error


def _check_columns(path: Path, row: Row, needed: Sequence[str]) -> None:
    have = [name for name in row if not name.startswith("@")]
    for name in needed:
        if name not in row and not name.startswith("@"):
            raise TableError(f"{path}: no column {name!r}{nearest(name, have)}")


def delimiter_of(path: Path) -> str | None:
    """The most frequent separator in the first line of a table; None for white space. Raises TableError."""
    try:
        with open_text(path) as file:
            line = next((line for line in file if line.strip()), "")
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: can't be read as a table ({NOT_UTF_8})") from error
    best = max(_DELIMITERS, key=line.count)
    return best if best in line or len(line.split()) < 2 else None
