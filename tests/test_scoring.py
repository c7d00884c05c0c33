"""Scoring: each clip by one process, the mean of logits before the sigmoid."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from making.sounds import RATE_HZ, make_sounds

from avdf.config.schema import ModelConfig
from avdf.data.dataset import EvenCrops, LabelledClips, collate
from avdf.detector import build_detector
from avdf.scoring import score_batch, score_clips

CPU = torch.device("cpu")
MODEL = ModelConfig(
    features={"audio": {"name": "mfcc", "n_fft": 256}}, encoders={"audio": {"name": "audio_mfcc_linear"}}
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    clips, store = make_sounds(tmp_path_factory.mktemp("sounds"), tmp_path_factory.mktemp("cache"))
    return LabelledClips(clips, store, target="audio", seconds=0.3)


def test_two_processes_score_alternate_clips(dataset: LabelledClips):
    detector = build_detector(MODEL, RATE_HZ).eval()
    given = {"num_crops": 2, "batch_size": 7}
    scores = {
        (rank, num): score_clips(
            detector,
            dataset,
            accelerator=SimpleNamespace(process_index=rank, num_processes=num, device=CPU),
            **given,
        )
        for rank, num in ((0, 1), (0, 2), (1, 2))
    }
    # without the other process, each call returns only its own scores; the rest stay 0
    assert (scores[0, 2][1::2] == 0).all()
    assert (scores[1, 2][::2] == 0).all()
    np.testing.assert_allclose(scores[0, 2] + scores[1, 2], scores[0, 1], atol=1e-7)


def test_a_score_is_the_sigmoid_of_the_mean_logit_of_the_crops(dataset: LabelledClips):
    detector = build_detector(MODEL, RATE_HZ).eval()
    one_process = SimpleNamespace(process_index=0, num_processes=1, device=CPU)
    scores = score_clips(detector, dataset, num_crops=3, batch_size=64, accelerator=one_process)
    crops = EvenCrops(dataset, num_crops=3)
    logits = score_batch(detector, collate([crops[item] for item in range(3)]), CPU).double()
    assert logits.std() > 0
    assert scores[0] == pytest.approx(float(torch.sigmoid(logits.mean())), abs=1e-7)
