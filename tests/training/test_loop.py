"""The training loop: it learns, is reproducible, continues after an interrupt, and stops at a NaN."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from making.sounds import RATE_HZ, make_sounds
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from avdf.config.schema import ModelConfig, TrainConfig
from avdf.data.dataset import LabelledClips, RandomCrops
from avdf.detector import Detector, build_detector
from avdf.errors import UserError
from avdf.fusion import FUSIONS
from avdf.scoring import score_clips
from avdf.training.augmentation import build_augmentation
from avdf.training.data import training_data
from avdf.training.loop import EpochEnd, FitResult, fit
from avdf.training.state import new_state
from avdf.training.steps import epoch_batches

MODEL = ModelConfig(
    features={"audio": {"name": "log_mel", "num_mels": 32, "n_fft": 256}},
    encoders={"audio": {"name": "audio_cnn", "channels": [8, 8]}},
)
CONFIG = TrainConfig(epochs=3, batch_size=8, learning_rate=0.01)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    clips, store = make_sounds(tmp_path_factory.mktemp("sounds"), tmp_path_factory.mktemp("cache"))
    return LabelledClips(clips, store, target="audio", seconds=0.5)


def new_detector() -> Detector:
    torch.manual_seed(0)
    return build_detector(MODEL, RATE_HZ)


def trained(
    dataset: LabelledClips,
    config: TrainConfig = CONFIG,
    *,
    detector: Detector | None = None,
    workers: int = 0,
    checkpoints: Path | None = None,
    augment: Callable | None = None,
    validate: Callable | None = None,
    on_epoch: Callable | None = None,
    accelerator: Accelerator | None = None,
) -> tuple[Detector, FitResult]:
    detector = detector or new_detector()

    def metrics(detector: Detector) -> dict[str, float]:
        score = score_clips(detector, dataset, num_crops=2, batch_size=16, accelerator=Accelerator(cpu=True))
        return {"f2_at_prevalence": 0.0, "auc": float(roc_auc_score(dataset.is_fake, score))}

    crops = RandomCrops(dataset, seed=1, augment=augment)
    history = fit(
        detector,
        training_data(crops, build_augmentation({}), config, workers=workers),
        config,
        accelerator=accelerator or Accelerator(cpu=True),
        epoch_end=EpochEnd(validate or metrics, on_epoch),
        checkpoints=checkpoints,
    )
    return detector, history


def same_weights(first: nn.Module, second: nn.Module) -> bool:
    ones, others = first.state_dict(), second.state_dict()
    return all(torch.equal(ones[name], others[name]) for name in ones)


def test_three_epochs_separate_tones_from_tones_in_noise(dataset: LabelledClips):
    _, history = trained(dataset)
    assert [row["epoch"] for row in history.rows] == [1, 2, 3]
    assert history.rows[-1]["loss"] < history.rows[0]["loss"] < 0.8
    assert history.rows[history.best_epoch]["auc"] > 0.95


def test_the_same_seed_gives_the_same_weights_with_0_or_2_workers(dataset: LabelledClips):
    config = TrainConfig(epochs=1, batch_size=8, learning_rate=0.01)
    assert same_weights(trained(dataset, config)[0], trained(dataset, config, workers=2)[0])


@pytest.mark.parametrize("after", [3, 8, 13])
def test_an_interrupted_training_continues_to_the_same_weights(
    dataset: LabelledClips, tmp_path: Path, after: int
):
    """48 clips in batches of 8 are 6 steps per epoch; the signal comes in the 1st, 2nd and 3rd epoch."""
    whole, history = trained(dataset)
    num_read = 0

    def interrupt(waveform, key):
        nonlocal num_read
        num_read += 1
        if num_read == after * 8 + 1:
            os.kill(os.getpid(), signal.SIGINT)
        return waveform

    with pytest.raises(KeyboardInterrupt):
        trained(dataset, checkpoints=tmp_path, augment=interrupt)
    epoch, step = divmod(after + 1, 6)
    assert (tmp_path / f"state-{epoch:04}-{step:06}.pt").is_file()
    again, continued = trained(dataset, checkpoints=tmp_path)
    assert same_weights(whole, again)
    assert history.rows == continued.rows


def test_a_nan_loss_stops_the_training_and_names_epoch_step_and_clips(dataset: LabelledClips):
    def spoil(waveform, key):
        return waveform * np.float32("nan")

    with pytest.raises(
        UserError, match=r"NaN or infinite at epoch 1, step 1, on the clips id9\d{4}/.*learning_rate"
    ):
        trained(dataset, augment=spoil)


def test_a_nan_gradient_stops_the_training_in_its_step_even_if_the_loss_is_finite(dataset: LabelledClips):
    detector, num_steps = new_detector(), 0

    def spoil_the_third(gradient: Tensor) -> Tensor:
        nonlocal num_steps
        num_steps += 1
        return gradient * (float("nan") if num_steps == 3 else 1.0)

    detector.fusion.linear.bias.register_hook(spoil_the_third)
    with pytest.raises(UserError, match="gradient is NaN or infinite at epoch 1, step 3, on the clips id9"):
        trained(dataset, detector=detector)
    assert all(value.isfinite().all() for value in detector.state_dict().values())


def test_a_signal_during_validation_takes_precedence_over_an_error_of_on_epoch(
    dataset: LabelledClips, tmp_path: Path
):
    """A sweep raises from on_epoch to prune a trial; Ctrl-C must not be lost then."""

    def validate(detector: Detector) -> dict[str, float]:
        os.kill(os.getpid(), signal.SIGINT)
        return {"f2_at_prevalence": 0.5, "auc": 0.5}

    def prune(epoch: int, metrics: dict[str, float]) -> None:
        raise RuntimeError("pruned")

    with pytest.raises(KeyboardInterrupt):
        trained(dataset, checkpoints=tmp_path, validate=validate, on_epoch=prune)
    assert (tmp_path / "state-0001-000000.pt").is_file()


def test_a_state_that_cannot_be_written_is_an_error_even_after_a_signal(
    dataset: LabelledClips, tmp_path: Path
):
    (tmp_path / "file").write_text("")

    def ask(waveform, key):
        os.kill(os.getpid(), signal.SIGINT)
        return waveform

    with pytest.raises(UserError, match="can't be written"):
        trained(dataset, checkpoints=tmp_path / "file", augment=ask)


def test_a_step_that_fp16_skips_does_not_advance_the_schedule(dataset: LabelledClips):
    """6 steps, 1 of them warm-up; the third overflows, so the sixth has the learning rate of the fifth."""
    accelerator, detector, num_steps = Accelerator(cpu=True), new_detector(), 0
    accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=2.0)

    def overflow_the_third(gradient: Tensor) -> Tensor:
        nonlocal num_steps
        num_steps += 1
        return gradient * (float("inf") if num_steps == 3 else 1.0)

    detector.fusion.linear.bias.register_hook(overflow_the_third)
    config = TrainConfig(epochs=1, batch_size=8, learning_rate=0.01, precision="fp16")
    _, history = trained(dataset, config, detector=detector, accelerator=accelerator)
    assert history.rows[0]["learning_rate"] == pytest.approx(0.005 * (1 + np.cos(np.pi * 3 / 5)))
    assert all(value.isfinite().all() for value in detector.state_dict().values())


def test_a_state_of_another_network_is_refused(dataset: LabelledClips, tmp_path: Path):
    config = TrainConfig(epochs=1, batch_size=48)
    trained(dataset, config, checkpoints=tmp_path)
    encoder = {"name": "audio_cnn", "channels": [8, 8, 8]}
    other = build_detector(replace(MODEL, encoders={"audio": encoder}), RATE_HZ)
    with pytest.raises(UserError, match="holds the state of another network, or of another avdf"):
        trained(dataset, config, detector=other, checkpoints=tmp_path)


def test_states_are_saved_by_the_clock_within_a_long_epoch(dataset: LabelledClips, tmp_path: Path):
    """6 steps per epoch, a state after each: those before steps 5 and 6 are kept."""

    def validate(detector: Detector) -> dict[str, float]:
        raise RuntimeError("power cut")

    config = TrainConfig(epochs=1, batch_size=8, save_every_minutes=1e-9)
    with pytest.raises(RuntimeError, match="power cut"):
        trained(dataset, config, checkpoints=tmp_path, validate=validate)
    states = sorted(path.name for path in tmp_path.glob("*.pt"))
    assert states == ["state-0000-000005.pt", "state-0000-000006.pt"]


def test_the_history_holds_the_learning_rate_of_the_last_step_of_each_epoch(dataset: LabelledClips):
    """12 steps, 1 of them warm-up: step 5 is at (5 - 1) / 11 of the cosine, step 11 at 10 / 11."""
    config = TrainConfig(epochs=2, batch_size=8, learning_rate=0.01)
    _, history = trained(dataset, config)
    for row, share in zip(history.rows, (4 / 11, 10 / 11), strict=True):
        assert row["learning_rate"] == pytest.approx(0.005 * (1 + np.cos(np.pi * share)))


def test_the_loss_scale_of_fp16_is_restored():
    state = new_state(new_detector(), CONFIG, num_steps=10, num_groups=1)
    state.scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    again = new_state(new_detector(), CONFIG, num_steps=10, num_groups=1)
    again.scaler = torch.amp.GradScaler("cpu")
    again.restore(state.as_dict())
    assert again.scaler.state_dict()["scale"] == 8.0


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
