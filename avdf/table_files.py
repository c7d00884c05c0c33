"""Files that hold tables: formats that are refused by name, text read line by line, and words for labels."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from avdf.errors import TableError
from avdf.files import MAX_TABLE_BYTES

PARQUET, GZIP = b"PAR1", b"\x1f\x8b"
REAL_WORDS = ("real", "bonafide", "genuine", "human")  # of labels, in lower case
BONAFIDE_SPELLINGS = ("bona-fide", "bona_fide", "bona fide")
FAKE_WORDS = ("fake", "spoof", "spoofed", "deepfake", "synthetic")
BLANKS = {"", "-", "?", "unknown", "nan", "none", "null", "na", "n/a", "<na>"}  # of numbers, in lower case
NOBODY = BLANKS - {"na"}  # of names of people: NA may be a person's initials
NOT_UTF_8 = "it is not UTF-8; save it as UTF-8"
_BLOCK_BYTES = 1 << 20
_LONGEST_START = 64
_EXACT = 1 << 53  # floats are whole numbers from here on
_FORMATS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; unpack it or save it as CSV",
    b"BZh": "compressed with bzip2; unpack it, or compress it with gzip",
    b"\xfd7zXZ": "compressed with xz; unpack it, or compress it with gzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it, or compress it with gzip",
    b"\x89HDF": "an HDF5 file; write it as CSV",
    b"\x93NUMPY": "a NumPy array; write it as CSV with a header",
    b"\x80\x04": "a pickle, which is never loaded; write it as CSV",
    b"\x80\x05": "a pickle, which is never loaded; write it as CSV",
    b"version https://git-lfs": "a pointer of Git LFS; fetch the file itself with git lfs pull",
    b"<": "a page of HTML or XML; download the table itself",
}


def cell_text(value: Any) -> str:
    """A value of JSON or Parquet as a CSV would hold it, without outer blanks; null and NaN are "".

    Whole numbers have no decimal point, since 7 is written as 7.0 where a column has blanks.

    >>> cell_text(7.0), cell_text(0.5), cell_text(" 007"), cell_text(None), cell_text(True)
    ('7', '0.5', '007', '', 'true')
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    return str(int(value)) if is_whole else str(value)


def other_format(start: bytes) -> str:
    """What a file is that begins with these bytes and is no table of text, and what to do; "" for text.

    >>> other_format(b"<!DOCTYPE html>")
    'a page of HTML or XML; download the table itself'
    """
    plain = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((what for known, what in _FORMATS.items() if plain.startswith(known)), "")


@contextmanager
def open_text(path: Path, max_bytes: int = MAX_TABLE_BYTES) -> Iterator[TextIO]:
    """The text of a table: UTF-8 or UTF-16, with or without a byte order mark, compressed with gzip or not.

    Raises TableError for other formats, for more than `max_bytes` unpacked, and for what is no regular file;
    the file read may raise UnicodeDecodeError.
    """
    try:
        if not path.is_file() or path.stat().st_size > max_bytes:  # a pipe may never end
            raise TableError(f"{path}: is not a file of at most {max_bytes >> 20} MiB")
        with path.open("rb") as raw:
            start = raw.read(_LONGEST_START)
            raw.seek(0)
            if not start.startswith(GZIP):
                yield _as_text(path, raw, start)
                return
            _check_unpacked(path, raw, max_bytes)
            with gzip.open(raw) as unpacked:
                start = unpacked.read(_LONGEST_START)
                unpacked.seek(0)
                yield _as_text(path, unpacked, start)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{path}: can't be read ({error}); copy the file again") from error


def _as_text(path: Path, data: object, start: bytes) -> TextIO:
    if what := other_format(start):
        raise TableError(f"{path}: is not a table of text, but {what}")
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return io.TextIOWrapper(data, encoding=encoding, newline="")  # type: ignore[type-var]


def _check_unpacked(path: Path, raw: io.BufferedReader, max_bytes: int) -> None:
    """Raises TableError if a compressed file unpacks to more: a few kilobytes may unpack to terabytes."""
    size = 0
    with gzip.open(raw) as unpacked:
        while block := unpacked.read(_BLOCK_BYTES):
            if (size := size + len(block)) > max_bytes:
                raise TableError(f"{path}: is not a file of at most {max_bytes >> 20} MiB, unpacked")
    raw.seek(0)
