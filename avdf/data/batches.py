"""Batches of crops, read by this process or by workers, and the shared memory that workers need."""

import re
import shutil
import sys
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, get_worker_info

from avdf.data.changed import ChangedCrops
from avdf.data.collating import collate
from avdf.data.dataset import Sample
from avdf.data.even_crops import EvenCrops
from avdf.data.pairs import PairedCrops
from avdf.data.random_crops import RandomCrops
from avdf.errors import UserError

SHARED_MEMORY = Path("/dev/shm")  # where PyTorch's workers leave their batches on Linux
_BATCHES_PER_WORKER = 2  # read ahead by each; two more are in use by the reader
_BATCHES_IN_USE = 2
_TIMEOUT_S = 300.0  # for one batch of a worker that is alive
_WORKER_TROUBLE = re.compile(
    r"DataLoader worker \(pid|DataLoader timed out|unable to (allocate|write|resize|open|mmap).*(shm|/torch_)"
)
_REMEDY = "set data.workers=0, use smaller batches, or give the container more (docker run --shm-size=1g)"


def read_batches(
    crops: RandomCrops | PairedCrops | EvenCrops | ChangedCrops,
    batches: Iterable[list[int]],
    workers: int,
    *,
    largest: int | None = None,
    pin_memory: bool = False,
) -> Generator[dict[str, Any], None, None]:
    """Yields the collated items of each batch, in order; `workers` processes read them, or with 0 this one.

    `largest` counts the clips of the largest batch, if `batches` is no list of them. With `pin_memory` a
    GPU copies the batches while the host goes on. Raises UserError if the workers' shared memory is too
    small, or if one of them dies or does not answer.
    """
    if workers:
        largest = max(map(len, batches), default=0) if largest is None else largest
        check_shared_memory(crops.clips.sample_bytes * largest, workers)
    loader = DataLoader(
        crops,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=_collate_shared if workers else collate,
        timeout=_TIMEOUT_S if workers else 0,
        prefetch_factor=_BATCHES_PER_WORKER if workers else None,
        pin_memory=pin_memory,
    )
    try:
        yield from loader
    except (RuntimeError, OSError) as error:
        if not workers or not _WORKER_TROUBLE.search(str(error)):
            raise
        raise UserError(
            f"data.workers: a process that reads batches died or hung ({_free()}); {_REMEDY}"
        ) from error


def most_workers(batch_bytes: int, folder: Path = SHARED_MEMORY) -> int:
    """How many workers can keep batches of that size in what is free of `folder`, a file system in memory."""
    if not folder.is_dir():
        return sys.maxsize
    num_batches = shutil.disk_usage(folder).free // max(batch_bytes, 1)
    return max((num_batches - _BATCHES_IN_USE) // _BATCHES_PER_WORKER, 0)


def check_shared_memory(batch_bytes: int, workers: int, folder: Path = SHARED_MEMORY) -> None:
    """Raises UserError if `folder`, a file system in memory, cannot hold the batches of that many workers."""
    needed = batch_bytes * (_BATCHES_PER_WORKER * workers + _BATCHES_IN_USE)
    if workers and folder.is_dir() and shutil.disk_usage(folder).free < needed:
        wanted = f"{workers} workers need {_megabytes(needed)} of shared memory"
        raise UserError(f"data.workers: {wanted}, and {_free(folder)}; {_REMEDY}")


def _collate_shared(items: Sequence[Sample | list[Sample]]) -> dict[str, Any]:
    """Collates into shared memory at once.

    If the queue did it, a full /dev/shm would raise in a thread that drops the batch; the reader would wait
    forever.
    """
    batch = collate(items)
    if get_worker_info() is not None:
        tensors: list[Any] = [value for value in batch.values() if isinstance(value, torch.Tensor)]
        for tensor in tensors:
            tensor.share_memory_()
    return batch


def _free(folder: Path = SHARED_MEMORY) -> str:
    if not folder.is_dir():
        return f"there is no {folder}"
    return f"{folder} has {_megabytes(shutil.disk_usage(folder).free)} free"


def _megabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:.0f} MB"
