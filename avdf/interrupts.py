"""Ctrl-C and SIGTERM as a request: what runs comes to the end of its step, and nothing is half done."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_LOG = logging.getLogger(__name__)


@dataclass
class Interrupt:
    """`asked` turns true at the first signal; a second one ends the process at once."""

    asked: bool = False


@contextmanager
def postponed_interrupts() -> Iterator[Interrupt]:
    """Within the block a signal is noted; KeyboardInterrupt comes when it ends, however it ends.

    Main thread only.
    """
    interrupt = Interrupt()

    def note(signum: int, frame: FrameType | None) -> None:
        if interrupt.asked:
            raise KeyboardInterrupt
        interrupt.asked = True
        _LOG.info("stopping when this step, or this scoring, is done; asked once more, at once")

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if interrupt.asked:
            raise KeyboardInterrupt
