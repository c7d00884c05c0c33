"""The maps obey the axioms of their papers, follow the weights, and are judged against chance."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avdf.config.schema import ModelConfig
from avdf.detector import Detector, build_detector
from avdf.explanation.attribution import (
    Faithfulness,
    faithfulness,
    features_of,
    grad_cam,
    integrated_gradients,
    logits_of,
    silence_like,
    with_random_weights,
)

RATE_HZ = 16000


@pytest.fixture(scope="module")
def detector() -> Detector:
    torch.manual_seed(3)
    audio = {"name": "audio_cnn", "channels": [8, 16]}
    features = {"audio": {"name": "log_mel", "num_mels": 32, "n_fft": 512, "hop_length": 160}}
    return build_detector(ModelConfig(features=features, encoders={"audio": audio}), RATE_HZ).eval()


@pytest.fixture(scope="module")
def features(detector: Detector) -> Tensor:
    rng = np.random.default_rng(0)
    return features_of(detector, rng.normal(0, 0.1, RATE_HZ).astype(np.float32))


class Weighted(nn.Module):
    """logit = sum(weights * features): what each point speaks for is known."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights)

    def forward(self, features: Tensor) -> Tensor:
        return (features * self.weights).sum(dim=(1, 2)).unsqueeze(1)


class First(nn.Module):
    def forward(self, vectors: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        return vectors["audio"][:, 0]


def weighted(weights: Tensor) -> Detector:
    return Detector({}, {"audio": Weighted(weights)}, First())


def test_of_a_linear_detector_a_point_speaks_for_its_weight_times_its_height_above_silence():
    rng = np.random.default_rng(1)
    weights, features = (torch.from_numpy(rng.normal(size=(4, 5))).float() for _ in range(2))
    found = integrated_gradients(weighted(weights), features[None])
    np.testing.assert_allclose(found, (weights * (features - features.min())).numpy(), atol=1e-5)


def test_the_shares_of_integrated_gradients_sum_to_the_logit_less_that_of_silence(
    detector: Detector, features: Tensor
):
    found = integrated_gradients(detector, features)
    logits = logits_of(detector)
    with torch.no_grad():
        expected = float(logits(features) - logits(silence_like(features)))
    assert found.sum() == pytest.approx(expected, rel=0.05)
    assert abs(expected) > 0.01


@pytest.mark.parametrize("sign", [1, -1])  # of every weight: one of the two speaks for real
def test_grad_cam_has_the_shape_of_the_features_and_no_negative_value(
    sign: int, detector: Detector, features: Tensor
):
    signed = copy.deepcopy(detector)
    signed.fusion.linear.weight.data *= sign
    found = grad_cam(signed, features)
    assert found is not None
    assert found.shape == tuple(features.shape[1:])
    assert found.min() >= 0


def test_an_encoder_without_a_convolution_has_no_grad_cam():
    assert grad_cam(weighted(torch.ones(4, 5)), torch.ones(1, 4, 5)) is None


def test_with_random_weights_the_map_is_another_and_the_detector_keeps_its_own(
    detector: Detector, features: Tensor
):
    before = integrated_gradients(detector, features)
    other = integrated_gradients(with_random_weights(detector, 0), features)
    assert abs(np.corrcoef(before.ravel(), other.ravel())[0, 1]) < 0.9
    np.testing.assert_array_equal(integrated_gradients(detector, features), before)


def test_deleting_what_speaks_most_for_fake_lowers_the_score_sooner_than_a_random_order():
    weights = torch.zeros(10, 10)
    weights[:, 7] = 1.0
    features = torch.rand(1, 10, 10, generator=torch.Generator().manual_seed(0))
    planted = weighted(weights)
    checks = faithfulness(planted, features, integrated_gradients(planted, features))
    assert checks.deletion < checks.random_deletion - 0.05
    assert checks.insertion > checks.random_insertion + 0.05
    assert checks.beats_random


def test_a_map_upside_down_is_worse_than_chance():
    weights = torch.zeros(10, 10)
    weights[:, 7] = 1.0
    features = torch.rand(1, 10, 10, generator=torch.Generator().manual_seed(0))
    planted = weighted(weights)
    checks = faithfulness(planted, features, -integrated_gradients(planted, features))
    assert not checks.beats_random


def test_both_curves_must_beat_chance():
    good = Faithfulness(
        deletion=0.2,
        random_deletion=0.5,
        insertion=0.8,
        random_insertion=0.5,
        random_weights_correlation=None,
    )
    assert good.beats_random
    assert not replace(good, insertion=0.4).beats_random
    assert not replace(good, deletion=0.6).beats_random
