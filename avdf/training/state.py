"""What is trained and what trains it: detector, optimizer, schedule, loss, history; saved as one state."""

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

Figures = dict[str, float]


@dataclass
class History:
    """A row an epoch, the weights of the best one, and how far the training has come."""

    rows: list[Figures] = field(default_factory=list)
    best_epoch: int = -1
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    epoch: int = 0
    step: int = 0  # the next one to take in this epoch
    loss_sum: float = 0.0  # over the steps taken in this epoch

    def end_epoch(
        self, detector: Detector, figures: Figures, rank: Callable[[Figures], tuple[float, ...]]
    ) -> None:
        """Notes the figures of an epoch, and its weights where no epoch ranks as high."""
        self.rows.append(figures)
        if self.best_epoch < 0 or rank(figures) > rank(self.rows[self.best_epoch]):
            self.best_epoch = self.epoch
            self.best_weights = {name: value.cpu().clone() for name, value in detector.state_dict().items()}
        self.epoch += 1
        self.step, self.loss_sum = 0, 0.0

    def is_stale(self, patience: int | None) -> bool:
        """Whether `patience` epochs have passed without a better one."""
        return patience is not None and self.epoch - 1 - self.best_epoch >= patience


@dataclass
class Learner:
    """`detector` and `optimizer` are the bare ones; what Accelerate wraps around them is not saved.

    `scaler` is Accelerate's for fp16, None for any other precision.
    """

    detector: Detector
    optimizer: Optimizer
    schedule: LambdaLR
    loss: nn.Module  # of avdf/losses.py
    history: History
    scaler: torch.amp.GradScaler | None = None

    def state(self) -> dict[str, Any]:
        """All that going on needs, as tensors and plain values."""
        return {
            "weights": self.detector.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "loss": self.loss.state_dict(),
            "scaler": self.scaler.state_dict() if self.scaler else {},
            "history": vars(self.history),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` gave."""
        self.detector.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.loss.load_state_dict(state["loss"])
        if self.scaler:
            self.scaler.load_state_dict(state["scaler"])
        self.history = History(**state["history"])

    def last_rate(self) -> float:
        """The learning rate of the last step that was taken."""
        [shape], [highest] = self.schedule.lr_lambdas, self.schedule.base_lrs
        return float(highest * shape(max(self.schedule.last_epoch - 1, 0)))


def new_learner(detector: Detector, config: TrainConfig, *, num_steps: int, num_groups: int) -> Learner:
    """AdamW with a warm-up and a cosine over `num_steps`, and the loss of the config."""
    optimizer = AdamW(
        detector.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    return Learner(
        detector=detector,
        optimizer=optimizer,
        schedule=LambdaLR(optimizer, learning_rate_shape(num_steps, config.warmup_share)),
        loss=build_loss(config.loss, num_groups).to(next(detector.parameters()).device),
        history=History(),
    )


def learning_rate_shape(num_steps: int, warmup_share: float) -> Callable[[int], float]:
    """Step -> share of the highest rate: linear up over the warm-up, then a half cosine down to 0."""
    warmup = max(round(num_steps * warmup_share), 1)

    def shape(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(num_steps - warmup, 1)))

    return shape
