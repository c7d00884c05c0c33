"""The head of OC-Softmax: its logits, its loss against the formula of the paper, a missing modality."""

import numpy as np
import pytest
import torch

from avdf.fusion import FUSIONS
from avdf.training.losses import build_loss

ALPHA, REAL_MARGIN, FAKE_MARGIN = 20.0, 0.9, 0.2  # of Zhang, Jiang and Duan


def head(**dims: int):
    torch.manual_seed(0)
    return FUSIONS.build({"name": "one_class"}, "model.fusion", {"dims": dims}).eval()


def cosines(vectors: torch.Tensor, direction: torch.Tensor) -> np.ndarray:
    x, w = vectors.numpy().astype(float), direction.detach().numpy().astype(float)
    return x @ w / np.linalg.norm(x, axis=1) / np.linalg.norm(w)


def test_the_loss_is_equation_5_of_the_paper_clip_by_clip():
    """Brute force: mean of log(1 + exp(alpha (m_y - s) (-1)^y)), y being 0 for real speech."""
    one_class = head(audio=5)
    vectors, is_fake = torch.randn(7, 5), torch.tensor([0.0, 1, 1, 0, 0, 1, 0])
    logits = one_class({"audio": vectors}, {"audio": torch.ones(7, dtype=torch.bool)})
    margins = {0.0: REAL_MARGIN, 1.0: FAKE_MARGIN}
    each = [
        np.log1p(np.exp(ALPHA * (margins[float(y)] - s) * (-1) ** float(y)))
        for s, y in zip(cosines(vectors, one_class.direction), is_fake, strict=True)
    ]
    loss = build_loss("oc_softmax", 1)(logits, is_fake, torch.ones(7), torch.zeros(7, dtype=torch.long))
    assert float(loss.detach()) == pytest.approx(np.mean(each), rel=1e-5)
    weights = torch.tensor([2.0, 0, 1, 1, 1, 1, 1])
    weighted = build_loss("oc_softmax", 1)(logits, is_fake, weights, torch.zeros(7, dtype=torch.long))
    assert float(weighted.detach()) == pytest.approx(np.mean(weights.numpy() * each), rel=1e-5)


def test_a_clip_along_the_direction_of_real_speech_has_the_lowest_logit_whatever_its_length():
    one_class = head(audio=3)
    vectors = torch.stack([one_class.direction.detach() * 7, -one_class.direction.detach()])
    logits = one_class({"audio": vectors}, {"audio": torch.ones(2, dtype=torch.bool)})
    assert logits.tolist() == pytest.approx([20 * (0.55 - 1), 20 * (0.55 + 1)], abs=1e-4)


def test_a_missing_modality_counts_as_zeros():
    one_class = head(audio=2, video=3)
    vectors = {"audio": torch.randn(2, 2), "video": torch.randn(2, 3)}
    nobody, everybody = torch.zeros(2, dtype=torch.bool), torch.ones(2, dtype=torch.bool)
    without = one_class(vectors, {"audio": everybody, "video": nobody})
    left_out = one_class({"audio": vectors["audio"]}, {"audio": everybody})
    torch.testing.assert_close(without, left_out)
    expected = torch.cat([vectors["audio"], torch.zeros(2, 3)], dim=1)
    np.testing.assert_allclose(
        without.detach(), 20 * (0.55 - cosines(expected, one_class.direction)), rtol=1e-4
    )
