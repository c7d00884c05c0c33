"""Runs one function over many pieces of work, in processes of this machine or on a Dask cluster."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from avdf.errors import UserError
from avdf.progress import progress

T = TypeVar("T")
_CLUSTER_TIMEOUT_S = 20.0


def run_parallel(
    function: Callable[..., T],
    pieces: Sequence[tuple[Any, ...]],
    label: str,
    *,
    workers: int,
    dask: str | None = None,
    threads: bool = False,
) -> Iterator[T]:
    """Yields `function(*piece)` per piece (a shard), in order; `dask` is the address of a scheduler.

    `threads` runs the work in threads instead of processes: for work that waits for other processes.
    Raises UserError if the cluster does not answer or the package `distributed` is missing.
    """
    if not pieces:
        return
    from joblib import Parallel, delayed

    with _backend(workers, dask) as num_jobs:
        jobs = Parallel(n_jobs=num_jobs, return_as="generator", prefer="threads" if threads else None)
        work = (delayed(function)(*piece) for piece in pieces)
        yield from progress(jobs(work), label, total=len(pieces), unit="shards")


@contextmanager
def processes(workers: int) -> Iterator[Callable[[Callable[..., T], Iterable[tuple[Any, ...]]], Iterator[T]]]:
    """A function that runs `function(*piece)` per piece in processes of this machine; one does it itself."""
    from joblib import Parallel, delayed

    with Parallel(n_jobs=max(workers, 1), return_as="generator") as jobs:
        yield lambda function, pieces: jobs(delayed(function)(*piece) for piece in pieces)


@contextmanager
def _backend(workers: int, dask: str | None) -> Iterator[int]:
    if dask is None:
        yield max(workers, 1)
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError("--dask: the package distributed is missing; install avdf[cluster]") from error
    try:
        client = Client(dask, timeout=_CLUSTER_TIMEOUT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UserError(f"--dask: no scheduler answers at {dask!r} ({error})") from error
    from joblib import parallel_config

    with client, parallel_config("dask"):
        yield -1
