"""A detector that hears noise, and sounds of ten people, for the tests of the stress test."""

from pathlib import Path

import pytest
import torch
from making.sounds import RATE_HZ, make_sounds
from making.trainings import MODEL

from avdf.data.dataset import LabelledClips
from avdf.detector import Detector, build_detector
from avdf.evaluation.threshold import Threshold
from avdf.stress.conditions import conditions_named
from avdf.stress.measure import StressTest
from avdf.stress.scoring import HowToScore

CONDITIONS = ["gain_minus_15_db", "white_noise_10_db", "a_law", "excerpt_1_s"]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    """Three real and three fake recordings of each of six people, at 8 kHz."""
    folder = tmp_path_factory.mktemp("sounds")
    table, store = make_sounds(folder / "data", folder / "cache", num_voices=6)
    return LabelledClips(table, store, target="audio", seconds=0.5)


@pytest.fixture(scope="session")
def detector() -> Detector:
    torch.manual_seed(0)
    return build_detector(MODEL, RATE_HZ, 0.5).eval()


@pytest.fixture
def how() -> HowToScore:
    return HowToScore(num_crops=2, batch_size=16, device=torch.device("cpu"))


@pytest.fixture
def small_test(clips: LabelledClips, detector: Detector, how: HowToScore, tmp_path: Path) -> StressTest:
    """Four channels at a threshold of 0.5."""
    return StressTest(
        detector=detector,
        clips=clips,
        target="audio",
        threshold=Threshold(value=0.5),
        groups=["gender"],
        conditions=conditions_named(CONDITIONS, "--conditions"),
        how=how,
        seed=0,
        source="sounds",
        key="a detector",
        heard=frozenset(),
    )
