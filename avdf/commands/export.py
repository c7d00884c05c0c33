"""Export a detector as one ONNX file: waveform in, logit out, for programs without PyTorch.

    avdf export DETECTOR --onnx FILE [--quantize int8]

For example: avdf export runs/first/detector --onnx runs/first/detector/detector.onnx

`avdf predict DETECTOR --runtime onnx` uses the file detector.onnx in the detector's folder; DETECTOR may
also be an exported file, which holds the content of detector.json. With --quantize int8 the encoder has 8
bits, and what that costs is measured on the run's test clips. Needs the extra onnx.
"""

import argparse

from avdf.command import DONE, loading
from avdf.commands.parsing import DETECTOR, detector, path
from avdf.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("detector", type=detector, metavar="DETECTOR", help=DETECTOR)
    add("--onnx", type=path, metavar="FILE", required=True, help="the file to write")
    add("--quantize", choices=("int8",), help="the encoder in 8 bits; needs the run and its data")


def main(arguments: argparse.Namespace) -> int:
    file = arguments.onnx
    if file.suffix != ".onnx":
        raise UserError(f"--onnx {file}: must end in .onnx")
    if file.exists():
        raise UserError(f"--onnx {file}: exists; name another file")
    with loading():
        import onnx  # noqa: F401  # missing: the message names the extra, before anything is loaded
        import onnxscript  # noqa: F401

        from avdf.detection.export import export_onnx
        from avdf.run_folder import RunFolder
        from avdf.sharing.hub import detector_path

    folder = detector_path(arguments.detector)
    run = RunFolder(folder.resolve().parent)
    if arguments.quantize and not (run.is_begun and run.detector.resolve() == folder.resolve()):
        raise UserError(f"--quantize: {folder} is not in a run, whose clips tell what it costs")
    difference = export_onnx(folder, file)
    print(f"{file}: logits on noise differ by at most {difference:.1e} from PyTorch's")
    if arguments.quantize:
        from avdf.experiment.quantized import quantize_of_run

        cost = quantize_of_run(run, file)
        print(
            f"int8: AUC of {cost.num_clips} test clips, one crop each, is {cost.auc_int8:.4f}, with 32 bits "
            f"{cost.auc_float32:.4f}; scores change by at most {cost.largest_change:.4f}"
        )
    return DONE
