"""The supervised contrastive loss against its formula, and in a training."""

import numpy as np
import pytest
import torch
from making.trainings import new_detector, trained

from avdf.config.training import TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.training.contrastive import supervised_contrastive
from avdf.training.losses import build_loss


def brute_force(vectors: np.ndarray, labels: list[int], temperature: float) -> float:
    """Khosla et al., equation 2, with plain loops."""
    z = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    of_clips = []
    for i in range(len(z)):
        others = [a for a in range(len(z)) if a != i]
        positives = [p for p in others if labels[p] == labels[i]]
        if positives:
            total = sum(np.exp(z[i] @ z[a] / temperature) for a in others)
            of_clips.append(-np.mean([np.log(np.exp(z[i] @ z[p] / temperature) / total) for p in positives]))
    return float(np.mean(of_clips)) if of_clips else 0.0


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 1, 0], [0, 1, 0, 0, 0, 0], [1] * 6, [0, 1]])
def test_the_loss_is_equation_2_of_the_paper(labels: list[int]):
    vectors = torch.from_numpy(np.random.default_rng(len(labels)).normal(size=(len(labels), 4)))
    loss = supervised_contrastive(vectors, torch.tensor(labels), 0.07)
    assert float(loss) == pytest.approx(brute_force(vectors.numpy(), labels, 0.07), rel=1e-5)


def test_two_tight_clusters_lose_nothing_and_mixed_ones_much():
    """Opposite unit vectors at .07: clusters by label lose log 1, those across labels log(1 + ...) > 20."""
    vectors = torch.tensor([[1.0, 0], [1, 0], [-1, 0], [-1, 0]])
    assert float(supervised_contrastive(vectors, torch.tensor([0, 0, 1, 1]), 0.07)) < 1e-6
    assert float(supervised_contrastive(vectors, torch.tensor([0, 1, 0, 1]), 0.07)) > 20


def test_the_loss_is_added_to_the_cross_entropy_with_weight_1_and_has_a_finite_gradient():
    logits, is_fake, ones = torch.randn(4), torch.tensor([0.0, 1, 0.9, 0.2]), torch.ones(4)
    group, vectors = torch.zeros(4, dtype=torch.long), torch.randn(4, 3, requires_grad=True)
    loss = build_loss("supcon", 1)(logits, is_fake, ones, group, vectors)
    alone = build_loss("bce", 1)(logits, is_fake, ones, group)
    contrast = brute_force(vectors.detach().numpy(), [0, 1, 1, 0], 0.07)
    assert float(loss.detach() - alone) == pytest.approx(contrast, rel=1e-4)
    loss.backward()
    assert vectors.grad is not None
    assert vectors.grad.isfinite().all()


def test_the_vectors_are_those_of_the_encoder_before_the_head():
    detector = new_detector().eval()
    inputs = detector.extract({"waveform": torch.randn(3, 4000)})
    logits, vectors = detector(inputs, with_vectors=True)
    torch.testing.assert_close(vectors, detector.encoders["audio"](inputs["audio"]))
    torch.testing.assert_close(logits, detector(inputs))
    torch.testing.assert_close(logits, detector.fusion.linear(vectors).squeeze(1))


def test_a_training_with_it_separates_the_vectors_of_the_classes(dataset: LabelledClips):
    distances = []
    for loss in ("bce", "supcon"):
        config = TrainConfig(epochs=10, batch_size=16, learning_rate=0.01, loss=loss)
        detector, result = trained(dataset, config)
        assert result.best["auc"] > 0.95
        detector.eval()
        samples = [dataset.sample(index, 0)["waveform"] for index in range(len(dataset))]
        inputs = detector.extract({"waveform": torch.from_numpy(np.stack(samples))})
        vectors = torch.nn.functional.normalize(detector.encoders["audio"](inputs["audio"]), dim=1)
        means = [vectors[torch.from_numpy(dataset.is_fake) == fake].mean(dim=0) for fake in (False, True)]
        distances.append(float((means[0] - means[1]).norm().detach()))
    assert distances[1] > distances[0]
