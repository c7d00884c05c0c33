"""The training loop: it learns, is reproducible, continues after an interrupt, and stops at a NaN."""

import numpy as np
import pytest
import torch
from making.sounds import RATE_HZ
from making.trainings import MODEL, same_weights, trained
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from avdf.config.training import TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector, build_detector
from avdf.fusion import FUSIONS
from avdf.training.steps import epoch_batches


def test_three_epochs_separate_tones_from_tones_in_noise(dataset: LabelledClips):
    _, history = trained(dataset)
    assert [row["epoch"] for row in history.rows] == [1, 2, 3]
    assert history.rows[-1]["loss"] < history.rows[0]["loss"] < 0.8
    assert history.rows[history.best_epoch]["auc"] > 0.95


def test_the_same_seed_gives_the_same_weights_with_0_or_2_workers(dataset: LabelledClips):
    config = TrainConfig(epochs=1, batch_size=8, learning_rate=0.01)
    assert same_weights(trained(dataset, config)[0], trained(dataset, config, workers=2)[0])


def test_the_history_holds_the_learning_rate_of_the_last_step_of_each_epoch(dataset: LabelledClips):
    """12 steps, 1 of them warm-up: step 5 is at (5 - 1) / 11 of the cosine, step 11 at 10 / 11."""
    config = TrainConfig(epochs=2, batch_size=8, learning_rate=0.01)
    _, history = trained(dataset, config)
    for row, share in zip(history.rows, (4 / 11, 10 / 11), strict=True):
        assert row["learning_rate"] == pytest.approx(0.005 * (1 + np.cos(np.pi * share)))


def test_a_warning_says_that_all_groups_are_too_small(
    dataset: LabelledClips, caplog: pytest.LogCaptureFixture
):
    nan = float("nan")
    trained(
        dataset,
        TrainConfig(epochs=1, batch_size=48, checkpoint="worst_group_f2"),
        validate=lambda detector: {"f2_at_prevalence": 0.8, "auc": 0.9, "worst_group_f2": nan},
    )
    assert "no group has 5 people of each class in validation" in caplog.text


def test_patience_2_stops_after_two_epochs_without_a_better_one(dataset: LabelledClips):
    aucs = iter([0.5, 0.6, 0.4, 0.3, 0.9])
    _, history = trained(
        dataset,
        TrainConfig(epochs=5, batch_size=48, patience=2),
        validate=lambda detector: {"f2_at_prevalence": 0.8, "auc": next(aucs)},
    )
    assert (len(history.rows), history.best_epoch) == (4, 1)


@pytest.mark.parametrize(("checkpoint", "best"), [("f2", 2), ("auc", 2), ("worst_group_f2", 0), ("last", 3)])
def test_the_best_epoch_is_chosen_by_the_criterion_of_the_config(
    dataset: LabelledClips, checkpoint: str, best: int
):
    rows = iter(
        {"f2_at_prevalence": f2, "auc": auc, "worst_group_f2": worst}
        for f2, auc, worst in [(0.8, 0.5, 0.7), (0.9, 0.6, float("nan")), (0.9, 0.7, 0.5), (0.8, 0.6, 0.4)]
    )
    config = TrainConfig(epochs=4, batch_size=48, checkpoint=checkpoint)
    _, history = trained(dataset, config, validate=lambda detector: next(rows))
    assert history.best_epoch == best


def test_every_item_of_an_epoch_is_in_one_batch_and_sizes_differ_by_one():
    batches = epoch_batches(22, 5, seed=0, epoch=0)
    assert sorted(len(batch) for batch in batches) == [4, 4, 4, 5, 5]
    assert sorted(np.concatenate(batches)) == list(range(22))
    assert not np.array_equal(np.concatenate(batches), np.concatenate(epoch_batches(22, 5, 0, 1)))


class ToyFace(nn.Module):
    """A video encoder: the mean colour of all frames."""

    modality = "video"
    dim = 3

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) -> (clip, 3)"""
        return frames.float().mean(dim=(1, 3, 4)) / 255 * self.scale


def test_audio_and_a_toy_video_encoder_train_together_and_score_audio_only():
    torch.manual_seed(0)
    audio = build_detector(MODEL, RATE_HZ)
    fusion = FUSIONS.build(
        {"name": "concat", "drop_modality": 0.3}, "model.fusion", {"dims": {"audio": 8, "video": 3}}
    )
    detector = Detector(audio.features, {"audio": audio.encoders["audio"], "video": ToyFace()}, fusion)
    is_fake = torch.tensor([0.0, 1.0] * 8)
    noise = torch.randn(16, 4000) * 0.05 * is_fake[:, None]
    waveform = torch.sin(torch.arange(4000) * 0.3) * 0.2 + noise
    frames = torch.randint(0, 255, (16, 2, 3, 8, 8), dtype=torch.uint8)
    frames[is_fake == 1, :, 0] = 255  # fakes are reddish
    batch = {"waveform": waveform, "frames": frames}

    def score(batch: dict[str, Tensor]) -> Tensor:
        return detector(detector.extract(batch))

    optimizer = torch.optim.Adam(detector.parameters(), lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(score(batch), is_fake).backward()
        optimizer.step()
    detector.eval()
    with torch.inference_mode():
        assert roc_auc_score(is_fake, score(batch)) == 1.0
        assert roc_auc_score(is_fake, score({"waveform": waveform})) == 1.0
        without_eyes = {**batch, "has_video": torch.zeros(16, dtype=torch.bool)}
        torch.testing.assert_close(score(without_eyes), score({"waveform": waveform}))
    assert detector.encoders["video"].scale.grad is not None
