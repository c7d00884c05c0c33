"""Times prediction with a trained detector: a folder, the stages alone, the plain way, runtimes, the start.

    python benchmarks/predict.py DETECTOR FOLDER [--files 100] [--workers 1] [--rounds 3] [--only PART ...]

Parts, in this order; each prints seconds by the clock and of the processors, children included, since other
work on the machine changes the latter least. Of several rounds the one with the fewest of them is printed.

- folder: files a second of avdf, of its two stages alone (decoding by the workers, scoring of sound in
  memory), and of the plain way: for each file the ffmpeg program writes a wav, torchaudio makes the features,
  and the network runs eagerly on the same crops. The processes that decode have begun before: the command
  starts them while it imports torch, and the imports are counted of no way.
- runtimes: crops a second on one thread, eager, compiled, ONNX Runtime, and ONNX Runtime with 8 bits.
- start: from the command to the first answer, torch and onnx.
"""

import argparse
import copy
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import torch
import torchaudio
from scipy.io import wavfile

from avdf.command import keep_freed_memory
from avdf.data.audio.decoder import close_idle, keep_idle
from avdf.data.audio.levels import as_float32
from avdf.data.audio.stored import Samples
from avdf.data.hearing import Hearing
from avdf.detection.crops import crops_in_batches, whole_file_starts
from avdf.detection.decoding import Decoding, decoded_in_order
from avdf.detection.export import export_onnx
from avdf.detection.listing import media_files
from avdf.detection.loading import load_predictor
from avdf.detection.onnx_file import OnnxScorer, open_session
from avdf.detection.prediction import Predictor, Scorer, predict
from avdf.detection.quantization import quantize_int8
from avdf.detection.torch_scorer import TorchScorer
from avdf.detector import Detector
from avdf.errors import MediaError

TOP = Path(__file__).parents[1]
Seconds = tuple[float, float]  # by the clock, of the processors


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("detector", type=Path, metavar="DETECTOR")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--files", type=int, default=100, help="how many of the folder, evenly spaced")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()  # as the command does; the plain way gains by it as well
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {arguments.rounds} rounds")
    listed = media_files([arguments.folder])
    files = [listed[place] for place in np.linspace(0, len(listed) - 1, arguments.files).astype(int)]
    for part in arguments.only:
        print(f"\n{part}:")
        PARTS[part](arguments, files)


def spent_by(work: Callable[[], object]) -> Seconds:
    before_s, started = used_s(), time.perf_counter()
    work()
    clock_s = time.perf_counter() - started
    return clock_s, used_s() - before_s


def used_s() -> float:
    """Seconds of processors of this process and of its children, those that still run included."""
    running = [child.cpu_times() for child in psutil.Process().children()]
    return sum(os.times()[:4]) + sum(times.user + times.system for times in running)


def best_of(rounds: int, ways: dict[str, Callable[[], object]]) -> dict[str, Seconds]:
    """The ways take turns, so that other work hits all of them."""
    spent = [{name: spent_by(work) for name, work in ways.items()} for _ in range(rounds)]
    return {name: min((of[name] for of in spent), key=lambda seconds: seconds[1]) for name in ways}


def print_rates(spent: dict[str, Seconds], number: int, unit: str, first: str) -> None:
    print(f"| way | clock, s | processors, s | {unit}/s by the clock | by the processors | times the first |")
    print("|---|---|---|---|---|---|")
    for name, (clock_s, used_s) in spent.items():
        ratios = (
            f"{spent[first][0] / clock_s:.1f} by the clock, {spent[first][1] / used_s:.1f} by the processors"
        )
        rates = f"{number / clock_s:.1f} | {number / used_s:.1f}"
        print(f"| {name} | {clock_s:.2f} | {used_s:.2f} | {rates} | {ratios} |")


def time_folder(arguments: argparse.Namespace, files: list[Path]) -> None:
    predictor = load_predictor(arguments.detector)
    hearing = Hearing(skip_start_s=predictor.skip_start_s, crop_s=predictor.seconds)
    decoding = Decoding(workers=arguments.workers)
    sounds: list[Samples] = []

    def decode() -> None:
        sounds.clear()
        for _, outcome in decoded_in_order(files, predictor.sample_rate_hz, hearing, decoding):
            if not isinstance(outcome, MediaError):
                sounds.append(outcome[0])

    ways = {
        "plain way": lambda: plain_way(predictor, files),
        "avdf": lambda: list(predict(predictor, files, workers=arguments.workers)),
        "decoding alone": decode,
        "scoring alone": lambda: [score(predictor, sound) for sound in sounds],
    }
    with keep_idle():
        decode()  # starts the processes; and all ways find the files in the system's cache
        spent = best_of(arguments.rounds, ways)
    close_idle()
    print_rates(spent, len(files), "files", "plain way")
    slower = max(spent["decoding alone"][0], spent["scoring alone"][0])
    both = spent["decoding alone"][1] + spent["scoring alone"][1]
    print(f"the slower stage alone takes {slower / spent['avdf'][0]:.0%} of the clock of both together")
    print(f"the stages alone take {both / spent['avdf'][1]:.0%} of the processors' seconds of both together")


