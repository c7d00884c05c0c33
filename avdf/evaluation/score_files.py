"""Reads score tables: CSV with commas, semicolons or tabs, also compressed, and Parquet."""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from avdf.errors import TableError
from avdf.evaluation.naming import headerless_names, renamed
from avdf.parquet import parquet_table
from avdf.table_files import BLANKS, GZIP, PARQUET, other_format

MAX_BYTES = 500_000_000  # of a score table, unpacked
MAX_COLUMNS = 10_000
NUMBER_COLUMNS = ("is_fake", "score", "threshold", "score_without_start")
_SEPARATORS = (",", ";", "\t", "|")
_SPACES = r"\s+"  # the separator of a table without any of these
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?|[+-]?\d+")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REMEDY = "give a score table (CSV with is_fake, score, identity) or a run folder"


def read_scores(
    path: Path, *, names: Mapping[str, str] | None = None, max_bytes: int = MAX_BYTES
) -> pd.DataFrame:
    """Reads a score table; text columns stay text ("NA" is a word, "007" keeps its zeros).

    `names` renames columns, as in {"cm-score": "score"}. Understood: comma, semicolon, tab, | or spaces
    between columns, decimal commas, byte order marks, UTF-8 and UTF-16, gzip, a separator at the end of each
    line, blank rows, comments (#) before the header, Excel's line sep=;, score files of ASVspoof, which have
    no header; Parquet. Raises TableError that names the file and what it is for other formats, for a missing
    or empty file, and for two columns of one name.
    """
    data = _bytes_of(path, max_bytes)
    if data.startswith(PARQUET):
        table = parquet_table(path, max_bytes)
        _checked_names(path, list(table.columns))
    else:
        table = _of_text(path, _without_comments(_as_utf_8(path, data).lstrip()))
    try:
        table = renamed(table, names or {})
    except TableError as error:
        raise TableError(f"{path}: {error}") from error
    table = _with_decimal_points(_without_blank_rows(table))
    for name in NUMBER_COLUMNS:
        if name in table:
            table[name] = _as_numbers(table[name])
    return table


def _of_text(path: Path, data: bytes) -> pd.DataFrame:
    """The table of UTF-8 text, its columns as they are called there."""
    first_line, _, rest = data.partition(b"\n")
    separator = ""
    if first_line.lower().startswith(b"sep=") and len(first_line.strip()) == len("sep=;"):
        separator, data = first_line.decode()[4], rest
    first = re.split(rb"[\r\n]", data.lstrip(), maxsplit=1)[0].decode()
    if not separator:
        separator = max(_SEPARATORS, key=first.count)
        separator = separator if separator in first or len(first.split()) < 2 else _SPACES
    fields = _fields(path, first, separator)
    if header := headerless_names(fields):
        line = (" " if separator == _SPACES else separator).join(header)
        data, fields = f"{line}\n".encode() + data, list(header)
    return _parsed(path, data, separator, _checked_names(path, fields))


def _fields(path: Path, line: str, separator: str) -> list[str]:
    """The fields of the first line."""
    if not line.strip():
        raise TableError(f"{path}: can't be read as a CSV (it is empty); {_REMEDY}")
    if not line.replace("\t", " ").isprintable():
        raise TableError(f"{path}: can't be read as a CSV (its first line is not text); {_REMEDY}")
    delimiter = " " if separator == _SPACES else separator
    line = " ".join(line.split()) if delimiter == " " else line
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error as error:  # a name of more than 131072 characters
        raise TableError(f"{path}: can't be read as a CSV ({error}); {_REMEDY}") from error


def _checked_names(path: Path, names: list[str]) -> list[str]:
    if len(names) > MAX_COLUMNS:
        raise TableError(f"{path}: has {len(names)} columns; leave out all but {MAX_COLUMNS}")
    doubled = sorted(name for name, num in Counter(names).items() if name and num > 1)
    if doubled:
        raise TableError(f"{path}: two columns are called {doubled[0]!r}; rename or remove one of them")
    return names


