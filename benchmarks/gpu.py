"""Compares the training loop with a bare loop of the same network on tensors that lie on the GPU already.

    python benchmarks/gpu.py [--variant b2] [--batch-size 128] [--seconds 4] [--steps 60] [--no-compile]

EfficientNet on log-mel spectrograms with every augmentation of spectrograms on; bf16, and float32 (whose
convolutions use TF32); train.compile off and on. The sound is noise, kept as a training keeps decoded audio.
The bare loop takes forward and backward pass and an AdamW step on random features. Printed are clips per
second of both, the share of the time in which the training waited for a batch, and how often the host waited
for the GPU. Goal: 90 % of the bare loop. Takes some minutes on one GPU; needs no data and no network.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator
from torch.nn.functional import binary_cross_entropy_with_logits

from avdf.augment import AUGMENTS
from avdf.config.schema import Config, DataConfig, ModelConfig
from avdf.config.training import TrainConfig
from avdf.data.audio.shards import Shard
from avdf.data.audio.store import Store
from avdf.data.random_crops import LabelledClips, RandomCrops
from avdf.detector import build_detector, resolve_model
from avdf.experiment.machine import num_workers
from avdf.training.augmentation import build_augmentation, draws_for
from avdf.training.checks import STEPS_PER_CHECK
from avdf.training.data import training_data
from avdf.training.processes import prepare
from avdf.training.state import new_state
from avdf.training.steps import planned_batches, take_steps

RATE_HZ, GOAL = 16000, 0.9
BATCHES_PER_EPOCH = 4  # so that ends of epochs are among the steps
PRECISIONS = {"bf16": "bf16", "no": "float32 with TF32"}


@dataclass(frozen=True)
class Speed:
    """Clips per second of both loops, share of waiting for batches, waits of the host in 64 steps."""

    bare: float
    training: float
    waiting: float
    host_waits: int | None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--variant", default="b2", help="of EfficientNet")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--warm-up", type=int, default=12)
    parser.add_argument("--workers", type=int, help="default: as a training chooses")
    parser.add_argument("--no-compile", action="store_true", help="leave out train.compile=true")
    parser.add_argument("--one", nargs=2, metavar=("PRECISION", "COMPILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        with tempfile.TemporaryDirectory() as place:
            return print(json.dumps(asdict(measured(arguments, Path(place)))))
    print(
        "| precision | compile | bare, clips/s | training, clips/s | share | waits for batches | host waits |"
    )
    print("|---|---|---|---|---|---|---|", flush=True)
    speeds = {}
    for precision, words in PRECISIONS.items():
        for compiles in (False,) if arguments.no_compile else (False, True):
            # A process each: Accelerate has one precision per process.
            command = [sys.executable, *sys.argv, "--one", precision, str(int(compiles))]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            speed = Speed(**json.loads(done.stdout.splitlines()[-1]))
            speeds[f"{words}, compile {'on' if compiles else 'off'}"] = speed
            print(row(words, compiles, speed), flush=True)
    print("\n".join(verdicts(speeds, arguments.device)))


def row(precision: str, compiles: bool, speed: Speed) -> str:
    host_waits = (
        "unknown" if speed.host_waits is None else f"{speed.host_waits} in {2 * STEPS_PER_CHECK} steps"
    )
    cells = (f"{speed.bare:.1f}", f"{speed.training:.1f}", f"{speed.training / speed.bare:.0%}")
    return f"| {precision} | {compiles} | {' | '.join(cells)} | {speed.waiting:.1%} | {host_waits} |"


def verdicts(speeds: dict[str, Speed], device: str) -> Iterator[str]:
    """A sentence per setting."""
    if device == "cpu":
        yield "Measured on a CPU, which says nothing about a GPU; the goals below are those of a GPU."
    for name, speed in speeds.items():
        share = speed.training / speed.bare
        reached = "reached" if share >= GOAL else "missed"
        is_input_bound = speed.waiting > 1 - GOAL
        cause = "it waits for batches: raise data.workers" if is_input_bound else "it is not input-bound"
        yield f"{name}: {share:.0%} of the bare loop, goal {GOAL:.0%} {reached}; {cause}."
        if speed.host_waits is not None and speed.host_waits > 2:
            yield f"{name}: the host waited {speed.host_waits} times where 2 readings of losses are due."


def measured(arguments: argparse.Namespace, folder: Path) -> Speed:
    """Both loops in one precision, with the network compiled or not."""
    precision, compiles = arguments.one[0], arguments.one[1] == "1"
    accelerator = Accelerator(cpu=arguments.device == "cpu", mixed_precision=precision)
    training = Training(arguments, accelerator, folder, compiles=compiles)
    bare = bare_loop(training, arguments.batch_size)
    times_s: list[float] = []
    on_gpu = accelerator.device.type == "cuda"
    finish: Callable[[], object] = torch.cuda.synchronize if on_gpu else time.perf_counter
    for loop in (bare, training.take):
        loop(arguments.warm_up)
        finish()
        training.reading.waited_s, started_s = 0.0, time.perf_counter()
        loop(arguments.steps)
        finish()
        times_s.append(time.perf_counter() - started_s)
    num_clips, waiting = arguments.steps * arguments.batch_size, training.reading.waited_s / times_s[1]
    host_waits = num_host_waits(training) if on_gpu else None
    return Speed(num_clips / times_s[0], num_clips / times_s[1], waiting, host_waits)


class Reading:
    """Batches, and the seconds that were spent waiting for them."""

    def __init__(self, batches: Iterator[tuple[dict[str, Any], int]]) -> None:
        self._batches, self.waited_s = batches, 0.0

    def __iter__(self) -> Iterator[tuple[dict[str, Any], int]]:
        return self

    def __next__(self) -> tuple[dict[str, Any], int]:
        started_s = time.perf_counter()
        batch = next(self._batches)
        self.waited_s += time.perf_counter() - started_s
        return batch


class Training:
    """The loop of avdf/training on noise, without validation and saved states."""

    def __init__(
        self, arguments: argparse.Namespace, accelerator: Accelerator, folder: Path, *, compiles: bool
    ) -> None:
        config = settings(arguments, compiles)
        self.config, device, epochs = config.train, accelerator.device, config.train.epochs
        clips = noise(folder, BATCHES_PER_EPOCH * arguments.batch_size, arguments.seconds)
        detector = build_detector(config.model, RATE_HZ, arguments.seconds).to(device)
        augmentation = build_augmentation(config.model.augment)
        crops = RandomCrops(clips, seed=0, draw=draws_for(augmentation, detector, clips.num_samples))
        data = training_data(crops, augmentation, self.config, workers=num_workers(config, device))
        self.data = data.on(device)
        num_steps = BATCHES_PER_EPOCH * epochs
        self.state = new_state(detector, self.config, num_steps=num_steps, num_groups=self.data.num_groups)
        self.prepared = prepare(self.state, self.config, accelerator)
        batches = planned_batches(self.prepared, self.data, self.config, start=(0, 0), end_epoch=epochs)
        self.reading = Reading(batches)

    def take(self, num_steps: int) -> None:
        """That many steps, over the ends of epochs; their losses are read as in a training."""
        state, progress = self.state, self.state.progress
        self.prepared.network.train()
        while num_steps:
            for _ in take_steps(self.prepared, state, self.data, self.config, self.reading):
                if state.checks.are_due():
                    state.read_steps()
                num_steps -= 1
                if not num_steps:
                    return
            progress.step, progress.epoch = 0, progress.epoch + 1


def bare_loop(training: Training, batch_size: int) -> Callable[[int], None]:
    """Steps of the same network on one batch of random features."""
    network, accelerator = training.prepared.network, training.prepared.accelerator
    silence = torch.zeros(batch_size, training.data.crops.clips.num_samples, device=accelerator.device)
    features = torch.randn_like(training.state.detector.extract({"waveform": silence})["audio"])
    is_fake = torch.randint(0, 2, (batch_size,), device=accelerator.device).float()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, fused=True)

    def take(num_steps: int) -> None:
        network.train()
        for _ in range(num_steps):
            with accelerator.autocast():
                logits = network({"audio": features})
            accelerator.backward(binary_cross_entropy_with_logits(logits.float(), is_fake))
            optimizer.step()
            optimizer.zero_grad()

    return take


def num_host_waits(training: Training) -> int:
    """How often PyTorch made the host wait for the GPU in 64 steps, by its own debug mode."""
    training.state.read_steps()
    torch.cuda.set_sync_debug_mode("warn")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        training.take(2 * STEPS_PER_CHECK)
    torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing CUDA operation" in str(warning.message) for warning in caught)


def settings(arguments: argparse.Namespace, compiles: bool) -> Config:
    plugins: Any = {name: AUGMENTS.get(name).plugin_class for name in AUGMENTS.names()}
    masks: dict[str, Any] = {name: {} for name, plugin in plugins.items() if plugin.stage != "waveform"}
    encoder = {"name": "audio_effnet", "variant": arguments.variant, "weights": "none"}
    model = resolve_model(ModelConfig(encoders={"audio": encoder}, augment=masks))
    num_steps = 2 * arguments.warm_up + 2 * arguments.steps + 4 * STEPS_PER_CHECK
    train = TrainConfig(
        epochs=num_steps // BATCHES_PER_EPOCH + 1,
        batch_size=arguments.batch_size,
        precision=arguments.one[0],
        compile=compiles,
    )
    return Config(
        data=DataConfig(seconds=arguments.seconds, workers=arguments.workers), model=model, train=train
    )


def noise(folder: Path, num_clips: int, seconds: float) -> LabelledClips:
    """Clips of noise, a second longer than a crop, as a training reads them: from one file on disk."""
    num_samples = round((seconds + 1) * RATE_HZ)
    samples = np.random.default_rng(0).integers(-3000, 3000, num_clips * num_samples, dtype="<i2")
    samples.tofile(Shard(folder, 0).samples_path)
    number = np.arange(num_clips)
    names = [f"{item:05}.wav" for item in number]
    places = {"shard": 0, "start": number * num_samples, "num_samples": num_samples, "audio_start_s": 0.0}
    table = pd.DataFrame({"clip": names, **places})
    labels = {"type": "A", "method": "", "source": names, "track": names, "video_fake": 0}
    clips = pd.DataFrame({"clip": names, **labels, "audio_fake": number % 2})
    store = Store(folder, RATE_HZ, table, pd.DataFrame())
    return LabelledClips(clips, store, target="audio", seconds=seconds)


if __name__ == "__main__":
    main()
