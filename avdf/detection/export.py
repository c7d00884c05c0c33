"""A detector folder -> one ONNX file with all that prediction needs. Needs torch and the extra onnx."""

import logging
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from avdf import __version__
from avdf.detection.exported_network import MOST_N_FFT, ExportedNetwork, largest_n_fft
from avdf.detection.onnx_file import FACTS_KEY, VERSION_KEY, OnnxScorer, open_session
from avdf.detector import Detector
from avdf.detector_folder import load_detector
from avdf.errors import UserError
from avdf.files import json_text, write_with

INPUT, OUTPUT = "waveform", "logit"
_MOST_DIFFERENCE = 1e-3  # of a logit; files of clips differ by a tenth of it
_OPSET = 20


def export_onnx(folder: Path, file: Path) -> float:
    """Writes `file`: (clip, sample) float32 -> (clip,) logits, of any number and length of clips.

    The content of detector.json is in its metadata. Returns the largest difference of a logit from PyTorch's
    on noise. Raises UserError for a detector that can't be exported, or whose export differs.
    """
    detector, facts = load_detector(folder)
    if why := _why_not(detector):
        raise UserError(f"{folder}: can't be exported: {why}")
    num_samples = round(facts.seconds * facts.sample_rate_hz)
    content = {FACTS_KEY: json_text(asdict(facts)), VERSION_KEY: __version__}
    write_with(file, lambda part: _write(detector, num_samples, content, part))
    difference = _difference(detector, num_samples, file)
    if not difference <= _MOST_DIFFERENCE:
        file.unlink()
        raise UserError(f"{folder}: can't be exported: logits differ by {difference:.2g} from PyTorch's")
    return difference


def _why_not(detector: Detector) -> str:
    """Why a detector is not exported, in words; empty where it is. A plugin says so by `not_exported`."""
    if set(detector.encoders) != {"audio"}:
        return "it reads frames, and the ONNX file takes sound alone; avdf predict runs it without an export"
    if (n_fft := largest_n_fft(detector)) > MOST_N_FFT:
        return f"n_fft is {n_fft}, and a transform of more than {MOST_N_FFT} is too large as a convolution"
    return next((str(part.not_exported) for part in detector.modules() if hasattr(part, "not_exported")), "")


def _write(detector: Detector, num_samples: int, content: dict[str, str], file: Path) -> None:
    import onnx

    batch, length = torch.export.Dim("clip"), torch.export.Dim("sample", min=num_samples // 4)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                ExportedNetwork(detector).eval(),
                (torch.randn(3, num_samples),),
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes={INPUT: {0: batch, 1: length}},
                opset_version=_OPSET,
                dynamo=True,
                verbose=False,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, ValueError) as error:
        reason = (str(error).strip() or repr(error)).splitlines()[0].partition(". ")[0]
        raise UserError(
            f"the detector can't be exported: PyTorch's exporter says {reason!r}; it scores with torch alone"
        ) from error
    if program is None:
        raise UserError("the detector can't be exported: the exporter gave no program")
    model = program.model_proto
    onnx.helper.set_model_props(model, content)
    file.write_bytes(model.SerializeToString())


def _difference(detector: Detector, num_samples: int, file: Path) -> float:
    """The largest difference of a logit, over two lengths and two sizes of a batch."""
    scorer = OnnxScorer(open_session(file))
    rng = np.random.default_rng(0)
    differences = [0.0]
    shape = scorer.session.get_inputs()[0].shape
    if any(isinstance(size, int) for size in shape):  # the exporter has fixed the batch or the length
        return float("inf")
    for num_clips, length in ((1, num_samples), (9, num_samples), (2, num_samples * 3 // 2)):
        crops = rng.normal(0, 0.1, (num_clips, length)).astype(np.float32)
        with torch.inference_mode():
            logits = detector(detector.extract({"waveform": torch.from_numpy(crops)})).double().numpy()
        differences.append(float(np.abs(scorer(crops) - logits).max()))
    return max(differences)
