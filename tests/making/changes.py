"""Changes of a detector folder: each takes the folder and alters one file."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from avdf.files import file_hash

# ---- Folders from strangers: each is made of a good one by one change ----

Change = Callable[[Path], None]


def set_key(path: Path, key: str, value: Any) -> None:
    """Sets a dotted key of a JSON file."""
    content = json.loads(path.read_text("utf-8"))
    *parents, name = key.split(".")
    entry = content
    for parent in parents:
        entry = entry[parent]
    entry[name] = value
    path.write_text(json.dumps(content))


def put(key: str, value: Any) -> Change:
    """Sets the dotted key of detector.json."""
    return lambda folder: set_key(folder / "detector.json", key, value)


def both(*changes: Change) -> Change:
    def change(folder: Path) -> None:
        for single in changes:
            single(folder)

    return change


def without(key: str) -> Change:
    """Removes the dotted key of detector.json."""

    def change(folder: Path) -> None:
        content = json.loads((folder / "detector.json").read_text("utf-8"))
        *parents, name = key.split(".")
        entry = content
        for parent in parents:
            entry = entry[parent]
        del entry[name]
        (folder / "detector.json").write_text(json.dumps(content))

    return change


def text(content: str | bytes) -> Change:
    """Replaces detector.json."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / "detector.json").write_bytes(data) and None


def replaced(old: str, new: str) -> Change:
    """Replaces text inside detector.json."""

    def change(folder: Path) -> None:
        path = folder / "detector.json"
        before = path.read_text("utf-8")
        assert old in before
        path.write_text(before.replace(old, new, 1))

    return change


def weights(edit: Callable[[dict[str, torch.Tensor]], None]) -> Change:
    """Edits the tensors of the weights and corrects their hash."""

    def change(folder: Path) -> None:
        path = folder / "detector.safetensors"
        tensors = load_file(path)
        edit(tensors)
        save_file(tensors, path)
        put("hashes.weights", file_hash(path))(folder)

    return change


def weights_bytes(content: bytes) -> Change:
    """Replaces the weights file and corrects its hash."""

    def change(folder: Path) -> None:
        (folder / "detector.safetensors").write_bytes(content)
        put("hashes.weights", file_hash(folder / "detector.safetensors"))(folder)

    return change


def link(name: str, target: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return change


def pipe(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return change


def sparse(name: str, num_bytes: int) -> Change:
    def change(folder: Path) -> None:
        with (folder / name).open("r+b") as file:
            file.truncate(num_bytes)

    return change


def fill(name: str, value: float) -> Change:
    return weights(lambda tensors: tensors.update({name: torch.full_like(tensors[name], value)}))
