"""The training loop: epochs, validation, choice of the best epoch, early stopping, saved states."""

import logging
import math
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from avdf.config.training import TrainConfig
from avdf.detector import Detector
from avdf.errors import UserError
from avdf.progress import progress as shown
from avdf.training.averaging import measuring_statistics
from avdf.training.checkpoints import Checkpointer
from avdf.training.data import TrainingData
from avdf.training.interrupts import Interrupt, postponed_interrupts
from avdf.training.processes import (
    Prepared,
    any_process_interrupted,
    check_shares,
    prepare,
    restore_precision,
    share_buffers,
)
from avdf.training.state import Metrics, TrainState, new_state
from avdf.training.steps import batch_inputs, planned_batches, take_steps

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class EpochEnd:
    """What is called after each epoch.

    `validate` gives the metrics of the validation split, at least `f2_at_prevalence` and `auc`;
    `on_epoch` is told the number of the epoch, from 1, and its metrics once the state is saved.
    """

    validate: Callable[[Detector], Metrics]
    on_epoch: Callable[[int, Metrics], None] | None = None


@dataclass(frozen=True)
class FitResult:
    """One row of metrics per epoch, and the row that the detector's weights are those of, counted from 0.

    With `train.average_last` a last row, numbered as one more epoch, is that of the mean of the weights.
    """

    rows: list[Metrics]
    best_epoch: int

    @property
    def best(self) -> Metrics:
        return self.rows[self.best_epoch]


