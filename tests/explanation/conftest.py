"""A finished run of one epoch of small convolutions, and one of its training clips explained."""

from pathlib import Path

import pytest
from making.runs import TOP, short_settings
from making.tiny import make_tiny

from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment
from avdf.explanation.content import Explanation, explain
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("explained")
    root = make_tiny(folder / "FakeAVCeleb_v1.2")
    words = [
        *short_settings(root, folder),
        "model.encoders.audio.channels=[8, 8]",
        f"run.dir={folder / 'run'}",
    ]
    config = load_experiment(TOP / "configs" / "audio_cnn.yaml", words)
    return RunFolder(run_experiment(config, name="run"))


@pytest.fixture(scope="session")
def clip(run: RunFolder) -> Path:
    """A fake clip of the training split."""
    split = read_csv_table(run.split_csv, "")
    (name, *_) = (clip for clip in split["clip"][split["split"] == "train"] if "_fake" in clip)
    return Path(run.config().data.root) / name


@pytest.fixture(scope="session")
def explanation(run: RunFolder, clip: Path) -> Explanation:
    return explain(run.path, clip)
