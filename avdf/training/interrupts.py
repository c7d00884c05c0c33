"""Ctrl-C and SIGTERM as requests to stop: the current step is finished first."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_LOG = logging.getLogger(__name__)
_ONE_REQUEST_S = 1.0  # launchers forward a signal that the process has already received


@dataclass
class Interrupt:
    """`requested` becomes true at the first signal. Another one, over a second later, interrupts at once."""

    requested: bool = False


@contextmanager
def postponed_interrupts() -> Iterator[Interrupt]:
    """Within the block a signal is only noted; KeyboardInterrupt is raised after it. Main thread only."""
    interrupt, requested_at_s = Interrupt(), 0.0

    def note(signum: int, frame: FrameType | None) -> None:
        nonlocal requested_at_s
        if interrupt.requested:
            if time.monotonic() - requested_at_s < _ONE_REQUEST_S:
                return
            raise KeyboardInterrupt
        interrupt.requested, requested_at_s = True, time.monotonic()
        _LOG.info("stopping after this step or this scoring; interrupt again to stop at once")

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if interrupt.requested:
        raise KeyboardInterrupt
