"""States of an unfinished training: whole or not at all, checksummed, the newest two kept."""

import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import torch

from avdf.files import file_hash, whole_file, write_json

_LOG = logging.getLogger(__name__)
_NUM_KEPT = 2
_NAME = re.compile(r"state-(\d{4})-(\d{6})\.pt")


def save_state(folder: Path, state: dict[str, Any], *, epoch: int, step: int) -> None:
    """Writes the state reached before `step` of `epoch`, then removes all but the newest two."""
    path = folder / f"state-{epoch:04}-{step:06}.pt"
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with whole_file(path) as part:
        part.write_bytes(buffer.getvalue())
        checksum = file_hash(part)
    # The checksum is written last: a state without one was never finished.
    write_json(path.with_suffix(".json"), {"sha256": checksum})
    for old in _newest_first(folder)[_NUM_KEPT:]:
        old.with_suffix(".json").unlink(missing_ok=True)
        old.unlink(missing_ok=True)


def load_newest_state(folder: Path) -> dict[str, Any] | None:
    """The newest whole state, or None. A torn one is passed over, and the log says so."""
    for path in _newest_first(folder):
        try:
            checksum = json.loads(path.with_suffix(".json").read_text("utf-8"))["sha256"]
        except (OSError, ValueError, KeyError):
            checksum = "none"
        if file_hash(path) == checksum:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            return state
        _LOG.warning("%s is torn (its checksum differs); going back to the state before", path.name)
    return None


def _newest_first(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("state-*.pt") if _NAME.fullmatch(path.name)), reverse=True)
