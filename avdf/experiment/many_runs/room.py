"""How many trainings fit side by side on this machine, by its cores and its memory."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from avdf.config.schema import Config
from avdf.passes import best_device

NEEDED_BYTES = 3 << 30  # per training: the most that a config in configs/ needs; see docs/training.md
_PROC, _CGROUP = Path("/proc"), Path("/sys/fs/cgroup")
# Files of a control group (version 2, 1): its limit, what it uses, and the caches as memory.stat calls them.
_NAMES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
_LOG = logging.getLogger(__name__)


def num_side_by_side(config: Config, num_jobs: int) -> int:
    """`run.parallel_folds` if it is given; else as many as cores and memory allow, and 1 on a GPU."""
    if config.run.parallel_folds is not None:
        return min(config.run.parallel_folds, num_jobs)
    if best_device().type != "cpu":
        return 1
    from joblib import cpu_count  # that of the container, too

    number, limit = num_fitting(cpu_count() // (config.run.threads or 1), free_memory_bytes())
    if number < num_jobs:
        _LOG.info("%d at a time, by %s; run.parallel_folds sets another number", number, limit)
    return min(number, num_jobs)


def num_fitting(cores: int, free_bytes: int | None) -> tuple[int, str]:
    """How many trainings fit, at least 1, and what limits them.

    >>> num_fitting(8, 7_000_000_000)
    (2, '7.0 GB of free memory')
    """
    if free_bytes is None or cores <= free_bytes // NEEDED_BYTES:
        return max(cores, 1), "the number of cores"
    return max(free_bytes // NEEDED_BYTES, 1), f"{free_bytes / 1e9:.1f} GB of free memory"


def free_memory_bytes(proc: Path = _PROC, cgroup: Path = _CGROUP) -> int | None:
    """What this process may still use, of the machine or of its container; None where it is not known.

    Caches of files count as free. `proc` and `cgroup` are folders of the Linux kernel.
    """
    known = [_of_machine(proc)]
    for folder in _groups(proc, cgroup):
        known += [_of_group(folder, *names) for names in _NAMES]
    return min((value for value in known if value is not None), default=None)


def _of_machine(proc: Path) -> int | None:
    with suppress(OSError, ValueError, KeyError):
        sizes = _values(proc / "meminfo")
        return int(sizes["MemAvailable:"]) << 10
    with suppress(OSError, ValueError, AttributeError):  # not Linux: half of the memory
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return None


def _groups(proc: Path, cgroup: Path) -> Iterator[Path]:
    """The folders of this process's control groups that can limit its memory, each with its parents."""
    paths: dict[str, str] = {}
    with suppress(OSError, ValueError):
        lines = (proc / "self" / "cgroup").read_text("utf-8").splitlines()
        paths = {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}
    for root, controllers in ((cgroup, ""), (cgroup / "memory", "memory")):
        group = root / paths.get(controllers, "/").strip("/")
        yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(root))


def _of_group(folder: Path, limit: str, used: str, cache: str) -> int | None:
    """The limit of a control group less what it uses; None without a limit."""
    with suppress(OSError, ValueError, KeyError):
        most, now = (int((folder / name).read_text("ascii")) for name in (limit, used))
        return max(most - now + int(_values(folder / "memory.stat")[cache]), 0)
    return None


def _values(path: Path) -> dict[str, str]:
    """The first two words of each line of a file."""
    lines = [line.split() for line in path.read_text("ascii").splitlines()]
    return {words[0]: words[1] for words in lines if len(words) > 1}
