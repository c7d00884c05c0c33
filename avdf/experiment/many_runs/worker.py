"""The process of one job: its log file, what it tells the parent, and its exit status."""

import json
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from avdf.command import MISTAKE, attempt, interrupt
from avdf.training.state import Metrics

LINE, EPOCH, END = "line", "epoch", "end"  # the kinds of messages to the parent
_OUT_OF_MEMORY = "there is not enough memory for its training"
_TORCH_ALLOCATOR = "DefaultCPUAllocator"  # in the message of a RuntimeError


@dataclass(frozen=True)
class Job:
    """Work for a process: `work(on_epoch=...)` is called there; all its output goes to the file `log`."""

    label: str  # as in "fold 2 of 5"
    log: Path
    work: Callable[..., object]


class Sender(logging.Handler):
    """Sends messages to the parent as JSON, the records of the log among them.

    [LINE, level, logger, text], [EPOCH, number from 1], [END, why the work is not done].
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        self.send(LINE, record.levelno, record.name, record.getMessage())

    def send(self, kind: str, *values: object) -> None:
        self.acquire()
        try:
            with suppress(OSError):  # the parent may be gone
                self._connection.send_bytes(json.dumps([kind, *values]).encode())
        finally:
            self.release()

    def send_epoch(self, number: int, metrics: Metrics) -> None:
        self.send(EPOCH, number)


def received(message: bytes) -> list[Any]:
    """What a Sender has sent. Raises ValueError for half a message, as of a process that was killed."""
    values = json.loads(message)
    if not isinstance(values, list):
        raise ValueError(f"not a message: {values!r:.40}")
    return values


def run_job(job: Job, connection: Connection) -> None:
    """Does the job in this process, which was started for it, and exits with a status of avdf.command.

    Ctrl-C in a terminal reaches all processes at once and is left to the parent, which sends SIGTERM. If
    the parent is gone the work is interrupted, too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, interrupt)
    threading.Thread(target=_interrupt_after_parent, daemon=True).start()
    _write_all_output_to(job.log)
    sender = Sender(connection)
    logging.basicConfig(format="%(asctime)s %(message)s", stream=sys.stderr, force=True)
    logging.getLogger("avdf").setLevel(logging.INFO)
    logging.getLogger("avdf").addHandler(sender)
    status, message = _attempted(lambda: job.work(on_epoch=sender.send_epoch))
    if message:
        print(message, file=sys.stderr)
        sender.send(END, message)
    sys.exit(status)


def _attempted(work: Callable[[], object]) -> tuple[int, str]:
    """As `attempt`, with words where memory ran out."""
    try:
        return attempt(work)
    except (MemoryError, torch.OutOfMemoryError):
        return MISTAKE, _OUT_OF_MEMORY
    except RuntimeError as error:
        if _TORCH_ALLOCATOR not in str(error):
            raise
        return MISTAKE, _OUT_OF_MEMORY


def _write_all_output_to(path: Path) -> None:
    """Standard output and errors of this process, those of libraries in C too, are added to a file."""
    with path.open("ab") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)


def _interrupt_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
