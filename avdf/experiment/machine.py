"""Device, processes and trackers of an experiment, checked before any work begins."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import torch
from accelerate import Accelerator, PartialState
from accelerate.tracking import get_available_trackers
from accelerate.utils import ProjectConfiguration, broadcast_object_list

from avdf.config.loading import as_settings, dotted
from avdf.config.schema import Config
from avdf.data.audio.frames import check_reader
from avdf.data.batches import check_shared_memory, most_workers
from avdf.data.dataset import sample_bytes
from avdf.errors import ConfigError
from avdf.passes import best_device
from avdf.run_folder import RunFolder
from avdf.training.losses import PER_CLIP_LOSSES

_MOST_WORKERS = 8


def check_machine(config: Config) -> None:
    """Raises ConfigError for settings that this machine cannot honour, instead of ignoring them silently."""
    have = [str(name.value) for name in get_available_trackers()]
    for name in config.run.trackers:
        if name not in have:
            raise ConfigError(
                f"run.trackers: {name!r} is not installed here (have: {', '.join(have) or 'none'})"
            )
    if config.train.precision == "fp16" and this_process().device.type == "cpu":
        raise ConfigError("train.precision: fp16 needs a GPU; give bf16, or no")
    check_workers(config)
    check_reader(config.data.frames)
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if config.train.compile and which(compiler) is None:
        raise ConfigError(f"train.compile: the compiler {compiler!r} is not installed; CXX may name another")
    if config.train.loss not in PER_CLIP_LOSSES:
        refuse_many_processes(f"train.loss: {config.train.loss} compares the clips of a whole batch")


def check_workers(config: Config) -> None:
    """Raises UserError if the shared memory is too small for the batches that `data.workers` read ahead."""
    check_shared_memory(_batch_bytes(config), config.data.workers or 0)


def num_workers(config: Config, device: torch.device) -> int:
    """`data.workers`, or if it is not set as many processes as keep a GPU busy; 0 on a CPU.

    One per core that this process need not share with another of the same training, but itself; at most 8,
    and no more than the shared memory has room for.
    """
    if config.data.workers is not None or device.type == "cpu":
        return config.data.workers or 0
    num_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    num_sharing = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    most = most_workers(_batch_bytes(config)) // num_sharing
    return max(min(num_cores // num_sharing - 1, _MOST_WORKERS, most), 0)


def _batch_bytes(config: Config) -> int:
    """Of a batch of the training and one of the scoring: workers keep both while an epoch is validated."""
    frames = config.data.frames if config.model.reads_frames else None
    size = sample_bytes(round(config.data.seconds * config.data.sample_rate_hz), frames)
    return size * (config.train.batch_size + config.evaluation.batch_size)


@contextmanager
def cpu_threads(number: int | None) -> Iterator[None]:
    """Within the block PyTorch computes with that many threads on the CPU; None changes nothing.

    Sums of floats depend on the number of threads in their last digits.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def refuse_many_processes(command: str, instead: str | None = None) -> None:
    """Raises ConfigError if torchrun or accelerate has started more than one process for `command`."""
    if this_process().num_processes > 1:
        raise ConfigError(f"{command}: start one process{f', or {instead}' if instead else ''}")


def this_process() -> PartialState:
    """This process among those that torchrun or accelerate has started; without a GPU they use gloo.

    Without cpu=True Accelerate does not join CPU processes into one group: each would do all of the work.
    """
    return PartialState(cpu=best_device().type == "cpu")


def made_once(make: Callable[[], Path]) -> Path:
    """Calls `make` in the main process and returns its path in every process."""
    paths = [make() if this_process().is_main_process else None]
    (path,) = broadcast_object_list(paths)
    return Path(str(path))


def new_accelerator(config: Config, run: RunFolder | None) -> Accelerator:
    """Accelerate's device, precision and trackers; without a run folder, no tracker. Raises ConfigError."""
    trackers = list(config.run.trackers) if run else []
    try:
        accelerator = Accelerator(
            cpu=this_process().device.type == "cpu",
            mixed_precision=config.train.precision,
            log_with=trackers or None,
            project_config=ProjectConfiguration(
                project_dir=str(run.path if run else "."), logging_dir=str(run.log) if run else None
            ),
        )
    except (ValueError, ImportError) as error:
        raise ConfigError(f"train.precision or run.trackers: {error}") from error
    if run and trackers:
        options = {"wandb": {"name": run.name, "dir": str(run.log)}, "mlflow": {"run_name": run.name}}
        accelerator.init_trackers("avdf", init_kwargs=options)
        for tracker in accelerator.trackers:
            if tracker.name != "tensorboard":  # which would show the settings as a second run
                tracker.store_init_configuration(dotted(as_settings(config)))
    return accelerator
