"""Sharpness-aware minimisation on a quadratic, whose gradient everywhere is known, and in a training."""

import pytest
import torch
from making.trainings import new_detector, same_weights, trained
from torch import nn

from avdf.config.training import TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.training.sharpness import at_the_sharpest

CURVATURE = torch.tensor([1.0, 2.0])


class Bowl(nn.Module):
    """(w1^2 + 2 w2^2) / 2, at w = (3, 4): its gradient is (w1, 2 w2) = (3, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([3.0, 4.0]))

    def forward(self) -> torch.Tensor:
        return (CURVATURE * self.weights.square()).sum() / 2


def test_the_gradient_is_that_of_the_point_rho_further_up_the_slope():
    """At w + rho g / |g| with g = (3, 8), |g| = sqrt(73), rho = .5: (3 + 1.5 / |g|, 2 (4 + 4 / |g|))."""
    bowl = Bowl()
    bowl().backward()
    with at_the_sharpest(bowl, 0.5):
        assert bowl.weights.grad is None
        bowl().backward()
    norm = 73**0.5
    assert bowl.weights.grad is not None
    assert bowl.weights.grad.tolist() == pytest.approx([3 + 1.5 / norm, 8 + 8 / norm])
    assert bowl.weights.tolist() == [3.0, 4.0]  # exactly


def test_without_a_slope_the_weights_stay_where_they_are():
    bowl = Bowl()
    bowl.weights.data.zero_()
    bowl().backward()
    with at_the_sharpest(bowl, 0.5):
        assert bowl.weights.tolist() == [0, 0]
        bowl().backward()
    assert bowl.weights.grad.tolist() == [0, 0]


def test_batch_norm_notes_the_statistics_of_the_first_pass_alone():
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    network(torch.randn(8, 2)).square().sum().backward()
    before = network[1].running_mean.clone()
    with at_the_sharpest(network, 1.0):
        network(torch.randn(8, 2) + 100).sum().backward()
    assert torch.equal(network[1].running_mean, before)
    network(torch.randn(8, 2))
    assert not torch.equal(network[1].running_mean, before)


def test_a_training_with_it_learns_repeats_itself_and_differs_from_one_without(dataset: LabelledClips):
    config = TrainConfig(epochs=3, batch_size=8, learning_rate=0.01, sam_rho=0.05)
    detector, result = trained(dataset, config)
    assert result.best["auc"] > 0.95
    assert same_weights(detector, trained(dataset, config)[0])
    assert not same_weights(detector, trained(dataset)[0])
    plain = new_detector().state_dict()
    assert all(value.isfinite().all() for value in detector.state_dict().values())
    assert set(plain) == set(detector.state_dict())