def _bytes_of(path: Path, max_bytes: int) -> bytes:
    """The unpacked bytes of a file, at most `max_bytes`."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file; {_REMEDY}") from error
    except OSError as error:
        raise TableError(f"{path}: can't be read ({error.strerror or error})") from error
    if data.startswith(GZIP):
        try:
            with gzip.open(io.BytesIO(data)) as unpacked:
                data = unpacked.read(max_bytes + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise TableError(f"{path}: can't be unpacked as gzip ({error}); copy the file again") from error
    if len(data) > max_bytes:
        raise TableError(f"{path}: is larger than {max_bytes / 1e6:g} MB; leave out columns or rows")
    return data


def _as_utf_8(path: Path, data: bytes) -> bytes:
    """Text as UTF-8 without a byte order mark."""
    if what := other_format(data[:64]):
        raise TableError(f"{path}: can't be read as a CSV (it is {what})")
    if data[:1] in (b"{", b"["):
        raise TableError(f"{path}: can't be read as a CSV (it is JSON; write it as CSV)")
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            data = data.decode("utf-16").encode()
        data.decode()
    except UnicodeError as error:
        raise TableError(f"{path}: can't be read as a CSV (it is not UTF-8; save it as UTF-8)") from error
    if b"\0" in data:
        raise TableError(f"{path}: can't be read as a CSV (it holds zero bytes and is not text); {_REMEDY}")
    while data.startswith(_BYTE_ORDER_MARK):
        data = data.removeprefix(_BYTE_ORDER_MARK)
    return data


def _without_comments(data: bytes) -> bytes:
    """Without the first lines that begin with #, unless such a line names the columns."""
    while data.startswith(b"#"):
        line, _, rest = data.partition(b"\n")
        if b"is_fake" in line and b"score" in line:
            return data.lstrip(b"# ")
        data = rest.lstrip()
    return data


def _parsed(path: Path, data: bytes, separator: str, names: list[str]) -> pd.DataFrame:
    options = {"sep": separator, "dtype": str, "keep_default_na": False, "skip_blank_lines": True}
    try:
        table = pd.read_csv(io.BytesIO(data), header=0, **options)
        if not isinstance(table.index, pd.RangeIndex):  # pandas takes surplus fields for an index
            extra = [f"surplus {number}" for number in range(table.index.nlevels)]
            table = pd.read_csv(io.BytesIO(data), header=0, names=[*names, *extra], **options)
            filled = table[extra].fillna("").ne("").any(axis=1)
            if filled.any():
                raise TableError(
                    f"{path}: {int(filled.sum())} rows have more fields than the header has names, first row "
                    f"{int(filled.to_numpy().argmax()) + 1}; put names that contain {separator!r} in quotes"
                )
            table = table[names]
    except (pd.errors.EmptyDataError, pd.errors.ParserError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        remedy = f"put names that contain {separator!r} in quotes"
        raise TableError(f"{path}: can't be read as a CSV ({str(error).strip()}); {remedy}") from error
    table.columns = pd.Index(names)
    blank = [number for number, name in enumerate(names) if not name and (table.iloc[:, number] == "").all()]
    return table.iloc[:, [number for number in range(len(names)) if number not in blank]]


def _without_blank_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Without rows of separators alone, as spreadsheets write them."""
    starts_blank = table.iloc[:, 0].fillna("").str.strip() == ""
    rows = table[starts_blank].fillna("")
    blank = rows.apply(lambda column: column.str.strip() == "").all(axis=1)
    return table.drop(index=rows.index[blank]).reset_index(drop=True)


def _with_decimal_points(table: pd.DataFrame) -> pd.DataFrame:
    """Decimal commas of all other columns become points, if the scores are written with commas."""
    if "score" not in table or not table["score"].str.contains(",", na=False).any():
        return table
    for name in set(table.columns) - set(NUMBER_COLUMNS):
        words = [word for word in table[name].dropna().unique() if word]
        if any("," in word for word in words) and all(map(_DECIMAL_COMMA.fullmatch, words)):
            table[name] = table[name].str.replace(",", ".")
    return table


def _as_numbers(column: pd.Series) -> pd.Series:
    """Text as the nearest floats (also 0,5), blanks as NaN; unchanged where a value is something else."""
    values = column.to_numpy(object)
    try:
        return pd.Series(values.astype(np.float64), index=column.index)
    except ValueError:
        pass
    texts = ["nan" if str(value).strip().lower() in BLANKS else str(value).strip() for value in values]
    if any("," in text for text in texts):
        if not all(text == "nan" or _DECIMAL_COMMA.fullmatch(text) for text in texts):
            return column
        texts = [text.replace(",", ".") for text in texts]
    try:
        return pd.Series([float(text) for text in texts], index=column.index, dtype=np.float64)
    except ValueError:
        return column
