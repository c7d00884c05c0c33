"""Ctrl-C and SIGTERM as a request: what runs comes to the end of its step, and nothing is half done."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_LOG = logging.getLogger(__name__)
_ONE_REQUEST_S = 1.0  # launchers pass on a signal that the process has had already


@dataclass
class Interrupt:
    """`asked` turns true at the first signal; one that comes a second later ends the process at once."""

    asked: bool = False


@contextmanager
def postponed_interrupts() -> Iterator[Interrupt]:
    """Within the block a signal is noted; KeyboardInterrupt comes when it ends well. Main thread only."""
    interrupt, asked_at_s = Interrupt(), 0.0

    def note(signum: int, frame: FrameType | None) -> None:
        nonlocal asked_at_s
        if interrupt.asked:
            if time.monotonic() - asked_at_s < _ONE_REQUEST_S:
                return
            raise KeyboardInterrupt
        interrupt.asked, asked_at_s = True, time.monotonic()
        _LOG.info("stopping when this step, or this scoring, is done; ask again to stop at once")

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if interrupt.asked:
        raise KeyboardInterrupt
