"""A run of three folds, trained one after the other, and its settings."""

import pytest
from making.runs import CONFIG, short_settings
from making.tiny import make_tiny

from avdf.experiment.settings import load_experiment
from avdf.experiment.start import run_as_configured
from avdf.run_folder import RunFolder


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("tiny")
    settings = short_settings(make_tiny(folder / "data", noise=0.012), folder)
    return [*settings, "train.epochs=4", "data.split.folds=3", "run.all_folds=true", "evaluation.beta=1.5"]


@pytest.fixture(scope="session")
def after_each_other(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("folds") / "run"
    config = load_experiment(CONFIG, [*words, f"run.dir={folder}", "run.parallel_folds=1"])
    return RunFolder(run_as_configured(config, name="folds"))
