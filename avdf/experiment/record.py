"""Starting a run: its folder, and what is recorded there before the training."""

import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from avdf.config.loading import yaml_text
from avdf.config.schema import Config
from avdf.errors import ConfigError, UserError
from avdf.experiment.data import ExperimentData
from avdf.files import write_csv, write_json, write_text
from avdf.run_folder import RunFolder

_PACKAGES = ["avdf", "accelerate", "av", "numpy", "pandas", "scikit-learn", "scipy", "soxr"]
_PACKAGES += ["torch", "torchaudio", "torchvision"]


def new_run(config: Config, name: str) -> RunFolder:
    """Makes the folder of a new run: `run.dir`, or runs/<name>/<time>. Raises ConfigError if it is taken."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H-%M-%SZ")
    run = RunFolder(Path(config.run.dir) if config.run.dir else Path("runs", name, now))
    if run.path.exists() and (not run.path.is_dir() or any(run.path.iterdir())):
        raise ConfigError(
            f"run.dir: {str(run.path)!r} holds something already; name a new folder, or --resume {run.path}"
        )
    write_text(run.config_yaml, yaml_text(config))
    return run


def environment(
    command: Sequence[str], device: str, data: ExperimentData, *, num_processes: int
) -> dict[str, Any]:
    """What environment.json holds: versions, machine, command, device, and the warnings of the data."""
    return {
        "command": " ".join(command),
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "device": device,
        "num_processes": num_processes,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "num_skipped": len(data.skipped),
        "lost_groups": list(data.lost_groups),
        "warnings": list(data.warnings),
    }


def detector_facts(config: Config, threshold: Mapping[str, Any], data_hash: str) -> dict[str, Any]:
    """What detector.json says beside the hash of the weights: all that scoring needs."""
    return {
        "model": {
            "features": config.model.features,
            "encoders": config.model.encoders,
            "fusion": config.model.fusion,
        },
        "threshold": dict(threshold),
        "target": config.data.target,
        "sample_rate_hz": config.data.sample_rate_hz,
        "seconds": config.data.seconds,
        "skip_start_s": config.data.skip_start_s,
        "num_crops": config.evaluation.num_crops,
        "groups": config.evaluation.group_columns,
        "seed": config.seed,
        "hashes": {"data": data_hash},
    }


def record_start(run: RunFolder, data: ExperimentData, environment: Mapping[str, Any]) -> None:
    """Writes clips.csv, skipped.csv, split.csv, certificate.json and environment.json.

    A resumed run keeps the command that started it; the commands that resumed it are listed under
    `resumed`. Raises UserError if the run was started on another split: clips that it has trained on
    might be in the new test split.
    """
    certificate = data.split.certificate
    if run.certificate().get("split_hash", certificate["split_hash"]) != certificate["split_hash"]:
        raise UserError(f"{run.path}: was begun on another split of the data; begin a new run")
    _remove_unfinished_files(run)
    before = run.environment()
    kept = {key: before[key] for key in ("command", "started") if key in before}
    resumed = [*before.get("resumed", []), environment["command"]] if before else []
    write_json(run.environment_json, {**environment, **kept, "resumed": resumed})
    write_csv(run.clips_csv, data.clips)
    write_csv(run.skipped_csv, data.skipped)
    write_csv(run.split_csv, data.split.table)
    write_json(run.certificate_json, certificate)


def _remove_unfinished_files(run: RunFolder) -> None:
    """Removes temporary files of a process that was killed while it wrote."""
    for part in [*run.path.glob(".*.part"), *run.detector.glob(".*.part")]:
        shutil.rmtree(part) if part.is_dir() else part.unlink()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
