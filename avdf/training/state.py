"""The state of a training: detector, optimizer, schedule, loss, progress and best epoch."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from avdf.config.training import TrainConfig
from avdf.detector import Detector
from avdf.training.averaging import WeightSum
from avdf.training.checks import STEPS_PER_CHECK, StepChecks, TakenStep
from avdf.training.losses import build_loss
from avdf.training.optimizer import ScaledSteps, new_optimizer, rate_of_step, scaled_steps, step_unless

Metrics = dict[str, float]
STATE_FORMAT = 2  # of the dict that TrainState.as_dict gives


@dataclass
class Progress:
    """Where the loop stands: the next step to take, and one row of metrics per finished epoch."""

    epoch: int = 0
    step: int = 0  # the next one of this epoch
    loss_sum: float = 0.0  # over the steps of this epoch that the host has read
    rows: list[Metrics] = field(default_factory=list)

    def end_epoch(self, metrics: Metrics) -> None:
        self.rows.append(metrics)
        self.epoch += 1
        self.step, self.loss_sum = 0, 0.0


@dataclass
class BestEpoch:
    """The epoch of the highest rank so far, counted from 0, and the weights it ended with (on the CPU)."""

    epoch: int | None = None
    rank: tuple[float, ...] = ()
    weights: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, epoch: int, rank: tuple[float, ...], detector: Detector) -> None:
        """Takes the epoch over if its rank is higher; the first of equal ranks stays."""
        if self.epoch is None or rank > self.rank:
            self.epoch, self.rank = epoch, rank
            self.weights = {name: value.cpu().clone() for name, value in detector.state_dict().items()}


@dataclass
class TrainState:
    """All that a training needs to continue.

    `detector` is the bare one; the wrappers of Accelerate are not saved. `scaler` is that of Accelerate
    for fp16, None for any other precision. `checks` and `scaled` hold the steps since the last `read_steps`.
    """

    detector: Detector
    optimizer: Optimizer
    schedule: LambdaLR
    loss: nn.Module  # from avdf/training/losses.py
    checks: StepChecks
    progress: Progress = field(default_factory=Progress)
    best: BestEpoch = field(default_factory=BestEpoch)
    last_epochs: WeightSum = field(default_factory=WeightSum)  # those of train.average_last that are done
    scaler: torch.amp.GradScaler | None = None
    scaled: ScaledSteps | None = None

    def update(self, loss: Tensor, norm: Tensor, clips: list[str]) -> None:
        """Takes the step whose gradient was computed, on the device; `loss` and `norm` are ().

        Nothing is updated from the first step on whose loss or norm is NaN or infinite; in fp16 an infinite
        norm only skips its own step.
        """
        failed = self.checks.fail_unless_finite(loss if self.scaler else torch.stack((loss, norm)))
        if self.scaler:
            self.scaled = self.scaled or scaled_steps(
                self.scaler, self.schedule, STEPS_PER_CHECK, loss.device
            )
            taken = self.scaled.step(norm, self.optimizer)
        else:
            step_unless(failed, self.optimizer)
            self.schedule.step()
            taken = failed == 0
        outcome = torch.stack((loss, failed, taken.to(loss.dtype)))
        self.checks.unread.append(TakenStep(self.progress.epoch, self.progress.step, clips, outcome))
        self.progress.step += 1

    def read_steps(self) -> None:
        """Adds up the losses of the steps since the last call, which waits for the device.

        Raises UserError naming the first step whose loss or gradient was NaN or infinite.
        """
        outcomes = self.checks.read()
        self.progress.loss_sum = sum((loss for loss, _ in outcomes), start=self.progress.loss_sum)
        if self.scaled:
            [self.optimizer.param_groups[0]["lr"]] = self.schedule.get_last_lr()
            for _ in range(sum(taken for _, taken in outcomes)):
                self.schedule.step()
            self.scaled = None

    def as_dict(self) -> dict[str, Any]:
        """The state as tensors and plain values, for torch.save; call `read_steps` before."""
        return {
            "format": STATE_FORMAT,
            "weights": self.detector.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "loss": self.loss.state_dict(),
            "scaler": self.scaler.state_dict() if self.scaler else {},
            "progress": vars(self.progress),
            "best": vars(self.best),
            "last_epochs": vars(self.last_epochs),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Takes over what `as_dict` gave. Raises RuntimeError, ValueError, TypeError or KeyError."""
        self.detector.load_state_dict(saved["weights"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.schedule.load_state_dict(saved["schedule"])
        self.loss.load_state_dict(saved["loss"])
        if self.scaler:
            self.scaler.load_state_dict(saved["scaler"])
        self.progress = Progress(**saved["progress"])
        self.best = BestEpoch(**saved["best"])
        self.last_epochs = WeightSum(**saved.get("last_epochs", {}))
        counts = (self.progress.epoch, self.progress.step, self.best.epoch or 0)
        if any(type(count) is not int or count < 0 for count in counts):
            raise ValueError(f"epochs and steps are counted from 0, got {counts}")

    def last_learning_rate(self) -> float:
        """The learning rate of the last step that was taken."""
        return rate_of_step(self.schedule, max(self.schedule.last_epoch - 1, 0))


def new_state(detector: Detector, config: TrainConfig, *, num_steps: int, num_groups: int) -> TrainState:
    """AdamW with a linear warm-up and a cosine over `num_steps`, and the loss of the config."""
    device = next(detector.parameters()).device
    optimizer, schedule = new_optimizer(detector, config, num_steps)
    return TrainState(
        detector=detector,
        optimizer=optimizer,
        schedule=schedule,
        loss=build_loss(config.loss, num_groups).to(device),
        checks=StepChecks(torch.zeros((), device=device)),
    )
