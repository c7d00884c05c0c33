"""Work for processes that end in every way; a process finds it by its name."""

import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from avdf.errors import UserError
from avdf.training.interrupts import postponed_interrupts

OnEpoch = Callable[[int, dict[str, float]], None]


def train(num_epochs: int, *, on_epoch: OnEpoch) -> Path:
    for number in range(1, num_epochs + 1):
        print(f"at epoch {number}")
        on_epoch(number, {})
    return Path("run")


def say(*, on_epoch: OnEpoch) -> None:
    logging.getLogger("avdf.experiment.data").info("%d files were left out", 6)
    logging.getLogger("avdf.training.loop").info("epoch 1/2: loss 0.5")
    logging.getLogger("avdf.progress").info("epoch 1/2: 3/9 steps")


def mistake(*, on_epoch: OnEpoch) -> None:
    raise UserError("data.root: no folder")


def program_error(*, on_epoch: OnEpoch) -> None:
    raise KeyError("not there")


def use_all_memory(*, on_epoch: OnEpoch) -> None:
    raise MemoryError


def signal_itself(number: int, *, on_epoch: OnEpoch) -> None:
    os.kill(os.getpid(), number)
    time.sleep(60)


def train_until_interrupted(saved: Path, *, on_epoch: OnEpoch) -> None:
    """Saves its state when it is asked to stop, after its step."""
    try:
        with postponed_interrupts() as interrupt:
            on_epoch(1, {})
            while not interrupt.requested:
                time.sleep(0.02)
    finally:
        saved.write_text("state")


def train_deaf(*, on_epoch: OnEpoch) -> None:
    """Does not hear SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    on_epoch(1, {})
    time.sleep(60)
