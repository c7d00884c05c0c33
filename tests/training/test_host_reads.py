"""A training reads numbers from the device once per several steps: each reading waits for all its work."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from making.trainings import trained
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from avdf.config.training import TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.training.checks import STEPS_PER_CHECK

# Methods that give numbers of a tensor to Python, and operations whose result's size depends on them.
READING = ("item", "tolist", "numpy", "cpu", "__float__", "__int__", "__bool__", "__index__", "__array__")
SIZED_BY_VALUES = ("nonzero", "masked_select", "_local_scalar_dense", "equal", "unique", "bincount")


class Methods(TorchFunctionMode):
    """Lists the calls of READING methods."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if (name := getattr(function, "__name__", "")) in READING:
            self.calls.append(name)
        return function(*args, **(kwargs or {}))


class Operations(TorchDispatchMode):
    """Lists the SIZED_BY_VALUES operations, also those of a backward pass, and masks used as an index."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__
        indices = args[1] if name.startswith("index") and len(args) > 1 else ()
        by_mask = isinstance(indices, (list, tuple)) and any(
            isinstance(index, Tensor) and index.dtype == torch.bool for index in indices
        )
        if name in SIZED_BY_VALUES or by_mask:
            self.calls.append(name)
        return function(*args, **(kwargs or {}))


def readings(work: Callable[[], object]) -> list[str]:
    """What `work` reads: `item` and the operation below it count once."""
    with Operations() as operations, Methods() as methods:
        work()
    below = sum(name in ("item", "__float__", "__int__", "__bool__") for name in methods.calls)
    scalars = [name for name in operations.calls if name == "_local_scalar_dense"]
    others = [name for name in operations.calls if name != "_local_scalar_dense"]
    return [*methods.calls, *others, *scalars[below:]]


def test_each_way_of_reading_a_tensor_is_seen():
    values, mask = torch.tensor([1.0, 2.0]), torch.tensor([True, False])
    ways: list[Callable[[], object]] = [
        lambda: values[0].item(),
        lambda: float(values[0]),
        lambda: bool(mask[0]),
        values.tolist,
        values.numpy,
        lambda: values[mask],
        lambda: torch.nonzero(values),
        lambda: [values[:1][index] for index in torch.tensor([0])],
    ]
    assert [len(readings(way)) for way in ways[:-1]] == [1] * 7
    assert readings(lambda: values.sum() + values[torch.tensor([0])]) == []


def num_readings(dataset: LabelledClips, config: TrainConfig) -> int:
    """Those of a training of one epoch with masks and mixed clips."""
    accelerator = Accelerator(cpu=True)
    if config.precision == "fp16":
        accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
    masks: dict[str, Any] = {"spec_mask": {}, "mixup": {}}
    metrics = {"f2_at_prevalence": 0.5, "auc": 0.5}
    return len(
        readings(
            lambda: trained(
                dataset, config, accelerator=accelerator, validate=lambda detector: metrics, masks=masks
            )
        )
    )


@pytest.mark.parametrize(
    ("loss", "precision"),
    [
        ("bce", "no"), ("bce", "bf16"), ("bce", "fp16"),
        ("focal", "no"), ("group_dro", "no"), ("daw_fdd", "no"), ("dag_fdd", "no"),
    ],
)  # fmt: skip
def test_48_steps_read_the_device_once_more_than_2_steps(dataset: LabelledClips, loss: Any, precision: Any):
    """Both at the end of the epoch, and the 48 steps after step 32 as well."""
    many, few = (
        num_readings(dataset, TrainConfig(epochs=1, batch_size=size, loss=loss, precision=precision))
        for size in (1, 24)
    )
    assert STEPS_PER_CHECK == 32
    assert many == few + 1
