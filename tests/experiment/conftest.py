"""A run on small demo data, from mp4 files to the report, for several tests."""

from pathlib import Path

import pytest
from making.runs import CONFIG

from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo") / "demo", DemoSettings(num_identities=20))


@pytest.fixture(scope="session")
def settings(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    cache = tmp_path_factory.mktemp("cache")
    return [
        f"data.root={demo}",
        f"data.cache={cache}",
        "train.epochs=2",
        "run.trackers=[]",
        "evaluation.stress=[white_noise_10_db, a_law]",
    ]


@pytest.fixture(scope="session")
def run(settings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "first"
    return run_experiment(load_experiment(CONFIG, [*settings, f"run.dir={folder}"]), name="first")
