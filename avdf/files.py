"""Files that appear whole or not at all: written beside, synced, renamed."""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.errors import UserError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a path beside `path` to write to; it takes its place when the block ends well.

    Raises UserError where the folder can't be written or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
        os.close(handle)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror}); choose another folder") from error
    part = Path(name)
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text with `\\n` line ends."""
    with whole_file(path) as part:
        part.write_bytes(text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Writes strict JSON with sorted keys; a NaN or an infinity becomes null."""
    write_text(path, json_text(value))


def read_json(path: Path) -> dict[str, Any]:
    """What `write_json` wrote of a dict."""
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def json_text(value: Any) -> str:
    """`value` as strict JSON with sorted keys; a NaN or an infinity becomes null."""
    return json.dumps(_finite(value), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Writes a table with a header, without its index."""
    with whole_file(path) as part:
        table.to_csv(part, index=False, lineterminator="\n")


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` (of another library) write a file that appears whole."""
    with whole_file(path) as part:
        write(part)


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


def file_names_under(folder: Path, suffix: str) -> list[Path]:
    """The files below a folder whose names end in `suffix`, sorted; links to folders aren't followed."""
    return sorted(
        Path(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(suffix)
    )


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if hasattr(value, "tolist"):  # a numpy scalar or array
        return _finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
