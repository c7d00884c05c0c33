"""Fixtures of several tests of sweeps: tiny data, a small network, a small space."""

from pathlib import Path

import pytest
from making.sweeps import CNN, small_settings, small_space

from avdf.config.loading import load_config
from avdf.config.schema import Config
from avdf.experiment.settings import resolve


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return small_settings(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def config(settings: list[str]) -> Config:
    return resolve(load_config(CNN, settings))


@pytest.fixture(scope="module")
def space_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_space(tmp_path_factory.mktemp("spaces"))
