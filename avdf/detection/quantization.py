"""An exported detector with its encoder in 8 bits: weights and activations, by ONNX Runtime."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ENCODERS = "detector.encoders"  # the part of a node's name that only nodes of an encoder have
_KINDS = ("Conv", "Gemm", "MatMul")
_CROPS_AT_ONCE = 8


def quantize_int8(source: Path, target: Path, crops: NDArray[np.float32]) -> None:
    """Writes `target`: `source` with the convolutions and products of its encoder in 8 bits.

    The ranges of the activations are those on `crops` (crop, sample), sound of the training. The features
    stay in 32 bits: a power spectrum spans more than 8 bits hold.
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    model = onnx.load(source)
    logging.disable(logging.WARNING)  # advice on networks that are not prepared: these are
    try:
        quantize_static(
            source,
            target,
            _Crops(model.graph.input[0].name, crops),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_quantize=[node.name for node in model.graph.node if _is_of_an_encoder(node)],
        )
    finally:
        logging.disable(logging.NOTSET)


def _is_of_an_encoder(node: Any) -> bool:
    return node.op_type in _KINDS and any(_ENCODERS in item.value for item in node.metadata_props)


class _Crops:
    """What ONNX Runtime measures the ranges of the activations on, a few crops at a time."""

    def __init__(self, name: str, crops: NDArray[np.float32]) -> None:
        self._batches: Iterator[dict[str, NDArray[np.float32]]] = iter(
            [{name: crops[first : first + _CROPS_AT_ONCE]} for first in range(0, len(crops), _CROPS_AT_ONCE)]
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next batch by the name of the input; None at the end. The name of the method is theirs."""
        return next(self._batches, None)
