"""Atomic writes of files and folders (temporary name, fsync, rename), and readers of JSON and CSV."""

import errno
import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avdf.errors import TableError, UserError

if TYPE_CHECKING:
    import pandas as pd

MAX_TABLE_BYTES = 1 << 30
MAX_JSON_BYTES = 64 << 20


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`, which replaces `path` when the block ends without an error.

    Raises UserError if the folder cannot be written, the disk is full, or `path` is a pipe or a device.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path}: is not a regular file; name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
        os.close(handle)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror}); choose another folder") from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror or error})") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(out: Path, *, replace: bool = True) -> Iterator[Path]:
    """Yields a temporary folder beside `out`, which becomes `out` when the block ends without an error.

    An `out` that exists is replaced; with `replace=False` only an empty one is, and for any other
    FileExistsError is raised. Raises UserError if the parent folder cannot be written, or `out` is a file
    that would have to be replaced.
    """
    if replace and os.path.lexists(out) and not out.is_dir():
        raise UserError(f"{out}: is a file; name a folder")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name[:40]}.", suffix=".part"))
    except OSError as error:
        raise UserError(f"{out}: can't be written ({error.strerror}); choose another folder") from error
    old = temporary.with_suffix(".old")
    try:
        yield temporary
        temporary.chmod(0o755)
        if replace and out.is_dir():
            _exchange(temporary, out, old)
            return
        if os.path.lexists(out) and not (out.is_dir() and not any(out.iterdir())):
            raise FileExistsError(f"{out}: exists already")
        temporary.replace(out)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(f"{out}: can't be written ({error.strerror}); free some space first") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(new: Path, out: Path, old: Path) -> None:
    """Puts `new` in the place of `out`, which goes to `old` and comes back if that fails."""
    out.rename(old)
    try:
        new.replace(out)
    except OSError:
        old.rename(out)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text with `\\n` line ends."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def create_text(path: Path, text: str) -> None:
    """Writes a text file atomically if there is none of that name: of several processes one succeeds.

    Raises FileExistsError if there is one, OSError if the folder cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            with path.open("xb") as file:
                file.write(text.encode("utf-8"))
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Writes strict JSON with sorted keys; a NaN or an infinity becomes null."""
    write_text(path, json_text(value))


def read_json(path: Path, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """Reads a JSON object; a key that is given twice, NaN and infinities are refused.

    Raises UserError if there is none, or the file is larger than `max_bytes`.
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path}: must be a file")  # a pipe or a device may never end
        with path.open("rb") as file:
            text = file.read(max_bytes + 1)
        if len(text) > max_bytes:
            raise UserError(f"{path}: is larger than {max_bytes >> 20} MiB, which no such file of avdf is")
        content = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_float=_finite_number,
            parse_constant=_finite_number,
        )
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path}: can't be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: can't be read as JSON ({error})") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: must hold a JSON object, got a {type(content).__name__}")
    return content


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise ValueError(f"the key {name[:60]!r} is given more than once")
        content[name] = value
    return content


def _finite_number(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"the value {text[:20]} is not allowed in JSON")
    return value


def json_text(value: Any) -> str:
    """`value` as strict JSON with sorted keys; a NaN or an infinity becomes null."""
    return (
        json.dumps(finite_json(value), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    )


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Writes a table with a header, without its index."""
    with atomic_file(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_csv_table(path: Path, missing: str, dtype: Mapping[str, type] | type[str] = str) -> "pd.DataFrame":
    """Reads a CSV (UTF-8, with or without byte order mark); words such as "NA" stay text.

    `missing` tells what to do if there is no such file. With `dtype=str` all columns are text and blanks
    are ""; with a mapping the columns in it are typed, the others are inferred and blanks are NaN.
    Raises TableError naming the file; also for one that is not a regular file or over MAX_TABLE_BYTES.
    """
    import pandas as pd  # here, so that what reads no table starts faster

    blanks = None if dtype is str else [""]
    try:
        size = path.stat().st_size
        if not path.is_file():  # a pipe or a device may never end
            raise TableError(f"{path}: is not a regular file")
        if size > MAX_TABLE_BYTES:
            raise TableError(f"{path}: is larger than {MAX_TABLE_BYTES >> 20} MiB, the limit for a table")
        return pd.read_csv(path, dtype=dtype, keep_default_na=False, na_values=blanks, encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file; {missing}") from error
    except OSError as error:
        raise TableError(f"{path}: can't be read ({error.strerror or error})") from error
    except TableError:
        raise
    except (pd.errors.EmptyDataError, pd.errors.ParserError, ValueError) as error:
        raise TableError(f"{path}: can't be read as a CSV ({error})") from error


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` (of another library) write a file atomically."""
    with atomic_file(path) as temporary:
        write(temporary)


def text_hash(text: str) -> str:
    """sha256 of a text, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def file_hash(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def finite_json(value: Any) -> Any:
    """A value of dicts, lists, numbers and arrays as JSON has them: NaN and infinities become None."""
    if isinstance(value, dict):
        return {str(key): finite_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite_json(item) for item in value]
    if hasattr(value, "tolist"):  # a numpy scalar or array
        return finite_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
