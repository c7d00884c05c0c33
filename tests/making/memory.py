"""Memory with other contents: what a library reads without having written it becomes visible."""

import ctypes
import sys
from collections.abc import Iterator

import pytest

_M_PERTURB = -6  # malloc.h: every block that malloc returns or frees is filled with the byte


def fillings(number: int = 16) -> Iterator[int]:
    """Bytes that new memory holds while the test's loop runs; other systems than those with glibc skip."""
    if not sys.platform.startswith("linux") or not hasattr(libc := ctypes.CDLL(None), "mallopt"):
        pytest.skip("only glibc fills memory")
    try:
        for byte in (37 * step % 256 for step in range(number)):
            libc.mallopt(_M_PERTURB, byte)
            yield byte
    finally:
        libc.mallopt(_M_PERTURB, 0)
