"""A signal within the block is a request: raised after the block, at once if it is repeated later."""

import os
import signal
import time

import pytest

from avdf.training.interrupts import postponed_interrupts


def asked_within(done: list[str], pauses_s: list[float], sent: signal.Signals = signal.SIGTERM) -> None:
    """A block that gets a signal after each pause and notes that it went on."""
    with postponed_interrupts() as interrupt:
        for pause_s in pauses_s:
            time.sleep(pause_s)
            os.kill(os.getpid(), sent)
            done.append("went on" if interrupt.requested else "heard nothing")


def broken_within() -> None:
    with postponed_interrupts():
        os.kill(os.getpid(), signal.SIGTERM)
        raise OSError("disk full")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_block_is_finished_before_the_interrupt_is_raised(sent: signal.Signals):
    before, done = signal.getsignal(sent), []
    with pytest.raises(KeyboardInterrupt):
        asked_within(done, [0.0], sent)
    assert done == ["went on"]
    assert signal.getsignal(sent) is before


def test_an_error_in_the_block_takes_precedence_over_the_signal():
    with pytest.raises(OSError, match="disk full"):
        broken_within()


def test_a_second_signal_within_a_second_is_ignored_and_a_later_one_ends_the_block():
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        asked_within(done, [0.0, 0.0, 1.1])
    assert done == ["went on", "went on"]
