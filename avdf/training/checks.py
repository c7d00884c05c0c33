"""Losses of the last steps and whether they were finite, kept on the device until the host looks at them.

To read a number from a GPU the host waits until all work that the GPU was given is done, and the GPU then
waits for the host. So the numbers of many steps are read at once.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from avdf.errors import UserError

# A failure is told of at most so many steps late; the device skips all updates after it, so that only their
# time is lost. One reading per 32 steps costs less than a percent of them.
STEPS_PER_CHECK = 32
_NAMED = 8  # clips of a batch


@dataclass(frozen=True)
class TakenStep:
    """A step of an epoch, both from 0, its clips, and (3,) on the device: its loss, failed, was taken."""

    epoch: int
    step: int
    clips: list[str]
    outcome: Tensor


@dataclass
class StepChecks:
    """The steps that the host has not read. `failed` () is 1 from the first failure on, else 0."""

    failed: Tensor
    unread: list[TakenStep] = field(default_factory=list)

    def fail_unless_finite(self, values: Tensor) -> Tensor:
        """Notes whether any of the values is NaN or infinite; () 1 if any was, now or in an earlier step."""
        self.failed = torch.maximum(self.failed, (~values.isfinite().all()).float())
        return self.failed

    def are_due(self) -> bool:
        """Whether STEPS_PER_CHECK steps have not been read."""
        return len(self.unread) >= STEPS_PER_CHECK

    def read(self) -> list[tuple[float, bool]]:
        """The loss of each unread step, and whether its update was taken.

        Raises UserError naming the first step whose loss or gradient was NaN or infinite.
        """
        if not self.unread:
            return []
        steps, self.unread = self.unread, []
        outcomes = torch.stack([step.outcome for step in steps]).tolist()
        for step, (_, failed, _) in zip(steps, outcomes, strict=True):
            if failed:
                raise UserError(_not_finite(step))
        return [(loss, bool(taken)) for loss, _, taken in outcomes]


def _not_finite(step: TakenStep) -> str:
    num_more = len(step.clips) - _NAMED
    names = ", ".join(step.clips[:_NAMED]) + (f" and {num_more} more" if num_more > 0 else "")
    return (
        f"train: the loss or its gradient is NaN or infinite at epoch {step.epoch + 1}, step "
        f"{step.step + 1}, on the clips {names}; lower train.learning_rate, or set train.precision=no"
    )
