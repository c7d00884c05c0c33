"""Training as plain functions: the epochs with their schedule and early stop, and the steps of one."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from avdf.augmentation import Augmentation
from avdf.checkpoints import load_newest_state, save_state
from avdf.data.dataset import RandomCrops, collate
from avdf.detector import Detector
from avdf.errors import UserError
from avdf.interrupts import postponed_interrupts
from avdf.progress import progress
from avdf.settings import TrainConfig

_LOG = logging.getLogger(__name__)
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
    `f2_at_prevalence`, then `auc`, is highest. A state found in `checkpoints` is continued.
    Raises UserError where the loss is no number, and KeyboardInterrupt, the state saved, on a signal.
    """
    detector.to(accelerator.device)
    optimizer: Optimizer = AdamW(
        detector.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    steps_per_epoch = math.ceil(len(crops) / config.batch_size)
    schedule = LambdaLR(optimizer, _learning_rate_shape(steps_per_epoch * config.epochs, config.warmup_share))
    history = History()
    if checkpoints and (state := load_newest_state(checkpoints)):
        detector.load_state_dict(state["weights"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        history = History(**state["history"])
        _LOG.info("continuing at epoch %d, step %d", history.epoch + 1, history.step + 1)
    network, optimizer = accelerator.prepare(detector, optimizer)

    def save() -> None:
        if checkpoints and accelerator.is_main_process:
            state = {
                "weights": detector.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
                "history": vars(history),
            }
            save_state(checkpoints, state, epoch=history.epoch, step=history.step)

    with postponed_interrupts() as interrupt:
        saved = time.monotonic()
        while history.epoch < config.epochs and not _is_stale(history, config.patience):
            steps = train_steps(
                network,
                crops,
                config,
                accelerator=accelerator,
                optimizer=optimizer,
                schedule=schedule,
                augmentation=augmentation,
                seed=seed,
                workers=workers,
                epoch=history.epoch,
                first_step=history.step,
            )
            what, total = f"epoch {history.epoch + 1}/{config.epochs}", steps_per_epoch - history.step
            for loss in progress(steps, what, total=total, unit="step"):
                history.step += 1
                history.loss_sum += loss
                is_due = time.monotonic() - saved > config.save_every_minutes * 60
                if interrupt.asked or is_due:
                    save()
                    saved = time.monotonic()
                if interrupt.asked:
                    raise KeyboardInterrupt
            figures = {
                "epoch": history.epoch + 1,
                "loss": history.loss_sum / steps_per_epoch,
                "learning_rate": float(schedule.get_last_lr()[0]),
                **validate(detector),
            }
            _end_epoch(history, detector, figures)
            save()
            saved = time.monotonic()
            accelerator.log(
                {key: value for key, value in figures.items() if key != "epoch"}, step=history.epoch
            )
            _LOG.info("%s: %s", what, _in_words(figures))
            if on_epoch is not None:
                on_epoch(history.epoch, figures)
            if interrupt.asked:
                raise KeyboardInterrupt
    detector.load_state_dict(history.best_weights)
    accelerator.unwrap_model(
        network, keep_fp32_wrapper=False
    )  # scores don't hang on the training's precision
    return history


def train_steps(
    network: nn.Module,
    crops: RandomCrops,
    config: TrainConfig,
    *,
    accelerator: Accelerator,
    optimizer: Optimizer,
    schedule: LambdaLR,
    augmentation: Augmentation,
    seed: int,
    workers: int,
    epoch: int,
    first_step: int = 0,
) -> Iterator[float]:
    """Takes the steps of one epoch from `first_step` on and yields the loss of each.

    Everything drawn depends on (seed, epoch, step or clip) alone, so an epoch can be taken up in its
    middle and goes on as if it had not been left.
    """
    crops.epoch = epoch
    batches = epoch_batches(len(crops), config.batch_size, seed, epoch)[first_step:]
    rank, num_processes = accelerator.process_index, accelerator.num_processes
    shares = [np.array_split(batch, num_processes)[rank].tolist() for batch in batches]
    loader = DataLoader(crops, batch_sampler=shares, num_workers=workers, collate_fn=collate)
    weight_real, weight_fake = class_weights(crops.clips.is_fake) if config.class_weights else (1.0, 1.0)
    network.train()
    for step, (batch, whole) in enumerate(zip(loader, batches, strict=True), start=first_step):
        torch.manual_seed(_seed_of(seed, epoch, step, rank))  # dropout and its kin
        batch = {key: _on(value, accelerator.device) for key, value in batch.items()}
        is_fake = batch["is_fake"]

        def alter(features: Tensor, batch: dict[str, Any] = batch) -> Tensor:
            features, batch["is_fake"] = augmentation.alter_features(
                features, batch["is_fake"], seed=seed, epoch=epoch, clips=batch["clip"], crops=batch["crop"]
            )
            return features

        with accelerator.autocast():
            logits = network(batch, alter)
        is_fake = batch["is_fake"]
        weights = is_fake * weight_fake + (1 - is_fake) * weight_real
        losses = binary_cross_entropy_with_logits(logits.float(), is_fake, weights, reduction="sum")
        # Gradients are averaged over processes, whose shares of a batch may differ by a clip.
        loss = losses * num_processes / len(whole)
        accelerator.backward(loss)
        value = float(accelerator.reduce(loss.detach(), "mean"))
        if not math.isfinite(value):
            raise UserError(_no_number(epoch, step, batch["clip"]))
        accelerator.clip_grad_norm_(network.parameters(), config.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        yield value


def epoch_batches(num_items: int, batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """The items of an epoch, shuffled, in batches whose sizes differ by one at most."""
    order = np.random.default_rng([seed, epoch]).permutation(num_items)
    return np.array_split(order, math.ceil(num_items / batch_size))


def class_weights(is_fake: NDArray[np.bool_]) -> tuple[float, float]:
    """(real, fake): what a clip of each class counts, so that both classes count alike and the mean is 1."""
    num_fake = int(is_fake.sum())
    num_real = len(is_fake) - num_fake
    if not num_fake or not num_real:
        raise UserError(
            f"the training part holds {num_real} real and {num_fake} fake clips; training needs both "
            "(is data.target what you mean?)"
        )
    return len(is_fake) / (2 * num_real), len(is_fake) / (2 * num_fake)


def _learning_rate_shape(num_steps: int, warmup_share: float) -> Callable[[int], float]:
    """Linear from 0 to 1 over the warm-up, then a half cosine down to 0."""
    warmup = max(round(num_steps * warmup_share), 1)

    def shape(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(num_steps - warmup, 1)))

    return shape


def _end_epoch(history: History, detector: Detector, figures: Figures) -> None:
    history.rows.append(figures)
    if history.best_epoch < 0 or _rank(figures) > _rank(history.rows[history.best_epoch]):
        history.best_epoch = history.epoch
        history.best_weights = {name: value.cpu().clone() for name, value in detector.state_dict().items()}
    history.epoch += 1
    history.step, history.loss_sum = 0, 0.0


def _rank(figures: Figures) -> tuple[float, ...]:
    """What an epoch is chosen by; a figure that is undefined ranks lowest."""
    values = (figures["f2_at_prevalence"], figures["auc"])
    return tuple(-math.inf if math.isnan(value) else value for value in values)


def _is_stale(history: History, patience: int | None) -> bool:
    return patience is not None and history.epoch - 1 - history.best_epoch >= patience


def _seed_of(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _on(value: Any, device: torch.device) -> Any:
    return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value


def _in_words(figures: Figures) -> str:
    shown = (f"{key} {value:.4g}" for key, value in figures.items() if key not in ("epoch", "learning_rate"))
    return ", ".join(shown)


def _no_number(epoch: int, step: int, clips: list[str]) -> str:
    named = ", ".join(clips[:8]) + (f" and {len(clips) - 8} more" if len(clips) > 8 else "")
    return (
        f"train: the loss is no number at epoch {epoch + 1}, step {step + 1}, on the clips {named}; "
        "lower train.learning_rate, or set train.precision=no"
    )
