"""Forward passes of a detector that is not trained meanwhile: of few crops, several at a time on the CPU."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor

from avdf.detector import BATCH_KEYS, Detector
from avdf.errors import UserError

Inputs = dict[str, Tensor]  # of the encoders of a detector, as from `Detector.extract`
T = TypeVar("T")
R = TypeVar("R")
_CROPS_PER_PASS = 8  # on the CPU: what they need keeps to its caches (benchmarks/scoring.py)
_MAX_THREADS = 8  # more are held up by Python


def crops_per_pass(detector: Detector, batch_size: int, device: torch.device) -> int:
    """How many crops a forward pass takes: a batch, or as few as are fastest and as the detector may take."""
    limits = [detector.max_crops, _CROPS_PER_PASS if device.type == "cpu" else None]
    return min([batch_size, *(limit for limit in limits if limit is not None)])


def inputs_of(
    detector: Detector, batch: Mapping[str, Any], device: torch.device, *, num_crops: int = 0
) -> Inputs:
    """The inputs of a collated batch, filled up to `num_crops` with copies of the last crop."""
    inputs = {}
    for key in BATCH_KEYS:
        if key in batch:
            missing = max(num_crops - len(batch[key]), 0)
            inputs[key] = torch.cat([batch[key], *[batch[key][-1:]] * missing]).to(device)
    with torch.inference_mode():
        return detector.extract(inputs)


def logits_of(detector: Detector, inputs: Inputs) -> Tensor:
    """(crop,) float32 logits on the CPU.

    Raises UserError if a logit is NaN or infinite: such a score would compare as real.
    """
    with torch.inference_mode():
        logits: Tensor = detector(inputs).float().cpu()
    if not logits.isfinite().all():
        raise UserError("the detector's score is NaN or infinite: its weights are unusable; train it again")
    return logits


def score_batch(detector: Detector, batch: dict[str, Any], device: torch.device) -> torch.Tensor:
    """(crop,) float32 logits on the CPU, of a collated batch.

    Raises UserError if a logit is NaN or infinite: such a score would compare as real.
    """

    def work(part: dict[str, torch.Tensor]) -> torch.Tensor:
        return logits_of(detector, inputs_of(detector, part, device))

    tensors = {key: batch[key] for key in BATCH_KEYS if key in batch}
    num_crops = len(next(iter(tensors.values())))
    size = crops_per_pass(detector, num_crops, device)
    parts = [
        {key: value[start : start + size] for key, value in tensors.items()}
        for start in range(0, num_crops, size)
    ]
    if len(parts) > 1:
        return torch.cat(list(several_at_a_time(work, parts, detector, device)))
    with evaluating(detector):
        return work(parts[0])


def several_at_a_time(
    work: Callable[[T], R], items: Iterable[T], detector: Detector, device: torch.device
) -> Iterator[R]:
    """Yields the result of `work` for each item, in order; the detector is in evaluation mode meanwhile.

    On the CPU as many threads as PyTorch may use do the work of one item each, and PyTorch computes an
    operation with one thread: an operation on so few crops gains little from a second one.
    """
    num_threads = min(torch.get_num_threads(), _MAX_THREADS) if _may_use_threads(detector, device) else 1
    with evaluating(detector), _one_thread_per_operation(num_threads > 1):
        if num_threads == 1:
            yield from map(work, items)
            return
        waiting: deque[Future[R]] = deque()
        with ThreadPoolExecutor(num_threads) as threads:
            for item in items:
                waiting.append(threads.submit(work, item))
                if len(waiting) > 2 * num_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def _may_use_threads(detector: Detector, device: torch.device) -> bool:
    """Whether threads may share the detector; they may not share one that is compiled."""
    return device.type == "cpu" and getattr(detector, "_compiled_call_impl", None) is None


@contextmanager
def evaluating(detector: Detector) -> Iterator[None]:
    """Within the block the detector is in evaluation mode."""
    was_training = detector.training
    detector.eval()
    try:
        yield
    finally:
        detector.train(was_training)


@contextmanager
def _one_thread_per_operation(is_wanted: bool) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1 if is_wanted else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def best_device() -> torch.device:
    """The accelerator that PyTorch finds (CUDA, MPS, ...), else the CPU."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator() or torch.device("cpu")
    return torch.device("cpu")


class KeptInputs:
    """The inputs of scored crops, kept in memory for the next scoring of the same crops."""

    def __init__(self, most_bytes: int = 256 << 20) -> None:
        self.most_bytes = most_bytes
        self.passes: list[Inputs] = []

    def may_keep(self, detector: Detector, inputs: Inputs, num_passes: int) -> bool:
        """Whether that many passes fit, and the features have no weights, which training would change."""
        num_bytes = sum(tensor.nbytes for tensor in inputs.values()) * num_passes
        return num_bytes <= self.most_bytes and not detector.features.state_dict()
