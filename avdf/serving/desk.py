"""Who may bring a file now, and the work on it: a fixed number of threads, and of places to wait."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from avdf.serving.limits import RefusedError, ServingLimits

T = TypeVar("T")
_LATEST = 0.1  # the weight of the latest piece of work in the mean time that one takes


class Desk:
    """Work waits for one of `limits.parallel` threads; files wait for one of `limits.places` places."""

    def __init__(self, limits: ServingLimits) -> None:
        self.limits = limits
        self._threads = ThreadPoolExecutor(limits.parallel, thread_name_prefix="judge")
        self._changing = threading.Lock()
        self._num_here, self._num_done, self._mean_s = 0, 0, 1.0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one file, from arrival to answer. Raises RefusedError (503) if all are taken."""
        with self._changing:
            if self._num_here >= self.limits.places:
                wait_s = max(1, math.ceil(self._mean_s * self._num_here / self.limits.parallel))
                taken = f"every place for a file is taken ({self._num_here} of {self.limits.places})"
                raise RefusedError(f"{taken}; try again in {wait_s} s", 503, wait_s)
            self._num_here += 1
        try:
            yield
        finally:
            with self._changing:
                self._num_here -= 1

    def begin(self, work: Callable[[], T]) -> "Future[T]":
        """Does the work in one of the threads, after what was begun before it."""
        return self._threads.submit(self._timed, work)

    def state(self) -> dict[str, Any]:
        """`{files, done}`: files that have a place now, and pieces of work that are finished."""
        with self._changing:
            return {"files": self._num_here, "done": self._num_done}

    def close(self) -> None:
        """Ends the threads; work that was not begun is not done."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.monotonic()
        try:
            return work()
        finally:
            spent_s = time.monotonic() - started
            with self._changing:
                self._num_done += 1
                self._mean_s += _LATEST * (spent_s - self._mean_s)
