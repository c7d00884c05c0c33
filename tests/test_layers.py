"""A room imports only from its left, the right half never imports torch, and no file names a machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
GROUND = ["errors", "files", "command", "progress", "interrupts", "settings", "config", "registry"]
LEFT = [*GROUND, "data", "features", "augment", "augmentation", "encoders", "fusion", "detector"]
LEFT += ["losses", "balance", "learner", "checkpoints", "processes", "training", "scoring"]
RIGHT = [*GROUND, "evaluation", "audit"]
ABOVE = [
    "machine",
    "experiment_data",
    "run_folder",
    "experiment_scores",
    "experiment",
    "cross_validation",
    "prediction",
    "sweep",
    "repeat",
]
PLUGIN_ROOMS = ("features", "augment", "encoders", "fusion")


def room_of(path: Path) -> str:
    part = path.relative_to(TOP / "avdf").parts[0]
    return part.removesuffix(".py")


def imports_of(path: Path) -> list[str]:
    """Dotted names of all modules that a file imports, wherever in the file."""
    names = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.append(node.module or "")
    return names


SOURCES = sorted((TOP / "avdf").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_a_room_imports_only_from_its_left(path: Path):
    room = room_of(path)
    if room == "__init__":
        assert imports_of(path) == []
        return
    wanted = {name.split(".")[1] for name in imports_of(path) if name.startswith("avdf.")} - {room}
    if room in RIGHT and room not in GROUND:
        allowed = set(RIGHT[: RIGHT.index(room)])
    elif room in LEFT:
        allowed = set(LEFT[: LEFT.index(room)])
    else:
        assert room in ABOVE, f"room {room!r} stands nowhere in the order"
        allowed = set(LEFT) | set(RIGHT) | set(ABOVE)
    assert wanted <= allowed, f"{room} may not import {wanted - allowed}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_the_right_half_never_imports_torch(path: Path):
    if room_of(path) in ("evaluation", "audit", *GROUND):
        assert not [name for name in imports_of(path) if name.split(".")[0] in ("torch", "torchaudio")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_a_plugin_imports_no_other_plugin(path: Path):
    room = room_of(path)
    if room in PLUGIN_ROOMS:
        own = [name for name in imports_of(path) if name.startswith(f"avdf.{room}.")]
        assert all(name.split(".")[2].startswith("_") for name in own), own


def test_no_file_names_a_machine_or_a_registry():
    # Written in pieces, so that this file does not name them either.
    words = [r"/wor" + "k/", r"/roo" + "t/", "pyp" + r"i\.org", "pythonhoste" + "d", r"registry\.npm" + "j"]
    pattern = re.compile("|".join(words))
    names = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True)
    texts = {name: TOP / name for name in names.stdout.splitlines() if not name.endswith((".png", ".mp4"))}
    found = [
        name for name, path in texts.items() if path.is_file() and pattern.search(path.read_text("utf-8"))
    ]
    assert found == []