def score(predictor: Predictor, sound: Samples) -> float:
    num_samples = round(predictor.seconds * predictor.sample_rate_hz)
    starts = whole_file_starts(len(sound), num_samples, predictor.num_crops)
    return max(predictor.scorer(crops).max() for crops in crops_in_batches(sound, starts, num_samples))


def plain_way(predictor: Predictor, files: list[Path]) -> None:
    """One file after the other, as a script of twenty lines does it."""
    detector = detector_of(predictor)
    rate_hz, num_samples = predictor.sample_rate_hz, round(predictor.seconds * predictor.sample_rate_hz)
    mel = torchaudio.transforms.MelSpectrogram(rate_hz, n_fft=512, hop_length=160, n_mels=64)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        wav = Path(folder, "sound.wav")
        for file in files:
            command = ["ffmpeg", "-y", "-loglevel", "error", "-i", str(file), "-vn", "-ac", "1"]
            if subprocess.run([*command, "-ar", str(rate_hz), str(wav)], capture_output=True).returncode:
                continue
            sound = wavfile.read(wav)[1]
            starts = whole_file_starts(len(sound), num_samples, predictor.num_crops)
            [crops] = crops_in_batches(sound, starts, num_samples)
            features = torch.log(mel(torch.from_numpy(crops)) + 1e-6)
            features = (features - features.mean((1, 2), keepdim=True)) / features.std((1, 2), keepdim=True)
            detector({"audio": features}).mean().item()


def detector_of(predictor: Predictor) -> Detector:
    assert isinstance(predictor.scorer, TorchScorer)
    return predictor.scorer.detector


def time_runtimes(arguments: argparse.Namespace, files: list[Path]) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    predictor = load_predictor(arguments.detector)
    num_samples = round(predictor.seconds * predictor.sample_rate_hz)
    hearing = Hearing(skip_start_s=predictor.skip_start_s, crop_s=predictor.seconds)
    sounds = [
        outcome[0]
        for _, outcome in decoded_in_order(files[:64], predictor.sample_rate_hz, hearing, Decoding())
        if not isinstance(outcome, MediaError) and len(outcome[0]) >= num_samples
    ]
    crops = np.stack([as_float32(sound[:num_samples]) for sound in sounds])
    with tempfile.TemporaryDirectory() as folder:
        exported, small = Path(folder, "a.onnx"), Path(folder, "b.onnx")
        export_onnx(arguments.detector, exported)
        quantize_int8(exported, small, crops)
        ways: dict[str, Scorer] = {
            "eager": predictor.scorer,
            "compiled": compiled(predictor),
            "ONNX Runtime": OnnxScorer(open_session(exported)),
            "ONNX Runtime, int8": OnnxScorer(open_session(small)),
        }
        batches = [crops[first : first + 8] for first in range(0, len(crops), 8)]
        logits = {name: np.concatenate([way(batch) for batch in batches]) for name, way in ways.items()}
        spent = best_of(
            arguments.rounds,
            {name: lambda way=way: [way(batch) for batch in batches] for name, way in ways.items()},
        )
    print_rates(spent, len(crops), "crops", "eager")
    for name, values in logits.items():
        print(
            f"{name}: logits differ by at most {np.abs(values - logits['eager']).max():.1e} from eager ones"
        )


def compiled(predictor: Predictor) -> Scorer:
    scorer = predictor.scorer
    assert isinstance(scorer, TorchScorer)
    detector = copy.deepcopy(scorer.detector)  # the eager one stays as it is
    detector.compile()
    return replace(scorer, detector=detector)


def time_start(arguments: argparse.Namespace, files: list[Path]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder, "a.onnx")
        export_onnx(arguments.detector, exported)
        command = [sys.executable, str(TOP / "tools" / "predict.py")]

        def run(detector: Path, runtime: str) -> None:
            words = [str(detector), str(files[0]), "--runtime", runtime]
            subprocess.run([*command, *words], check=True, stdout=subprocess.DEVNULL)

        spent = best_of(
            arguments.rounds,
            {"torch": lambda: run(arguments.detector, "torch"), "onnx": lambda: run(exported, "onnx")},
        )
    print_rates(spent, 1, "starts", "torch")


PARTS = {"folder": time_folder, "runtimes": time_runtimes, "start": time_start}

if __name__ == "__main__":
    main()
