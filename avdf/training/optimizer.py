"""AdamW with a linear warm-up and a half cosine, and its steps: none of them waits for the device."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from avdf.config.training import TrainConfig
from avdf.data.on_device import to_device


class EagerAdamW(AdamW):
    """torch's AdamW, whose methods do not import torch's compiler: 1.4 s at the start of every training.

    torch decorates them so that a compiled function may call them. Here only the network is compiled.
    """

    add_param_group: Any = inspect.unwrap(AdamW.add_param_group)
    load_state_dict: Any = inspect.unwrap(AdamW.load_state_dict)
    state_dict: Any = inspect.unwrap(AdamW.state_dict)
    zero_grad: Any = inspect.unwrap(AdamW.zero_grad)
    step: Any = torch.no_grad()(inspect.unwrap(AdamW.step))


def new_optimizer(detector: nn.Module, config: TrainConfig, num_steps: int) -> tuple[Optimizer, LambdaLR]:
    """AdamW on all weights, and its learning rate over `num_steps`."""
    optimizer = EagerAdamW(
        detector.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    return optimizer, LambdaLR(optimizer, learning_rate_shape(num_steps, config.warmup_share))


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


def rate_of_step(schedule: LambdaLR, step: int) -> float:
    """The learning rate of a step, counted from 0 over all epochs."""
    [shape], [highest] = schedule.lr_lambdas, schedule.base_lrs
    return float(highest * shape(step))


def step_unless(failed: Tensor, optimizer: Optimizer) -> None:
    """One update, which the device skips where `failed` () is 1."""
    setattr(optimizer, "found_inf", failed)  # noqa: B010  # torch's fused AdamW reads it
    optimizer.step()


@dataclass
class ScaledSteps:
    """Updates in fp16. One whose gradient overflows is skipped, and the next has its learning rate.

    The device counts the updates that it takes, and finds the rate of the next one in a table, until the
    host hears of them: rates (step,), num_taken (1,).
    """

    scaler: torch.amp.GradScaler
    rates: Tensor
    num_taken: Tensor

    def step(self, norm: Tensor, optimizer: Optimizer) -> Tensor:
        """One update, given the norm () of its unscaled gradient; () whether it was taken."""
        [group] = optimizer.param_groups
        group["lr"] = self.rates.index_select(0, self.num_taken)[0]
        self.scaler.step(optimizer)
        self.scaler.update()
        taken = norm.isfinite()
        self.num_taken += taken
        return taken


def scaled_steps(
    scaler: torch.amp.GradScaler, schedule: LambdaLR, num_steps: int, device: torch.device
) -> ScaledSteps:
    """For at most `num_steps` updates from where the schedule is."""
    rates = [rate_of_step(schedule, schedule.last_epoch + step) for step in range(num_steps)]
    table = to_device(torch.tensor(rates), device)
    return ScaledSteps(scaler, table, torch.zeros(1, dtype=torch.long, device=device))
