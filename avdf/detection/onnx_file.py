"""An exported detector: its facts, and crops -> logits with ONNX Runtime. Loads no torch."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.config.detector_json import MAX_DETECTOR_JSON_BYTES, DetectorFacts, detector_facts_of
from avdf.errors import UserError

NAME = "detector.onnx"  # in a detector folder
FACTS_KEY, VERSION_KEY = "avdf.detector_json", "avdf.version"  # of its metadata
_MOST_BYTES = 1 << 30
_CROPS_PER_PASS = 8  # what more of them need leaves the processor's caches, and fills the memory


@dataclass(frozen=True)
class OnnxScorer:
    """A session of ONNX Runtime."""

    session: Any

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float64]:
        """(crop, sample) -> (crop,) logits. Raises UserError if one is NaN or infinite."""
        name = self.session.get_inputs()[0].name
        parts = [crops[first : first + _CROPS_PER_PASS] for first in range(0, len(crops), _CROPS_PER_PASS)]
        logits = np.concatenate([self.session.run(None, {name: part})[0] for part in parts])
        if not np.isfinite(logits).all():
            raise UserError("the detector's score is NaN or infinite; export it again")
        return np.asarray(logits, dtype=np.float64)


def open_session(file: Path) -> Any:
    """The ONNX Runtime session of a file, on the CPU. Raises UserError for a file that is none.

    The content is read first, so that a file can't name others.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as failures

    try:
        if file.stat().st_size > _MOST_BYTES:
            raise UserError(f"{file}: is larger than {_MOST_BYTES >> 20} MiB")
        content = file.read_bytes()
    except OSError as error:
        raise UserError(
            f"{file}: no exported detector there ({error.strerror}); make it with "
            "avdf export DETECTOR --onnx FILE, and give FILE as the detector"
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if (threads := os.environ.get("OMP_NUM_THREADS", "")).isdecimal():
        options.intra_op_num_threads = int(threads)
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except (
        failures.Fail,
        failures.InvalidArgument,
        failures.InvalidGraph,
        failures.InvalidProtobuf,
        failures.NotImplemented,
        failures.RuntimeException,
    ) as error:
        raise UserError(f"{file}: ONNX Runtime can't load it ({str(error).splitlines()[0]:.200})") from error


def facts_in(session: Any, file: Path) -> DetectorFacts:
    """The content of detector.json in the metadata of an exported detector. Raises UserError."""
    text = session.get_modelmeta().custom_metadata_map.get(FACTS_KEY)
    if text is None or len(text) > MAX_DETECTOR_JSON_BYTES:
        raise UserError(f"{file}: was not exported by avdf; make it with avdf export DETECTOR --onnx FILE")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file}: its metadata is not JSON") from error
    if not isinstance(content, dict):
        raise UserError(f"{file}: its metadata holds no JSON object")
    return detector_facts_of(content, file)
