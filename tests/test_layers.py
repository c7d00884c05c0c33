"""The import order: a layer imports only from layers before it, and evaluation and audit import no torch."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
# The longest prefix decides: `corpora.demo` is a plugin above the made-up data set, whose layout it shares.
GROUND = ["errors", "paths", "progress", "files", "table_files", "parquet", "command", "config"]
GROUND += ["run_folder", "registry"]
LEFT = [
    "weight_files",
    "data",
    "protocols",
    "corpora",
    "demo",
    "corpora.demo",
    "features",
    "channels",
    "channel_copies",
    "fakers",
    "derived",
]
LEFT += [
    "augment",
    "encoders",
    "fusion",
    "detector",
    "detector_folder",
    "testing",
    "passes",
    "scoring",
    "training",
]
RIGHT = ["evaluation", "audit"]
ABOVE = [
    "detection",
    "stress",
    "sharing",
    "experiment",
    "explanation",
    "serving",
    "sweep",
    "api",
    "commands",
    "__main__",
]
PLUGIN_LAYERS = ("features", "channels", "fakers", "augment", "encoders", "fusion")


def layer_of(module: str) -> str:
    """The longest entry of the order that a dotted name below avdf begins with."""
    layers = [*GROUND, *LEFT, *RIGHT, *ABOVE]
    fitting = [layer for layer in layers if module == layer or module.startswith(f"{layer}.")]
    assert fitting, f"{module!r} is not listed in the order"
    return max(fitting, key=len)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(TOP / "avdf").with_suffix("").parts).removesuffix(".__init__")


def allowed_for(layer: str) -> set[str]:
    """The layers that a layer may import from."""
    for half in (LEFT, RIGHT):
        if layer in half:
            return {*GROUND, *half[: half.index(layer)]}
    order = [*GROUND, *LEFT, *RIGHT, *ABOVE] if layer in ABOVE else GROUND
    return set(order[: order.index(layer)])


def imports_of(path: Path) -> list[str]:
    """Dotted names of all modules that a file imports, inside functions too."""
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
def test_a_layer_imports_only_from_layers_before_it(path: Path):
    if module_of(path) == "__init__":
        assert [name for name in imports_of(path) if not name.startswith("avdf")] == ["importlib", "typing"]
        return
    layer = layer_of(module_of(path))
    own = [name.removeprefix("avdf.") for name in imports_of(path) if name.startswith("avdf.")]
    wanted = {layer_of(name) for name in own} - {layer}
    assert wanted <= allowed_for(layer), f"{layer} may not import {wanted - allowed_for(layer)}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_the_right_half_never_imports_torch(path: Path):
    if module_of(path) != "__init__" and layer_of(module_of(path)) in (*GROUND, *RIGHT):
        assert not [name for name in imports_of(path) if name.split(".")[0] in ("torch", "torchaudio")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_a_plugin_imports_no_other_plugin(path: Path):
    layer = path.relative_to(TOP / "avdf").parts[0]
    if layer in PLUGIN_LAYERS:
        own = [name for name in imports_of(path) if name.startswith(f"avdf.{layer}.")]
        itself = path.relative_to(TOP / "avdf").with_suffix("").parts[1]  # a plugin may be a folder
        assert all(name.split(".")[2].startswith("_") or name.split(".")[2] == itself for name in own), own


def test_no_file_names_a_machine_or_a_registry():
    # Split into pieces, so that this file does not name them either.
    words = [r"/wor" + "k/", r"/roo" + "t/", "pyp" + r"i\.org", "pythonhoste" + "d", r"registry\.npm" + "j"]
    pattern = re.compile("|".join(words))
    names = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True)
    texts = {name: TOP / name for name in names.stdout.splitlines() if not name.endswith((".png", ".mp4"))}
    imported = [
        name for name, path in texts.items() if path.is_file() and pattern.search(path.read_text("utf-8"))
    ]
    assert imported == []
