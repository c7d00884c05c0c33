"""Losses against numbers computed by hand and against their definitions."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from avdf.training.losses import build_loss, tail_mean

LOGITS = torch.tensor([2.0, -1.0, 0.5, -3.0])
FAKE = torch.tensor([1.0, 1.0, 0.0, 0.0])
ONES = torch.ones(4)
GROUP = torch.tensor([0, 0, 1, 1])


def log1p_exp(value: float) -> float:
    return math.log1p(math.exp(value))


# what each clip loses: log(1 + e^-logit) for a fake, log(1 + e^logit) for a real one
LOSSES = [log1p_exp(-2.0), log1p_exp(1.0), log1p_exp(0.5), log1p_exp(-3.0)]


def test_bce_is_the_weighted_mean():
    loss = build_loss("bce", 2)(LOGITS, FAKE, torch.tensor([2.0, 0.0, 1.0, 1.0]), GROUP)
    assert float(loss) == pytest.approx((2 * LOSSES[0] + LOSSES[2] + LOSSES[3]) / 4)


def test_focal_weights_each_clip_by_the_square_of_its_error():
    # the probability of the wrong class is 1 - e^-loss
    by_hand = sum((1 - math.exp(-loss)) ** 2 * loss for loss in LOSSES) / 4
    assert float(build_loss("focal", 2)(LOGITS, FAKE, ONES, GROUP)) == pytest.approx(by_hand)


def test_focal_takes_the_mixed_labels_of_mixup():
    """(1 - p)^2 with p = y q + (1 - y)(1 - q), q = sigmoid(logit), times the cross-entropy of label y."""
    label, probability = 0.75, 1 / (1 + math.exp(-2.0))
    p = label * probability + (1 - label) * (1 - probability)
    entropy = -label * math.log(probability) - (1 - label) * math.log(1 - probability)
    loss = build_loss("focal", 1)(
        torch.tensor([2.0]), torch.tensor([label]), torch.ones(1), torch.tensor([0])
    )
    assert float(loss) == pytest.approx((1 - p) ** 2 * entropy)


def test_focal_uses_the_weights_of_the_clips():
    weights = torch.tensor([2.0, 0.0, 1.0, 1.0])
    by_hand = (
        sum(w * (1 - math.exp(-loss)) ** 2 * loss for w, loss in zip([2, 0, 1, 1], LOSSES, strict=True)) / 4
    )
    assert float(build_loss("focal", 2)(LOGITS, FAKE, weights, GROUP)) == pytest.approx(by_hand)


def test_the_tail_mean_of_four_losses_at_one_half_is_that_of_the_two_largest():
    assert float(tail_mean(torch.tensor([1.0, 4.0, 2.0, 3.0]), 0.5)) == 3.5


@pytest.mark.parametrize("share", [0.15, 0.5, 0.9, 1.0])
def test_the_tail_mean_is_the_minimum_that_defines_cvar(share: float):
    losses = np.random.default_rng(0).exponential(size=13)

    def objective(level: float) -> float:
        return level + np.maximum(losses - level, 0).sum() / (share * len(losses))

    least = minimize_scalar(
        objective, bounds=(0, losses.max()), method="bounded", options={"xatol": 1e-9}
    ).fun
    assert float(tail_mean(torch.tensor(losses), share)) == pytest.approx(least, abs=1e-6)


def test_dag_fdd_is_the_mean_of_the_worst_half():
    loss = build_loss("dag_fdd", 2)(LOGITS, FAKE, ONES, GROUP)
    assert float(loss) == pytest.approx((LOSSES[1] + LOSSES[2]) / 2)


def test_daw_fdd_is_the_tail_of_the_worse_of_two_groups():
    # the tail of 0.9 of two clips: 1.8 of them, so the worse one whole and 0.8 of the other
    of_groups = [(max(pair) + 0.8 * min(pair)) / 1.8 for pair in (LOSSES[:2], LOSSES[2:])]
    loss = build_loss("daw_fdd", 2)(LOGITS, FAKE, ONES, GROUP)
    assert float(loss) == pytest.approx(max(of_groups))


def test_group_dro_moves_weight_to_the_group_with_the_higher_loss():
    loss = build_loss("group_dro", 2)
    for _ in range(3):
        value = loss(LOGITS, FAKE, ONES, GROUP)
    # groups are (0, real), (0, fake), (1, real), (1, fake); empty ones lose nothing and shrink
    mean = np.array([0, (LOSSES[0] + LOSSES[1]) / 2, (LOSSES[2] + LOSSES[3]) / 2, 0])
    share = np.exp(0.01 * 3 * mean) / np.exp(0.01 * 3 * mean).sum()
    np.testing.assert_allclose(loss.share.numpy(), share, rtol=1e-5)
    assert float(value) == pytest.approx(float((share * mean).sum()), rel=1e-5)


@pytest.mark.parametrize("name", ["bce", "focal", "group_dro", "daw_fdd", "dag_fdd", "oc_softmax"])
def test_every_loss_has_a_finite_gradient_for_a_batch_of_one(name: str):
    logit = torch.tensor([30.0], requires_grad=True)
    build_loss(name, 3)(logit, torch.tensor([0.0]), torch.ones(1), torch.tensor([2])).backward()
    assert logit.grad is not None
    assert logit.grad.isfinite().all()
