"""The state of a training: detector, optimizer, schedule, loss, progress and best epoch."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from avdf.config.schema import TrainConfig
from avdf.detector import Detector
from avdf.training.losses import build_loss

Metrics = dict[str, float]
STATE_FORMAT = 2  # of the dict that TrainState.as_dict gives


@dataclass
class Progress:
    """Where the loop stands: the next step to take, and one row of metrics per finished epoch."""

    epoch: int = 0
    step: int = 0  # the next one of this epoch
    loss_sum: float = 0.0  # over the steps taken in this epoch
    rows: list[Metrics] = field(default_factory=list)

    def end_step(self, loss: float) -> None:
        self.step += 1
        self.loss_sum += loss

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

    `detector` and `optimizer` are the bare ones; the wrappers of Accelerate are not saved. `scaler` is
    that of Accelerate for fp16, None for any other precision.
    """

    detector: Detector
    optimizer: Optimizer
    schedule: LambdaLR
    loss: nn.Module  # from avdf/training/losses.py
    progress: Progress = field(default_factory=Progress)
    best: BestEpoch = field(default_factory=BestEpoch)
    scaler: torch.amp.GradScaler | None = None

    def as_dict(self) -> dict[str, Any]:
        """The state as tensors and plain values, for torch.save."""
        return {
            "format": STATE_FORMAT,
            "weights": self.detector.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "loss": self.loss.state_dict(),
            "scaler": self.scaler.state_dict() if self.scaler else {},
            "progress": vars(self.progress),
            "best": vars(self.best),
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
        counts = (self.progress.epoch, self.progress.step, self.best.epoch or 0)
        if any(type(count) is not int or count < 0 for count in counts):
            raise ValueError(f"epochs and steps are counted from 0, got {counts}")

    def last_learning_rate(self) -> float:
        """The learning rate of the last step that was taken."""
        [shape], [highest] = self.schedule.lr_lambdas, self.schedule.base_lrs
        return float(highest * shape(max(self.schedule.last_epoch - 1, 0)))


def new_state(detector: Detector, config: TrainConfig, *, num_steps: int, num_groups: int) -> TrainState:
    """AdamW with a linear warm-up and a cosine over `num_steps`, and the loss of the config."""
    optimizer = AdamW(
        detector.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    return TrainState(
        detector=detector,
        optimizer=optimizer,
        schedule=LambdaLR(optimizer, learning_rate_shape(num_steps, config.warmup_share)),
        loss=build_loss(config.loss, num_groups).to(next(detector.parameters()).device),
    )


def learning_rate_shape(num_steps: int, warmup_share: float) -> Callable[[int], float]:
    """Step -> share of the highest rate: a linear rise over the warm-up, then a half cosine down to 0.

    >>> shape = learning_rate_shape(12, warmup_share=0.25)
    >>> [round(shape(step), 2) for step in (0, 2, 3, 11)]
    [0.33, 1.0, 1.0, 0.03]
    """
    warmup = max(round(num_steps * warmup_share), 1)

    def shape(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(num_steps - warmup, 1)))

    return shape
