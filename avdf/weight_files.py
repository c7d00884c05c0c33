"""Files of weights (safetensors): written atomically, and checked before memory is allocated for them."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from avdf.errors import UserError
from avdf.files import write_with

_MAX_HEADER_BYTES = 4 << 20  # of the file, beside the weights themselves
_DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8",
    torch.bool: "BOOL",
}  # fmt: skip


def save_weights(state: Mapping[str, Tensor], path: Path) -> None:
    """Writes the weights of a network by name."""
    weights = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    write_with(path, lambda temporary: save_file(weights, temporary))


def check_weights(path: Path, expected: Mapping[str, Tensor], facts_name: str) -> None:
    """Compares the names, shapes and types in the header of the weights with those of the model.

    `facts_name` is the file that describes the model. Raises UserError.
    """
    misfit = f"{path}: does not fit the model in {facts_name}"
    if not path.is_file():
        raise UserError(f"{path}: missing, or not a file")
    max_bytes = sum(value.numel() * value.element_size() for value in expected.values()) + _MAX_HEADER_BYTES
    if path.stat().st_size > max_bytes:
        raise UserError(f"{misfit}, which has at most {max_bytes >> 20} MiB of weights")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            stored = {name: (tuple(item.get_shape()), item.get_dtype()) for name, item in tensors.items()}
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: can't be read as safetensors ({str(error)[:200]})") from error
    wanted = {name: (tuple(value.shape), _DTYPES.get(value.dtype)) for name, value in expected.items()}
    if stored != wanted:
        names = sorted(name for name in {*stored, *wanted} if stored.get(name) != wanted.get(name))
        raise UserError(f"{misfit}: {ascii(names[0])[:80]} and {len(names) - 1} more differ")


def finite_weights(path: Path) -> dict[str, Tensor]:
    """The weights by name. Raises UserError if one is NaN or infinite: all that is computed would be, too."""
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: can't be read as safetensors ({str(error)[:200]})") from error
    for name, value in weights.items():
        if not value.isfinite().all():
            raise UserError(f"{path}: {name} holds a NaN or an infinity; train the detector again")
    return weights
