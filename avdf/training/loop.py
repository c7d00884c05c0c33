"""Training as plain functions: the epochs with their early stop and states, and the steps of one epoch."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader

from avdf.config.schema import TrainConfig
from avdf.data.dataset import RandomCrops, collate
from avdf.detector import Detector
from avdf.errors import UserError
from avdf.progress import progress
from avdf.training.augmentation import Augmentation
from avdf.training.checkpoints import load_newest_state, save_state
from avdf.training.clip_weights import clip_weights, group_numbers
from avdf.training.interrupts import postponed_interrupts
from avdf.training.processes import asked_of_any, check_shares, share_buffers, wrapped
from avdf.training.state import Figures, History, Learner, new_learner

_LOG = logging.getLogger(__name__)


def fit(
    detector: Detector,
    crops: RandomCrops,
    config: TrainConfig,
    *,
    accelerator: Accelerator,
    validate: Callable[[Detector], Figures],
    augmentation: Augmentation,
    seed: int,
    workers: int = 0,
    checkpoints: Path | None = None,
    on_epoch: Callable[[int, Figures], None] | None = None,
) -> History:
    """Trains the detector and leaves it with the weights of its best epoch.

    `validate` gives the figures of the validation part: the best epoch is the one whose
    `f2_at_prevalence` (or what `train.checkpoint` names), then `auc`, is highest. A state found in
    `checkpoints` is continued. Raises UserError where the loss is no number, ConfigError for what many
    processes can't share, and KeyboardInterrupt, the state saved, on a signal.
    """
    steps_per_epoch = math.ceil(len(crops) / config.batch_size)
    check_shares(len(crops) // steps_per_epoch, accelerator.num_processes)
    clips = crops.clips.table
    weights = torch.from_numpy(clip_weights(clips, crops.clips.is_fake, config.balance))
    numbers, cells = group_numbers(clips)
    learner = new_learner(
        detector.to(accelerator.device),
        config,
        num_steps=steps_per_epoch * config.epochs,
        num_groups=len(cells),
    )
    network, optimizer = accelerator.prepare(wrapped(detector, config, accelerator), learner.optimizer)
    learner.scaler = accelerator.scaler
    if checkpoints and (state := load_newest_state(checkpoints)):
        try:
            learner.restore(state)
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, KeyError) as error:
            raise UserError(
                f"{checkpoints}: holds the state of another network, or of another avdf; begin a new run"
            ) from error
        _LOG.info("continuing at epoch %d, step %d", learner.history.epoch + 1, learner.history.step + 1)
    history = learner.history
    saved = time.monotonic()

    def save() -> None:
        nonlocal saved
        if checkpoints and accelerator.is_main_process:
            save_state(checkpoints, learner.state(), epoch=history.epoch, step=history.step)
        saved = time.monotonic()

    with postponed_interrupts() as interrupt:
        while history.epoch < config.epochs and not history.is_stale(config.patience):
            what = f"epoch {history.epoch + 1}/{config.epochs}"
            steps = train_steps(
                network,
                optimizer,
                learner,
                crops,
                config,
                accelerator=accelerator,
                augmentation=augmentation,
                weights=weights,
                groups=torch.from_numpy(numbers),
                seed=seed,
                workers=workers,
            )
            for loss in progress(steps, what, total=steps_per_epoch - history.step, unit="steps"):
                history.step += 1
                history.loss_sum += loss
                asked = asked_of_any(accelerator, interrupt.asked)
                if asked or time.monotonic() - saved > config.save_every_minutes * 60:
                    save()
                if asked:
                    raise KeyboardInterrupt
            share_buffers(detector, accelerator)
            figures = {
                "epoch": history.epoch + 1,
                "loss": history.loss_sum / steps_per_epoch,
                "learning_rate": learner.last_rate(),
                **validate(detector),
            }
            history.end_epoch(detector, figures, lambda row: rank_of_epoch(row, config.checkpoint))
            save()
            accelerator.log(
                {name: value for name, value in figures.items() if name != "epoch"}, history.epoch
            )
            _LOG.info("%s: %s", what, _in_words(figures))
            try:
                if on_epoch is not None:
                    on_epoch(history.epoch, figures)
            finally:  # whatever it raises, as for a trial that is given up: who asked to stop comes first
                if asked_of_any(accelerator, interrupt.asked):
                    raise KeyboardInterrupt
    by_group = config.checkpoint == "worst_group_f2"
    if by_group and all(math.isnan(row["worst_group_f2"]) for row in history.rows):
        _LOG.warning("no group has 5 people of each class in validation: the epoch was chosen by its AUC")
    detector.load_state_dict(history.best_weights)
    # Scores don't hang on the training's precision.
    accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    return history


def train_steps(
    network: nn.Module,
    optimizer: Optimizer,
    learner: Learner,
    crops: RandomCrops,
    config: TrainConfig,
    *,
    accelerator: Accelerator,
    augmentation: Augmentation,
    weights: Tensor,
    groups: Tensor,
    seed: int,
    workers: int,
) -> Iterator[float]:
    """Takes the steps of the epoch from where the history stands and yields the loss of each.

    `weights` (clip,) and `groups` (clip,) are those of the dataset's clips. Everything drawn depends on
    (seed, epoch, step or clip) alone, so an epoch can be taken up in its middle and goes on as if it had
    not been left.
    """
    epoch, first_step = learner.history.epoch, learner.history.step
    crops.epoch = epoch
    batches = epoch_batches(len(crops), config.batch_size, seed, epoch)[first_step:]
    rank, num_processes = accelerator.process_index, accelerator.num_processes
    shares = [np.array_split(batch, num_processes)[rank].tolist() for batch in batches]
    loader = DataLoader(crops, batch_sampler=shares, num_workers=workers, collate_fn=collate)
    network.train()
    for step, (batch, whole) in enumerate(zip(loader, batches, strict=True), start=first_step):
        torch.manual_seed(_seed_of(seed, epoch, step, rank))  # dropout and its kin
        index = batch["index"]
        batch = {key: _on(value, accelerator.device) for key, value in batch.items()}

        def alter(features: Tensor, batch: dict[str, Any] = batch) -> Tensor:
            features, batch["is_fake"] = augmentation.alter_features(
                features, batch["is_fake"], seed=seed, epoch=epoch, clips=batch["clip"], crops=batch["crop"]
            )
            return features

        with accelerator.autocast():
            logits = network(batch, alter)
        weight, group = (item[index].to(accelerator.device) for item in (weights, groups))
        mean = learner.loss(logits, batch["is_fake"], weight, group)
        # Gradients are averaged over processes, whose shares of a batch may differ by a clip.
        loss = mean * (len(index) * num_processes / len(whole))
        accelerator.backward(loss)
        value = float(accelerator.reduce(loss.detach(), "mean"))
        norm = accelerator.clip_grad_norm_(network.parameters(), config.max_grad_norm)
        overflows = not math.isfinite(float(norm))
        if not math.isfinite(value) or (overflows and config.precision != "fp16"):
            raise UserError(_no_number(epoch, step, batch["clip"]))
        optimizer.step()
        if not overflows:  # in fp16 such a step is left out, and the scale of the loss is lowered
            learner.schedule.step()
        optimizer.zero_grad()
        yield value


def epoch_batches(num_items: int, batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """The items of an epoch, shuffled, in batches whose sizes differ by one at most."""
    order = np.random.default_rng([seed, epoch]).permutation(num_items)
    return np.array_split(order, math.ceil(num_items / batch_size))


def rank_of_epoch(figures: Figures, checkpoint: str) -> tuple[float, ...]:
    """What an epoch is chosen by, its AUC in a tie; a figure that is undefined ranks lowest."""
    name = {"f2": "f2_at_prevalence", "last": "epoch"}.get(checkpoint, checkpoint)
    return tuple(-math.inf if math.isnan(value) else value for value in (figures[name], figures["auc"]))


def _seed_of(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _on(value: Any, device: torch.device) -> Any:
    return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value


def _in_words(figures: Figures) -> str:
    shown = {key: value for key, value in figures.items() if key not in ("epoch", "learning_rate")}
    return ", ".join(f"{key} {value:.4g}" for key, value in shown.items() if not math.isnan(value))


def _no_number(epoch: int, step: int, clips: list[str]) -> str:
    named = ", ".join(clips[:8]) + (f" and {len(clips) - 8} more" if len(clips) > 8 else "")
    return (
        f"train: the loss or its gradient is no number at epoch {epoch + 1}, step {step + 1}, "
        f"on the clips {named}; lower train.learning_rate, or set train.precision=no"
    )
