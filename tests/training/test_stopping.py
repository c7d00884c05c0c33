"""A training that is interrupted, fails or is continued: its states, and what stops it."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from making.sounds import RATE_HZ
from making.trainings import CONFIG, MODEL, new_detector, same_weights, trained
from torch import Tensor

from avdf.config.training import TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector, build_detector
from avdf.errors import UserError
from avdf.training.state import new_state


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


def weights_before_step(dataset: LabelledClips, step: int, *, spoilt: bool) -> dict[str, Tensor]:
    """The weights of a training of 6 steps whose gradient becomes NaN in a step, or that is interrupted."""
    detector, num_steps = new_detector(), 0

    def at_the_step(gradient: Tensor) -> Tensor:
        nonlocal num_steps
        num_steps += 1
        if num_steps == step - 1 and not spoilt:
            os.kill(os.getpid(), signal.SIGINT)
        return gradient * (float("nan") if num_steps == step and spoilt else 1.0)

    detector.fusion.linear.bias.register_hook(at_the_step)
    named = f"gradient is NaN or infinite at epoch 1, step {step}, on the clips id9"
    with pytest.raises(UserError, match=named) if spoilt else pytest.raises(KeyboardInterrupt):
        trained(dataset, detector=detector)
    assert (num_steps == 6) == spoilt
    return dict(detector.named_parameters())


def test_after_a_nan_gradient_no_weight_changes_until_its_step_is_named(dataset: LabelledClips):
    """The host hears of step 3 at the end of the epoch, after step 6; the loss itself is finite."""
    spoilt, interrupted = (weights_before_step(dataset, 3, spoilt=which) for which in (True, False))
    assert all(torch.equal(spoilt[name], interrupted[name]) for name in interrupted)


def test_a_state_with_a_nan_gradient_is_not_saved(dataset: LabelledClips, tmp_path: Path):
    """A state is due after each step; those before steps 2 and 3 were saved, then step 3 failed."""
    detector, num_steps = new_detector(), 0

    def spoil_the_third(gradient: Tensor) -> Tensor:
        nonlocal num_steps
        num_steps += 1
        return gradient * (float("nan") if num_steps == 3 else 1.0)

    detector.fusion.linear.bias.register_hook(spoil_the_third)
    config = replace(CONFIG, save_every_minutes=1e-9)
    with pytest.raises(UserError, match="step 3"):
        trained(dataset, config, detector=detector, checkpoints=tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*.pt")) == ["state-0000-000001", "state-0000-000002"]


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


def test_the_loss_scale_of_fp16_is_restored():
    state = new_state(new_detector(), CONFIG, num_steps=10, num_groups=1)
    state.scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    again = new_state(new_detector(), CONFIG, num_steps=10, num_groups=1)
    again.scaler = torch.amp.GradScaler("cpu")
    again.restore(state.as_dict())
    assert again.scaler.state_dict()["scale"] == 8.0
