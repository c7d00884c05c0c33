"""Progress of long work: a bar on a terminal, a plain line every 15 seconds in a log."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_LINE_EVERY_S = 15.0


def progress(items: Iterable[T], label: str, total: int | None = None, unit: str = "clips") -> Iterator[T]:
    """Yields the items and shows how many are done, the rate and the time left on stderr."""
    if sys.stderr.isatty():
        yield from tqdm(items, desc=label, total=total, unit=f" {unit}", leave=False, dynamic_ncols=True)
        return
    start = last_line = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if now - last_line >= _LINE_EVERY_S:
            last_line = now
            _LOG.info(_line(label, done, total, unit, now - start))
        yield item


@contextmanager
def above_bars() -> Iterator[None]:
    """Lines that are written within the block stand above the bars of a terminal."""
    with tqdm.external_write_mode(file=sys.stderr):
        yield


def _line(label: str, done: int, total: int | None, unit: str, elapsed_s: float) -> str:
    rate = done / elapsed_s
    if total is None or done == 0:
        return f"{label}: {done} {unit}, {rate:.1f} {unit}/s"
    return f"{label}: {done}/{total} {unit}, {rate:.1f} {unit}/s, {(total - done) / rate:.0f} s left"
