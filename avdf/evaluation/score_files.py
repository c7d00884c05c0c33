"""Score tables as people have them: CSV with comma, semicolon or tab, compressed or not; others are named."""

import csv
import gzip
import io
import re
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from avdf.errors import TableError

MAX_BYTES = 1_000_000_000  # of a score table, unpacked
NUMBER_COLUMNS = ("is_fake", "score", "threshold", "score_without_start")
_SEPARATORS = (",", ";", "\t", "|")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?|[+-]?\d+")
_ASVSPOOF_LABELS = {"bonafide", "spoof", "bona-fide", "genuine"}
_REMEDY = "give a score table (CSV with is_fake, score, identity) or a run folder"
_FORMATS = {
    b"PAR1": "a Parquet file; write it as CSV (pandas: read_parquet, to_csv)",
    b"PK\x03\x04": "a zip archive or an Excel workbook; unpack it or save it as CSV",
    b"BZh": "compressed with bzip2; unpack it, or compress it with gzip",
    b"\xfd7zXZ": "compressed with xz; unpack it, or compress it with gzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it, or compress it with gzip",
    b"\x89HDF": "an HDF5 file; write it as CSV",
    b"\x93NUMPY": "a NumPy array; write it as CSV with a header",
    b"\x80\x04": "a pickle, which is never loaded; write it as CSV",
    b"\x80\x05": "a pickle, which is never loaded; write it as CSV",
}


def read_scores(path: Path) -> pd.DataFrame:
    """Reads a score table; text columns stay text ("NA" is a word, "007" keeps its zeros).

    Understood: comma, semicolon, tab or | between columns, decimal commas, byte order marks, UTF-8 and
    UTF-16, gzip, a separator at the end of each line. Raises TableError that names the file and what it is
    for other formats, for a missing or empty file, and for two columns of the same name.
    """
    text = _text_of(path, _bytes_of(path))
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    if not first_line:
        raise TableError(f"{path}: can't be read as a CSV (it is empty); {_REMEDY}")
    if not first_line.replace("\t", " ").isprintable():
        raise TableError(f"{path}: can't be read as a CSV (its first line is no text); {_REMEDY}")
    _refuse_asvspoof(path, first_line)
    separator = max(_SEPARATORS, key=first_line.count)
    names = [name.strip() for name in next(csv.reader([first_line], delimiter=separator))]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise TableError(f"{path}: two columns are called {doubled[0]!r}; rename or remove one of them")
    table = _parsed(path, text, separator, names)
    for name in NUMBER_COLUMNS:
        if name in table:
            table[name] = _as_numbers(table[name])
    return table


def _bytes_of(path: Path) -> bytes:
    """The unpacked bytes of a file, of at most MAX_BYTES."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file; {_REMEDY}") from error
    except OSError as error:
        raise TableError(f"{path}: can't be read ({error.strerror or error})") from error
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(data)) as unpacked:
                data = unpacked.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise TableError(f"{path}: can't be unpacked as gzip ({error}); copy the file again") from error
    if len(data) > MAX_BYTES:
        raise TableError(f"{path}: is larger than {MAX_BYTES / 1e9:g} GB; leave out columns or rows")
    return data


def _text_of(path: Path, data: bytes) -> str:
    for start, what in _FORMATS.items():
        if data.startswith(start):
            raise TableError(f"{path}: can't be read as a CSV (it is {what})")
    if data[:1] in (b"{", b"["):
        raise TableError(f"{path}: can't be read as a CSV (it is JSON; write it as CSV)")
    utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: can't be read as a CSV (it is not UTF-8; save it as UTF-8)") from error
    if "\0" in text:
        raise TableError(f"{path}: can't be read as a CSV (it holds zero bytes, so it is no text); {_REMEDY}")
    return text


def _refuse_asvspoof(path: Path, first_line: str) -> None:
    """A score file in the form of ASVspoof has no header and no identities, and higher means bona fide."""
    fields = first_line.split()
    if "," in first_line or not 2 <= len(fields) <= 6 or not _ASVSPOOF_LABELS & {f.lower() for f in fields}:
        return
    if _is_number(fields[-1]):
        raise TableError(
            f"{path}: looks like an ASVspoof score file (clip, attack, label, score; higher is bona fide); "
            "add the header, commas and an identity per clip from the protocol (docs/audit.md shows how), "
            "then audit with --higher-is bonafide"
        )


def _parsed(path: Path, text: str, separator: str, names: list[str]) -> pd.DataFrame:
    options = {"sep": separator, "dtype": str, "keep_default_na": False, "skip_blank_lines": True}
    try:
        table = pd.read_csv(io.StringIO(text), header=0, **options)
        if not isinstance(table.index, pd.RangeIndex):  # pandas takes surplus fields for an index
            extra = [f"surplus {number}" for number in range(table.index.nlevels)]
            table = pd.read_csv(io.StringIO(text), header=0, names=[*names, *extra], **options)
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
        raise TableError(f"{path}: can't be read as a CSV ({error})") from error
    table.columns = pd.Index(names)
    blank = [number for number, name in enumerate(names) if not name and (table.iloc[:, number] == "").all()]
    return table.iloc[:, [number for number in range(len(names)) if number not in blank]]


def _as_numbers(column: pd.Series) -> pd.Series:
    """Text as the nearest floats, decimal commas understood; unchanged where a value is not a number."""
    values = column.to_numpy(object)
    try:
        return pd.Series(values.astype(np.float64), index=column.index)
    except ValueError:
        pass
    if not all(isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip()) for value in values):
        return column
    points = [float(value.replace(",", ".")) for value in values]
    return pd.Series(points, index=column.index, dtype=np.float64)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
