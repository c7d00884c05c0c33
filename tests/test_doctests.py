"""The examples in docstrings do what they show."""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest
from making.clip_tables import people
from making.detectors import save_small_detector
from making.sounds import write_wav
from making.tiny import RATE_HZ, make_tiny

PACKAGE = Path(__file__).parents[1] / "avdf"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
CONFIG = """\
model:
  encoders:
    audio: {name: audio_cnn, channels: [8]}
data: {seconds: 0.5}
"""
WITH_EXAMPLES = [path for path in sorted(PACKAGE.rglob("*.py")) if ">>> " in path.read_text("utf-8")]


def module_name(path: Path) -> str:
    names = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(names).removesuffix(".__init__")


@pytest.fixture(scope="module")
def examples_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the examples read: a data set, a clip table, a config, a run, a clip."""
    folder = tmp_path_factory.mktemp("examples")
    make_tiny(folder / "FakeAVCeleb_v1.2")
    (folder / "cache").mkdir()
    people(20).to_csv(folder / "cache" / "clips.csv", index=False)
    (folder / "audio_cnn.yaml").write_text(CONFIG, "utf-8")
    save_small_detector(folder / "runs" / "first" / "detector")
    write_wav(folder / "clip.wav", 0.1 * np.sin(0.1 * np.arange(2 * RATE_HZ)), RATE_HZ)
    return folder


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=module_name)
def test_the_examples_of_a_module_hold(path: Path, examples_folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(examples_folder)
    results = doctest.testmod(importlib.import_module(module_name(path)), optionflags=FLAGS)
    assert results.attempted > 0
    assert results.failed == 0
