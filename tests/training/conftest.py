"""Fixtures of several tests of trainings."""

import pytest
from making.sounds import make_sounds

from avdf.data.dataset import LabelledClips


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    clips, store = make_sounds(tmp_path_factory.mktemp("sounds"), tmp_path_factory.mktemp("cache"))
    return LabelledClips(clips, store, target="audio", seconds=0.5)
