"""Noisy-or fusion: 1 - (1 - p)(1 - q), of what is there."""

import pytest
import torch
from torch import Tensor, nn

from avdf.fusion import FUSIONS

EVERYONE = {name: torch.ones(1, dtype=torch.bool) for name in ("audio", "video")}


def build(dim: int = 1) -> nn.Module:
    """A fusion whose logits are the first numbers of the vectors."""
    dims = {"audio": dim, "video": dim}
    fusion = FUSIONS.build({"name": "noisy_or"}, "model.fusion", {"dims": dims}).eval()
    for linear in fusion.linears.values():
        nn.init.constant_(linear.weight, 1.0)
        nn.init.constant_(linear.bias, 0.0)
    return fusion


def joined(audio: float, video: float) -> Tensor:
    vectors = {"audio": torch.tensor([[audio]]), "video": torch.tensor([[video]])}
    return build()(vectors, EVERYONE)


def test_halves_are_joined_to_three_quarters():
    assert torch.sigmoid(joined(0.0, 0.0)).item() == pytest.approx(0.75)


@pytest.mark.parametrize("audio", [-9.0, -1.5, 0.3, 4.0, 12.0])
@pytest.mark.parametrize("video", [-9.0, 0.0, 6.0])
def test_a_clip_is_fake_if_its_sound_or_its_picture_is(audio: float, video: float):
    p, q = torch.sigmoid(torch.tensor([audio, video], dtype=torch.float64))
    expected = torch.logit(1 - (1 - p) * (1 - q)).item()
    assert joined(audio, video).item() == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_the_order_of_fake_faces_hardly_depends_on_voices_that_are_surely_real():
    # Voices at logits -8 and -4, faces at 0 and 1: a sum of logits would rank the face at 0 first.
    assert joined(-4.0, 0.0) < joined(-8.0, 1.0)


def test_what_is_missing_counts_for_nothing_and_a_clip_with_nothing_has_logit_0():
    fusion = build()
    vectors = {"audio": torch.tensor([[2.0], [2.0], [2.0]]), "video": torch.tensor([[3.0], [3.0], [3.0]])}
    present = {"audio": torch.tensor([True, False, False]), "video": torch.tensor([False, True, False])}
    assert fusion(vectors, present).tolist() == pytest.approx([2.0, 3.0, 0.0], abs=1e-5)
    assert fusion({"audio": vectors["audio"]}, present)[0].item() == pytest.approx(2.0, abs=1e-5)


@pytest.mark.parametrize("logit", [-100.0, -60.0, 60.0, 100.0])
def test_far_logits_stay_finite_with_their_gradients(logit: float):
    vectors = {name: torch.full((1, 1), logit, requires_grad=True) for name in EVERYONE}
    result = build()(vectors, EVERYONE)
    nn.functional.binary_cross_entropy_with_logits(result, torch.ones(1)).backward()
    assert result.isfinite().all()
    assert all(vector.grad is not None and vector.grad.isfinite().all() for vector in vectors.values())


def test_a_fake_that_is_called_real_with_certainty_is_still_learned_from():
    vectors = {
        "audio": torch.tensor([[-40.0]], requires_grad=True),
        "video": torch.tensor([[-30.0]], requires_grad=True),
    }
    build()(vectors, EVERYONE).backward()
    assert vectors["video"].grad.item() == pytest.approx(1.0, rel=1e-3)
    assert vectors["audio"].grad.item() == pytest.approx(0.0, abs=1e-3)
