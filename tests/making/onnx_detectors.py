"""An exported detector that is made by hand in a moment: its logit is the mean square of the samples."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from avdf.detection.onnx_file import FACTS_KEY


def save_loudness_meter(file: Path, detector_json: Path) -> Path:
    """Writes an ONNX file with the facts of a detector that was saved."""
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["waveform", "waveform"], ["power"]),
            helper.make_node("ReduceMean", ["power", "axes"], ["logit"], keepdims=0),
        ],
        "meter",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["clip", "sample"])],
        [helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["clip"])],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, {FACTS_KEY: detector_json.read_text("utf-8")})
    onnx.save(model, file)
    return file