def fit(
    detector: Detector,
    data: TrainingData,
    config: TrainConfig,
    *,
    accelerator: Accelerator,
    epoch_end: EpochEnd,
    checkpoints: Path | None = None,
) -> FitResult:
    """Trains the detector and leaves it with the weights of its best epoch.

    The best epoch has the highest validation `f2_at_prevalence` (or what `train.checkpoint` names), then the
    highest `auc`. A state found in `checkpoints` is continued. Raises UserError if the loss is NaN,
    ConfigError for what many processes cannot share, and KeyboardInterrupt, the state saved, on a signal.
    """
    num_steps = data.num_steps(config.batch_size)  # per epoch
    check_shares(len(data.crops) // num_steps, accelerator.num_processes)
    detector.to(accelerator.device)
    data = data.on(accelerator.device)
    state = new_state(detector, config, num_steps=num_steps * config.epochs, num_groups=data.num_groups)
    prepared = prepare(state, config, accelerator)
    checkpointer = Checkpointer(
        checkpoints, every_minutes=config.save_every_minutes, is_writer=accelerator.is_main_process
    )
    checkpointer.restore(state)
    with (
        postponed_interrupts() as interrupt,
        closing(_remaining_batches(prepared, state, data, config)) as batches,
    ):
        while state.progress.epoch < config.epochs and not _is_stale(state, config.patience):
            steps = take_steps(prepared, state, data, config, batches)
            label = f"epoch {state.progress.epoch + 1}/{config.epochs}"
            for _ in shown(steps, label, total=num_steps - state.progress.step, unit="steps"):
                if state.checks.are_due():
                    state.read_steps()
                _save_if_due(state, checkpointer, accelerator, interrupt)
            state.read_steps()
            _end_epoch(state, config, accelerator, epoch_end.validate)
            checkpointer.save(state)
            _report(state, accelerator, label)
            _call_on_epoch(epoch_end, state, accelerator, interrupt)
    _offer_mean(prepared, state, data, config, epoch_end.validate)
    detector.load_state_dict(state.best.weights)
    restore_precision(prepared)
    return _result(state, config)


def rank_of_epoch(metrics: Metrics, checkpoint: str) -> tuple[float, ...]:
    """The metric that `train.checkpoint` names, then the AUC; an undefined metric ranks lowest."""
    name = {"f2": "f2_at_prevalence", "last": "epoch"}.get(checkpoint, checkpoint)
    return tuple(-math.inf if math.isnan(value) else value for value in (metrics[name], metrics["auc"]))


def _is_stale(state: TrainState, patience: int | None) -> bool:
    """Whether `patience` epochs have passed since the best one."""
    if patience is None or state.best.epoch is None:
        return False
    return state.progress.epoch - 1 - state.best.epoch >= patience


def _remaining_batches(
    prepared: Prepared, state: TrainState, data: TrainingData, config: TrainConfig
) -> Generator[tuple[dict[str, Any], int], None, None]:
    start = (state.progress.epoch, state.progress.step)
    return planned_batches(prepared, data, config, start=start, end_epoch=config.epochs)


def _offer_mean(
    prepared: Prepared,
    state: TrainState,
    data: TrainingData,
    config: TrainConfig,
    validate: Callable[[Detector], Metrics],
) -> None:
    """Validates the mean of the weights of the last epochs, if there are any, as if it were one more epoch.

    Batch norm measures its statistics on one more epoch of crops, which no step was taken on.
    """
    if state.last_epochs.num == 0:
        return
    detector, accelerator = state.detector, prepared.accelerator
    state.last_epochs.load_mean_into(detector)
    with measuring_statistics(prepared.network) as has_any, torch.no_grad():
        extra = planned_batches(
            prepared, data, config, start=(config.epochs, 0), end_epoch=config.epochs + int(has_any)
        )
        torch.manual_seed(data.crops.seed)  # of dropout
        with closing(extra) as batches, accelerator.autocast():
            for share, _ in batches:
                prepared.network(batch_inputs(detector, data, share, accelerator.device).inputs)
    share_buffers(detector, accelerator)
    rate = {"epoch": config.epochs + 1, "loss": math.nan, "learning_rate": state.last_learning_rate()}
    metrics = {**rate, **validate(detector)}
    state.best.offer(config.epochs, rank_of_epoch(metrics, config.checkpoint), detector)
    state.progress.rows.append(metrics)
    _report(state, accelerator, f"mean of the last {state.last_epochs.num} epochs")


def _save_if_due(
    state: TrainState, checkpointer: Checkpointer, accelerator: Accelerator, interrupt: Interrupt
) -> None:
    """After a step: saves the state by the clock or on a request to stop, which then ends the training."""
    stop = any_process_interrupted(accelerator, interrupt.requested, state.progress.step)
    if stop or checkpointer.is_due():
        state.read_steps()
        checkpointer.save(state)
    if stop:
        raise KeyboardInterrupt


def _end_epoch(
    state: TrainState,
    config: TrainConfig,
    accelerator: Accelerator,
    validate: Callable[[Detector], Metrics],
) -> None:
    """Validates, and notes the metrics and, if no earlier epoch ranks as high, the weights."""
    share_buffers(state.detector, accelerator)
    progress = state.progress
    metrics = {
        "epoch": progress.epoch + 1,
        "loss": progress.loss_sum / progress.step,
        "learning_rate": state.last_learning_rate(),
        **validate(state.detector),
    }
    state.best.offer(progress.epoch, rank_of_epoch(metrics, config.checkpoint), state.detector)
    if config.average_last and progress.epoch >= config.epochs - config.average_last:
        state.last_epochs.add(state.detector)
    progress.end_epoch(metrics)


def _report(state: TrainState, accelerator: Accelerator, label: str) -> None:
    """Writes the metrics of the finished epoch to the trackers and the log."""
    metrics = state.progress.rows[-1]
    accelerator.log({name: value for name, value in metrics.items() if name != "epoch"}, state.progress.epoch)
    defined = {
        name: value
        for name, value in metrics.items()
        if name not in ("epoch", "learning_rate") and not math.isnan(value)
    }
    _LOG.info("%s: %s", label, ", ".join(f"{name} {value:.4g}" for name, value in defined.items()))


def _call_on_epoch(
    epoch_end: EpochEnd, state: TrainState, accelerator: Accelerator, interrupt: Interrupt
) -> None:
    """Calls `on_epoch`. A request to stop takes precedence over an exception that it raises."""
    try:
        if epoch_end.on_epoch is not None:
            epoch_end.on_epoch(state.progress.epoch, state.progress.rows[-1])
    finally:
        if any_process_interrupted(accelerator, interrupt.requested):
            raise KeyboardInterrupt


def _result(state: TrainState, config: TrainConfig) -> FitResult:
    rows, best_epoch = state.progress.rows, state.best.epoch
    if config.checkpoint == "worst_group_f2" and all(math.isnan(row["worst_group_f2"]) for row in rows):
        _LOG.warning("no group has 5 people of each class in validation: the epoch was chosen by its AUC")
    if best_epoch is None:
        raise UserError("train.epochs: no epoch was trained; begin a new run")
    return FitResult(rows, best_epoch)
