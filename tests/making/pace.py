"""How slow this machine is just now, and how quick some work can be, whatever else the machine does."""

import time
from collections.abc import Callable

_USUAL_S = 0.06  # of the loop below on a processor of 2022 that does nothing else
_NUM_STEPS = 1_000_000


def slowness(clock: Callable[[], float] = time.perf_counter) -> float:
    """At least 1: how many times its usual time a loop of Python takes, by this clock, the slowest of three.

    With time.process_time other work on the machine does not count.
    """
    slowest_s = 0.0
    for _ in range(3):
        started = clock()
        total = 0
        for number in range(_NUM_STEPS):
            total += number * number
        slowest_s = max(slowest_s, clock() - started)
    return max(slowest_s / _USUAL_S, 1.0)


def best_s(work: Callable[[], object], rounds: int = 3) -> float:
    """The seconds of the quickest of the rounds: other work on the machine can only add to them."""
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)
