"""A detector as a folder: detector.safetensors and detector.json. Nothing is pickled, nothing is downloaded.

An untrusted folder is checked before memory is allocated for it: detector.json by its schema, the
names and sizes of the weights by the header of their file, the size of a crop on a short silence.
"""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from avdf.config.detector_json import (
    FACTS_NAME,
    FORMAT_VERSION,
    DetectorFacts,
    SavedFrames,
    detector_facts_of,
    read_detector_json,
)
from avdf.config.schema import ModelConfig
from avdf.config.strict import strictly_typed
from avdf.detector import MISFIT, Detector, assemble
from avdf.encoders import ENCODERS
from avdf.errors import ConfigError, UserError
from avdf.features import FEATURES
from avdf.files import file_hash, json_text, write_json
from avdf.fusion import FUSIONS
from avdf.registry import Registry
from avdf.weight_files import check_weights, finite_weights, save_weights

WEIGHTS_NAME = "detector.safetensors"
MAX_CROP_BYTES = 512 << 20  # the largest tensor while one crop is scored


def save_detector(detector: Detector, folder: Path, facts: Mapping[str, Any]) -> None:
    """Writes the weights, then detector.json with their hash.

    `facts` holds what DetectorFacts names, except format_version, positive and the hash of the weights.
    Raises UserError if the schema of detector.json refuses them.
    """
    weights = folder / WEIGHTS_NAME
    save_weights(detector.state_dict(), weights)
    hashes = {**facts.get("hashes", {}), "weights": file_hash(weights)}
    content = {**facts, "format_version": FORMAT_VERSION, "positive": "fake", "hashes": hashes}
    path = folder / FACTS_NAME
    detector_facts_of(json.loads(json_text(content)), path)
    write_json(path, content)


def check_holds_detector(folder: Path) -> None:
    """Raises UserError if the folder holds no detector; what is in it is not checked."""
    if not (folder / FACTS_NAME).exists():
        raise UserError(f"{folder}: no detector there; give the folder detector/ of a run")


def load_detector(folder: Path) -> tuple[Detector, DetectorFacts]:
    """A saved detector in evaluation mode, and what detector.json says. Needs no data and no network.

    Raises UserError if the folder holds no detector, one that was changed, or one beyond the limits of
    docs/limits.md.
    """
    check_holds_detector(folder)
    facts = read_detector_json(folder / FACTS_NAME)
    weights = folder / WEIGHTS_NAME
    try:
        model = _without_pretrained_weights(facts)
        outline = _outline(model, facts)
    except ConfigError as error:
        raise UserError(f"{folder / FACTS_NAME}: {error}") from error
    check_weights(weights, outline.state_dict(), FACTS_NAME)
    if file_hash(weights) != facts.hashes.weights:
        raise UserError(f"{weights}: not the weights that {FACTS_NAME} was written with")
    detector = assemble(model, facts.sample_rate_hz, seconds=facts.seconds).eval()
    detector.load_state_dict(finite_weights(weights))
    try:
        detector.max_crops = _max_crops(detector, facts)
    except ConfigError as error:
        raise UserError(f"{folder / FACTS_NAME}: {error}") from error
    return detector, facts


def _without_pretrained_weights(facts: DetectorFacts) -> ModelConfig:
    """The config of a saved model, its plugins' settings checked, without pretrained weights.

    Pretrained weights only initialise a training, and the default could download them. Raises ConfigError.
    """
    saved = facts.model
    return ModelConfig(
        features={
            key: _checked(FEATURES, value, f"model.features.{key}") for key, value in saved.features.items()
        },
        encoders={
            key: _checked(ENCODERS, value, f"model.encoders.{key}") for key, value in saved.encoders.items()
        },
        fusion=_checked(FUSIONS, saved.fusion, "model.fusion"),
        heads=saved.heads,
    )


def _checked(registry: Registry, settings: Mapping[str, Any], key: str) -> dict[str, Any]:
    name = settings.get("name")
    if not isinstance(name, str):
        raise ConfigError(f"{key}.name: name one {registry.kind} (have: {', '.join(registry.names())})")
    config_class = registry.get(name, key).config_class
    options = {field: value for field, value in settings.items() if field != "name"}
    if "weights" in {field.name for field in dataclasses.fields(config_class)}:
        options["weights"] = "none"
    strictly_typed(config_class, options, key)
    return {"name": name, **options}


def _outline(model: ModelConfig, facts: DetectorFacts) -> Detector:
    """A detector whose weights have names, shapes and types, but take no memory. Raises ConfigError.

    Plugins of other packages that cannot be built so are built in memory: whoever installed them trusts them.
    """
    try:
        return assemble(model, facts.sample_rate_hz, "meta", seconds=facts.seconds)
    except ConfigError:
        raise
    except (RuntimeError, ValueError, TypeError):
        return assemble(model, facts.sample_rate_hz, seconds=facts.seconds)


class _LargestTensor(TorchFunctionMode):
    """Notes the size of the largest tensor that any operation returns."""

    num_bytes = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.num_bytes = max(self.num_bytes, result.numel() * result.element_size())
        return result


def _max_crops(detector: Detector, facts: DetectorFacts) -> int:
    """How many crops a forward pass may take so that its largest tensor keeps to MAX_CROP_BYTES.

    Raises ConfigError if not even one crop fits.
    """
    crop_bytes = 0
    if "audio" in detector.encoders:
        crop_bytes = _sound_bytes(detector, round(facts.seconds * facts.sample_rate_hz))
    if facts.frames is not None:
        crop_bytes = max(crop_bytes, _picture_bytes(detector, facts.frames))
    if crop_bytes > MAX_CROP_BYTES:
        size, limit = (f"{num_bytes >> 20} MiB" for num_bytes in (crop_bytes, MAX_CROP_BYTES))
        raise ConfigError(f"model: scoring a crop takes a tensor of about {size}, more than {limit}")
    return MAX_CROP_BYTES // max(crop_bytes, 1)


def _sound_bytes(detector: Detector, num_samples: int) -> int:
    """The largest tensor of a crop of sound: measured on the shortest silence that the features accept.

    From a hundredth of a crop on, and scaled to the length of a crop.
    """
    for length in (num_samples // 100, num_samples // 10, num_samples):
        try:
            with torch.inference_mode(), _LargestTensor() as largest:
                detector(detector.extract({"waveform": torch.zeros(1, max(length, 1))}))
            break
        except (RuntimeError, ValueError) as error:
            if length == num_samples:
                raise ConfigError(f"{MISFIT}: {str(error).splitlines()[0]}") from error
    return int(largest.num_bytes * num_samples / max(length, 1))


def _picture_bytes(detector: Detector, frames: SavedFrames) -> int:
    """The largest tensor of a crop of frames: measured on one black frame, scaled to their number."""
    as_floats = 4 * 3 * frames.height * frames.width
    if frames.num_frames * as_floats > MAX_CROP_BYTES:
        return frames.num_frames * as_floats
    black = torch.zeros(1, 1, 3, frames.height, frames.width, dtype=torch.uint8)
    try:
        with torch.inference_mode(), _LargestTensor() as largest:
            detector(detector.extract({"frames": black}))
    except (RuntimeError, ValueError) as error:
        raise ConfigError(f"{MISFIT}: {str(error).splitlines()[0]}") from error
    return int(frames.num_frames * max(largest.num_bytes, as_floats))
