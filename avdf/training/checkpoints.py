"""States of an unfinished training: whole or not at all, checksummed, the newest two kept."""

import io
import json
import logging
import pickle
import re
from pathlib import Path
from typing import Any

import torch

from avdf.errors import UserError
from avdf.files import atomic_file, file_hash, write_json

_LOG = logging.getLogger(__name__)
_NUM_KEPT = 2
_NAME = re.compile(r"state-(\d+)-(\d+)\.pt")


def save_state(folder: Path, state: dict[str, Any], *, epoch: int, step: int) -> None:
    """Writes the state reached before `step` of `epoch`, then removes all but the newest two.

    States of a later place are torn ones that were passed over, and go as well. Raises UserError where
    the folder can't be written or the disk is full.
    """
    path = folder / f"state-{epoch:04}-{step:06}.pt"
    for left in folder.glob(".state-*.part"):  # of a process that was killed while it wrote
        left.unlink(missing_ok=True)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with atomic_file(path) as part:
        part.write_bytes(buffer.getvalue())
        checksum = file_hash(part)
    # The checksum is written last: a state without one was never finished.
    write_json(path.with_suffix(".json"), {"sha256": checksum})
    states = _newest_first(folder)
    at = states.index(path)
    for old in states[:at] + states[at + _NUM_KEPT :]:
        old.with_suffix(".json").unlink(missing_ok=True)
        old.unlink(missing_ok=True)


def load_newest_state(folder: Path) -> dict[str, Any] | None:
    """The newest whole state, or None. A torn one is passed over, and the log says so.

    Raises UserError for a whole one that can't be read: to begin anew would in time remove it.
    """
    states = _newest_first(folder)
    for path in states:
        if file_hash(path) != _checksum(path):
            _LOG.warning("%s is torn (its checksum differs); going back to the one before", path.name)
            continue
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (ValueError, KeyError, TypeError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
            raise UserError(f"{path}: no state that this torch can read; begin a new run") from error
        return state
    if states:
        _LOG.warning("%s: no whole state is left; the training begins anew", folder)
    return None


def _checksum(path: Path) -> str | None:
    """The checksum that was written after a state; None where it is not there, or says nothing."""
    try:
        found = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return str(found.get("sha256")) if isinstance(found, dict) else None


def _newest_first(folder: Path) -> list[Path]:
    """By epoch and step as numbers: a name of five digits stands after one of four."""
    found = {path: _NAME.fullmatch(path.name) for path in folder.glob("state-*.pt")}
    places = {path: (int(match[1]), int(match[2])) for path, match in found.items() if match}
    return sorted(places, key=lambda path: places[path], reverse=True)
