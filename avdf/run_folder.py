"""The folder of one run: made for it alone, with what is needed to know later what it was."""

import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.config.loading import load_config, yaml_text
from avdf.config.schema import Config
from avdf.errors import ConfigError, UserError
from avdf.files import read_json, write_csv, write_json, write_text

CONFIG_NAME = "config.yaml"
_PACKAGES = ["avdf", "accelerate", "av", "decord", "numpy", "pandas", "scikit-learn", "scipy", "soxr"]
_PACKAGES += ["torch", "torchaudio", "torchvision"]


def new_run(config: Config, name: str) -> Path:
    """Makes the folder of a new run: `run.dir`, or runs/<name>/<time>. Raises ConfigError if it is taken."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H-%M-%SZ")
    run = Path(config.run.dir) if config.run.dir else Path("runs", name, now)
    if run.exists() and (not run.is_dir() or any(run.iterdir())):
        raise ConfigError(
            f"run.dir: {str(run)!r} holds something already; name a new folder, or --resume {run}"
        )
    write_text(run / CONFIG_NAME, yaml_text(config))
    return run


def config_of_run(run: Path) -> Config:
    """The resolved config that a run was started with. Raises ConfigError where it is no run."""
    if not (run / CONFIG_NAME).is_file():
        raise ConfigError(f"{run}: no run there (it has no {CONFIG_NAME})")
    return load_config(run / CONFIG_NAME)


def environment(
    command: Sequence[str], device: str, warnings: Sequence[str], *, num_processes: int
) -> dict[str, Any]:
    """What environment.json holds: versions, machine, command, device; what to read before any figure."""
    return {
        "command": " ".join(command),
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "device": device,
        "num_processes": num_processes,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "warnings": list(warnings),
    }


def read_environment(run: Path) -> dict[str, Any]:
    """What environment.json of a run holds."""
    return read_json(run / "environment.json")


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
        "groups": list(config.evaluation.groups),
        "seed": config.seed,
        "hashes": {"data": data_hash},
    }


def provenance(run: Path, config: Config, certificate: Mapping[str, Any]) -> dict[str, Any]:
    """Where the figures of a run come from, for its audit."""
    detector = read_json(run / "detector" / "detector.json")
    environment = read_environment(run)
    return {
        "command": environment["command"],
        "data": config.data.root,
        "data_hash": certificate["data_hash"],
        "detector_hash": detector["hashes"]["weights"],
        "packages": environment["packages"],
        "seed": config.seed,
        "split": certificate["name"],
        "target": config.data.target,
        "training": config.train.fairness(),
    }


def begin_run(
    run: Path,
    clips: pd.DataFrame,
    split: pd.DataFrame,
    certificate: Mapping[str, Any],
    environment: Mapping[str, Any],
) -> None:
    """Writes what is known of a run before its training: clips.csv, split.csv, certificate.json, ...

    A run that goes on keeps the command that began it; those that took it up are listed beside. Raises
    UserError where it was begun on another split: what it trained on might be in the new test part.
    """
    before = run / "certificate.json"
    if before.is_file() and read_json(before)["split_hash"] != certificate["split_hash"]:
        raise UserError(f"{run}: was begun on another split of the data; begin a new run")
    # What a process left that was killed while it wrote.
    for left in [*run.glob(".*.part"), *run.glob("detector/.*.part")]:
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    begun = read_environment(run) if (run / "environment.json").is_file() else {}
    first = {key: begun[key] for key in ("command", "started") if key in begun}
    resumed = [*begun.get("resumed", []), environment["command"]] if begun else []
    write_json(run / "environment.json", {**environment, **first, "resumed": resumed})
    write_csv(run / "clips.csv", clips)
    write_csv(run / "split.csv", split)
    write_json(run / "certificate.json", certificate)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
