"""Starting a run: its folder, and what is recorded there before the training."""

import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from avdf.config.loading import yaml_text
from avdf.config.schema import Config, FramesConfig
from avdf.errors import ConfigError, UserError
from avdf.experiment.data import ExperimentData
from avdf.files import create_text, write_csv, write_json, write_text
from avdf.run_folder import RunFolder

_PACKAGES = ["avdf", "accelerate", "av", "decord", "numpy", "pandas", "scikit-learn", "scipy", "soxr"]
_PACKAGES += ["torch", "torchaudio", "torchvision"]


def new_run(config: Config, name: str) -> RunFolder:
    """Makes the folder of a new run: `run.dir`, or runs/<name>/<time>, with -2, -3, ... if that is taken.

    Raises ConfigError if `run.dir` is taken, UserError if the folder can't be made.
    """
    if config.run.dir:
        run = RunFolder(Path(config.run.dir))
        if _claimed(run, config):
            return run
        raise ConfigError(
            f"run.dir: {str(run.path)!r} holds something already; name a new folder, or --resume {run.path}"
        )
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H-%M-%SZ")
    run, number = RunFolder(Path("runs", name, now)), 1
    while not _claimed(run, config):
        number += 1
        run = RunFolder(Path("runs", name, f"{now}-{number}"))
    return run


def _claimed(run: RunFolder, config: Config) -> bool:
    """Writes config.yaml into an empty folder; False if it is not empty or another process was first."""
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        if any(path.suffix != ".part" for path in run.path.iterdir()):
            return False
        create_text(run.config_yaml, yaml_text(config))
    except FileExistsError:
        return False
    except OSError as error:
        raise UserError(f"{run.path}: can't be written ({error.strerror}); choose another folder") from error
    return True


def environment(command: Sequence[str], accelerator: Accelerator, data: ExperimentData) -> dict[str, Any]:
    """The content of environment.json: versions, machine, command, device, and warnings of the data."""
    return {
        "command": " ".join(command),
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "device": str(accelerator.device),
        "num_processes": accelerator.num_processes,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "num_skipped": len(data.skipped),
        "lost_groups": list(data.lost_groups),
        "warnings": list(data.warnings),
    }


def detector_facts(config: Config, threshold: Mapping[str, Any], data_hash: str) -> dict[str, Any]:
    """The content of detector.json except the hash of the weights: all that scoring needs."""
    return {
        "model": {
            "features": config.model.features,
            "encoders": config.model.encoders,
            "fusion": config.model.fusion,
            **({} if config.model.heads == "joint" else {"heads": config.model.heads}),
        },
        "threshold": dict(threshold),
        "target": config.data.target,
        **({"frames": _frames_facts(config.data.frames)} if config.model.reads_frames else {}),
        "sample_rate_hz": config.data.sample_rate_hz,
        "seconds": config.data.seconds,
        "skip_start_s": config.data.skip_start_s,
        "num_crops": config.evaluation.num_crops,
        "whole": config.evaluation.whole,
        "groups": config.evaluation.group_columns,
        "seed": config.seed,
        "hashes": {"data": data_hash},
    }


def _frames_facts(frames: FramesConfig) -> dict[str, Any]:
    """Which frames a detector looks at; how they are decoded and stored is not part of it."""
    names = ("num_frames", "height", "width", "per_second", "crop")
    return {name: getattr(frames, name) for name in names}


def record_start(
    run: RunFolder, config: Config, data: ExperimentData, environment: Mapping[str, Any]
) -> None:
    """Writes the files of a run that do not depend on its training.

    A resumed run keeps the command that started it; the commands that resumed it are listed under
    `resumed`, and config.yaml says where the data is now. Raises UserError if the run was started on
    another split: clips that it has trained on might be in the new test split.
    """
    certificate = data.split.certificate
    if run.certificate().get("split_hash", certificate["split_hash"]) != certificate["split_hash"]:
        raise UserError(f"{run.path}: was started on another split of the data; start a new run")
    recorded, fakes = (item.get("fakes", {}).get("hash") for item in (run.certificate(), certificate))
    if run.certificate() and recorded != fakes:
        raise UserError(f"{run.path}: was started with other fakes; start a new run")
    _remove_unfinished_files(run)
    before = run.environment()
    kept = {key: before[key] for key in ("command", "started") if key in before}
    resumed = [*before.get("resumed", []), environment["command"]] if before else []
    write_text(run.config_yaml, yaml_text(config))
    write_json(run.environment_json, {**environment, **kept, "resumed": resumed})
    write_csv(run.clips_csv, data.clips)
    write_csv(run.skipped_csv, data.skipped)
    write_csv(run.split_csv, data.split.table)
    write_json(run.certificate_json, certificate)


def data_hash_of(run: RunFolder) -> str | None:
    """The hash of the data that a run was started with; None for a run that has not recorded it yet."""
    data_hash = run.certificate().get("data_hash")
    return None if data_hash is None else str(data_hash)


def _remove_unfinished_files(run: RunFolder) -> None:
    """Removes temporary files of a process that was killed while it wrote."""
    for part in [*run.path.glob(".*.part"), *run.detector.glob(".*.part")]:
        shutil.rmtree(part) if part.is_dir() else part.unlink()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
