"""A finished run of one epoch on half seconds, for the tests of what is shared of it."""

import pytest
from making.runs import CONFIG, short_settings
from making.tiny import make_tiny

from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("shared")
    root = make_tiny(folder / "a folder of the lab")
    words = [*short_settings(root, folder), f"run.dir={folder / 'run'}"]
    return RunFolder(run_experiment(load_experiment(CONFIG, words), name="run"))
