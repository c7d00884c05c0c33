"""Saved states of an unfinished training: atomic, checksummed, the newest two kept."""

import io
import json
import logging
import pickle
import re
import time
from pathlib import Path
from typing import Any

import torch

from avdf.errors import UserError
from avdf.files import atomic_file, file_hash, write_json
from avdf.training.state import STATE_FORMAT, TrainState

_LOG = logging.getLogger(__name__)
_NUM_KEPT = 2
_MAX_COPIES = 10  # of the weights in a state: its own, the best, two of AdamW, a sum in float64, and padding
_MAX_REST = 256 << 20  # bytes of a state besides the weights: the metrics of the epochs
_NAME = re.compile(r"state-(\d+)-(\d+)\.pt")


class Checkpointer:
    """Saves the state of a training to a folder and restores the newest; does nothing without a folder.

    Every process restores; only the one that `is_writer` saves.
    """

    def __init__(self, folder: Path | None, *, every_minutes: float, is_writer: bool) -> None:
        self.folder, self.every_minutes, self.is_writer = folder, every_minutes, is_writer
        self._last_save_s = time.monotonic()

    def is_due(self) -> bool:
        """Whether `every_minutes` have passed since the last save."""
        return time.monotonic() - self._last_save_s > self.every_minutes * 60

    def save(self, state: TrainState) -> None:
        """Raises UserError if the folder cannot be written or the disk is full."""
        if self.folder and self.is_writer:
            progress = state.progress
            save_state(self.folder, state.as_dict(), epoch=progress.epoch, step=progress.step)
        self._last_save_s = time.monotonic()

    def restore(self, state: TrainState) -> None:
        """Continues from the newest saved state, if there is one. Raises UserError if it does not fit."""
        weights = sum(value.numel() * value.element_size() for value in state.detector.state_dict().values())
        saved = load_newest_state(self.folder, _MAX_COPIES * weights + _MAX_REST) if self.folder else None
        if saved is None:
            return
        if saved.get("format") != STATE_FORMAT:
            raise UserError(
                f"{self.folder}: states of format {saved.get('format', 1)!r}, and this avdf reads "
                f"{STATE_FORMAT}; finish the run with the avdf that began it, or begin a new run"
            )
        try:
            state.restore(saved)
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, KeyError) as error:
            raise UserError(
                f"{self.folder}: holds the state of another network, or of another avdf; begin a new run"
            ) from error
        _LOG.info("continuing at epoch %d, step %d", state.progress.epoch + 1, state.progress.step + 1)


def save_state(folder: Path, state: dict[str, Any], *, epoch: int, step: int) -> None:
    """Writes the state reached before `step` of `epoch`, then removes all but the newest two.

    States of a later step are damaged ones that were skipped on restoring; they are removed, too. Raises
    UserError if the folder cannot be written or the disk is full.
    """
    path = folder / f"state-{epoch:04}-{step:06}.pt"
    for leftover in folder.glob(".state-*.part"):  # of a process that was killed while it wrote
        leftover.unlink(missing_ok=True)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with atomic_file(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
        checksum = file_hash(temporary)
    # The checksum is written last: a state without one was never finished.
    write_json(path.with_suffix(".json"), {"sha256": checksum})
    states = _newest_first(folder)
    position = states.index(path)
    for old in states[:position] + states[position + _NUM_KEPT :]:
        old.with_suffix(".json").unlink(missing_ok=True)
        old.unlink(missing_ok=True)


def load_newest_state(folder: Path, max_bytes: int = _MAX_REST) -> dict[str, Any] | None:
    """The newest undamaged state, or None. Damaged ones are skipped with a line in the log.

    Raises UserError for an undamaged state that cannot be read, since starting over would eventually
    delete it, and for one larger than `max_bytes`.
    """
    states = _newest_first(folder)
    for path in states:
        if not path.is_file() or path.stat().st_size > max_bytes:
            raise UserError(f"{path}: larger than a state of this network can be; begin a new run")
        if file_hash(path) != _checksum(path):
            _LOG.warning("%s is damaged (its checksum differs); going back to the state before", path.name)
            continue
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (ValueError, KeyError, TypeError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
            raise UserError(f"{path}: not a state that this torch can read; begin a new run") from error
        if not isinstance(state, dict):
            raise UserError(f"{path}: holds a {type(state).__name__}, not a state; begin a new run")
        return state
    if states:
        _LOG.warning("%s: no undamaged state is left; the training starts from the beginning", folder)
    return None


def num_epochs_saved(folder: Path) -> int:
    """How many epochs the newest state of a folder has finished; 0 without a state."""
    return max(
        (int(match[1]) for path in folder.glob("state-*.pt") if (match := _NAME.fullmatch(path.name))),
        default=0,
    )


def _checksum(path: Path) -> str | None:
    """The checksum stored beside a state; None if it is missing or unreadable."""
    try:
        stored = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return str(stored.get("sha256")) if isinstance(stored, dict) else None


def _newest_first(folder: Path) -> list[Path]:
    """Sorted by epoch and step as numbers: as text, epoch 10000 would come before epoch 9999."""
    matches = {path: _NAME.fullmatch(path.name) for path in folder.glob("state-*.pt")}
    places = {path: (int(match[1]), int(match[2])) for path, match in matches.items() if match}
    return sorted(places, key=lambda path: places[path], reverse=True)
