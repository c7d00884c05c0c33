"""Writes the tables, certificates and .wav files of prepare and split; replaces none unless asked to."""

import io
import wave
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.data.audio.store import SILENT, Store
from avdf.data.splits.rules import Split
from avdf.errors import UserError
from avdf.files import atomic_file, json_text
from avdf.progress import progress
from avdf.run_folder import RunFolder


def write_tables(
    clips: pd.DataFrame, skipped: pd.DataFrame, summary: dict[str, Any], folder: Path, *, overwrite: bool
) -> None:
    """clips.csv, skipped.csv and summary.json. Raises UserError if other files have these names."""
    names = RunFolder(folder)  # files of the same content have the same name everywhere
    _write_all(
        {
            names.clips_csv: _csv(clips),
            names.skipped_csv: _csv(skipped),
            folder / "summary.json": json_text(summary).encode(),
        },
        overwrite,
    )


def write_split(split: Split, folder: Path, *, overwrite: bool) -> None:
    """split.csv and certificate.json. Raises UserError if other files have these names."""
    names = RunFolder(folder)
    _write_all(
        {
            names.split_csv: _csv(split.table),
            names.certificate_json: json_text(split.certificate).encode(),
        },
        overwrite,
    )


def write_wavs(store: Store, folder: Path, *, overwrite: bool) -> None:
    """The decoded audio as one 16-bit .wav per clip with sound, under its name with another suffix.

    Raises UserError if another file has that name.
    """
    heard = store.table["clip"][store.table["shard"] != SILENT]
    for row, clip in progress(heard.items(), "writing .wav", total=len(heard)):
        memory = io.BytesIO()
        with wave.open(memory, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(store.sample_rate_hz)
            file.writeframes(store.waveform(row).tobytes())
        _write_all({(folder / clip).with_suffix(".wav"): memory.getvalue()}, overwrite)


def _csv(table: pd.DataFrame) -> bytes:
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.encode()


def _write_all(contents: dict[Path, bytes], overwrite: bool) -> None:
    """Writes the files that do not exist with this content; none if another is in the way."""
    missing = {path: content for path, content in contents.items() if not _holds(path, content)}
    taken = [path for path in missing if path.exists()]
    if taken and not overwrite:
        raise UserError(
            f"{taken[0]}: exists already with other content; choose another folder or --overwrite"
        )
    for path, content in missing.items():
        with atomic_file(path) as part:
            part.write_bytes(content)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
