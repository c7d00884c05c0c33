"""mixup: shares of a clip and of the previous clip."""

import numpy as np
import pytest
import torch

from avdf.augment import AUGMENTS
from avdf.augment.mixup import Drawn, Mixup


def build(**settings: float) -> Mixup:
    mixup: Mixup = AUGMENTS.build({"name": "mixup", **settings}, "model.augment.mixup")
    return mixup


def test_three_quarters_of_a_clip_are_mixed_with_a_quarter_of_the_previous_one():
    features = torch.tensor([8.0, 4.0, 0.0]).reshape(3, 1, 1)
    is_fake = torch.tensor([1.0, 0.0, 0.0])
    mixed, shares = build().apply(features, is_fake, [Drawn(0.5), Drawn(0.75), None])
    assert mixed.flatten().tolist() == [4.0, 5.0, 0.0]  # 8 with 0, 4 with 8, 0 as it was
    assert shares.tolist() == [0.5, 0.25, 0.0]
    assert features.flatten().tolist() == [8.0, 4.0, 0.0]  # the input is left as it was
    assert is_fake.tolist() == [1.0, 0.0, 0.0]


def test_shares_follow_the_beta_distribution():
    rng, mixup = np.random.default_rng(0), build(alpha=0.4)
    shares = np.array([mixup.draw(rng).own_share for _ in range(4000)])
    assert shares.mean() == pytest.approx(0.5, abs=0.02)
    assert shares.var() == pytest.approx(1 / (4 * (2 * 0.4 + 1)), abs=0.01)


def test_a_batch_of_one_clip_is_mixed_with_itself():
    features, is_fake = torch.randn(1, 3, 4), torch.tensor([1.0])
    mixed, shares = build().apply(features, is_fake, [Drawn(0.3)])
    torch.testing.assert_close(mixed, features)
    torch.testing.assert_close(shares, is_fake)


def test_a_quarter_probability_mixes_a_quarter_of_the_clips():
    rng = np.random.default_rng(0)
    seldom, always, never = (build(probability=share) for share in (0.25, 1.0, 0.0))
    assert np.mean([seldom.draw(rng) is not None for _ in range(4000)]) == pytest.approx(0.25, abs=0.02)
    assert all(always.draw(rng) is not None for _ in range(200))
    assert all(never.draw(rng) is None for _ in range(200))
