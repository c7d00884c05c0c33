"""Features + encoders + fusion: one network, saved and loaded as one folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from avdf.config.schema import ModelConfig
from avdf.encoders import ENCODERS
from avdf.errors import ConfigError, UserError
from avdf.features import FEATURES
from avdf.files import file_hash, write_json, write_with
from avdf.fusion import FUSIONS

FORMAT_VERSION = 1
WEIGHTS_NAME, FACTS_NAME = "detector.safetensors", "detector.json"
SOURCES = {"audio": "waveform", "video": "frames"}  # modality: its key in a batch


class Detector(nn.Module):
    """Scores clips: the higher the logit, the more likely the clip is fake.

    `extract` turns a batch into the inputs of the encoders, `forward` turns inputs into logits:

        logits = detector(detector.extract(batch))
    """

    def __init__(
        self, features: Mapping[str, nn.Module], encoders: Mapping[str, nn.Module], fusion: nn.Module
    ) -> None:
        super().__init__()
        self.features = nn.ModuleDict(features)
        self.encoders = nn.ModuleDict(encoders)
        self.fusion = fusion

    def extract(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Batch -> `audio` (clip, bin, frame), `video` (clip, frame, 3, height, width), for each encoder.

        A batch holds `waveform` (clip, sample), `frames` or both. `has_audio`, `has_video` (clip,) bool mark
        the clips that have that modality; where they are left out, all do. Raises ValueError if the batch
        holds nothing for any encoder.
        """
        inputs = {}
        for modality, source in SOURCES.items():
            if modality not in self.encoders or source not in batch:
                continue
            values = batch[source]
            inputs[modality] = self.features[modality](values) if modality in self.features else values
            if f"has_{modality}" in batch:
                inputs[f"has_{modality}"] = batch[f"has_{modality}"]
        if not inputs:
            raise ValueError(f"the batch holds nothing for the encoders {', '.join(self.encoders)}")
        return inputs

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Inputs of the encoders, as from `extract` -> (clip,) logits"""
        vectors, present = {}, {}
        for modality in SOURCES:
            if modality not in inputs:
                continue
            vectors[modality] = self.encoders[modality](inputs[modality])
            everyone = torch.ones(len(vectors[modality]), dtype=torch.bool, device=vectors[modality].device)
            present[modality] = inputs.get(f"has_{modality}", everyone)
        logits: Tensor = self.fusion(vectors, present)
        return logits


def build_detector(model: ModelConfig, sample_rate_hz: int) -> Detector:
    """A new detector from its config. Raises ConfigError with the dotted key."""
    encoders = {
        modality: ENCODERS.build(settings, f"model.encoders.{modality}")
        for modality, settings in model.encoders.items()
    }
    for modality, encoder in encoders.items():
        if encoder.modality != modality:
            name = model.encoders[modality]["name"]
            raise ConfigError(f"model.encoders.{modality}.name: {name!r} is an encoder of {encoder.modality}")
    features = {
        modality: FEATURES.build(settings, f"model.features.{modality}", sample_rate_hz=sample_rate_hz)
        for modality, settings in model.features.items()
        if modality in encoders
    }
    dims = {modality: encoder.dim for modality, encoder in encoders.items()}
    fusion = FUSIONS.build(model.fusion, "model.fusion", dims=dims)
    detector = Detector(features, encoders, fusion)
    if set(encoders) == {"audio"}:
        _try_out(detector, sample_rate_hz)
    return detector


def resolve_model(model: ModelConfig) -> ModelConfig:
    """The same config with every default of every plugin written out. Raises ConfigError."""
    return ModelConfig(
        features={
            key: FEATURES.resolve(value, f"model.features.{key}") for key, value in model.features.items()
        },
        augment=model.augment,
        encoders={
            key: ENCODERS.resolve(value, f"model.encoders.{key}") for key, value in model.encoders.items()
        },
        fusion=FUSIONS.resolve(model.fusion, "model.fusion"),
    )


def save_detector(detector: Detector, folder: Path, facts: Mapping[str, Any]) -> None:
    """Writes detector.safetensors, then detector.json (with the hash of the weights): nothing pickled.

    `facts` holds what detector.json says beside: model, threshold, sample_rate_hz, seconds, ...
    """
    weights = folder / WEIGHTS_NAME
    state = {name: value.detach().cpu().contiguous() for name, value in detector.state_dict().items()}
    write_with(weights, lambda part: save_file(state, part))
    hashes = {**facts.get("hashes", {}), "weights": file_hash(weights)}
    write_json(
        folder / FACTS_NAME,
        {**facts, "format_version": FORMAT_VERSION, "positive": "fake", "hashes": hashes},
    )


def load_detector(folder: Path) -> tuple[Detector, dict[str, Any]]:
    """A saved detector in evaluation mode, and its facts. Needs no data and fetches no weights.

    Raises UserError where the folder is no detector, or one whose weights were changed.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS_NAME).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder}: no detector there; give the folder detector/ of a run") from error
    if facts.get("format_version") != FORMAT_VERSION:
        raise UserError(
            f"{folder / FACTS_NAME}: format {facts.get('format_version')!r}; this avdf reads {FORMAT_VERSION}"
        )
    weights = folder / WEIGHTS_NAME
    if not weights.is_file() or file_hash(weights) != facts["hashes"]["weights"]:
        raise UserError(f"{weights}: missing or not the weights that {FACTS_NAME} was written with")
    saved = facts["model"]
    model = ModelConfig(
        features=saved["features"],
        encoders={modality: _without_weights(settings) for modality, settings in saved["encoders"].items()},
        fusion=saved["fusion"],
    )
    detector = build_detector(model, facts["sample_rate_hz"])
    try:
        detector.load_state_dict(load_file(weights))
    except (RuntimeError, SafetensorError) as error:
        raise UserError(f"{weights}: does not fit the model in {FACTS_NAME}") from error
    return detector.eval(), facts


def _without_weights(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Pretrained weights only start a training; a saved detector brings its own."""
    return {**settings, "weights": "none"} if "weights" in settings else dict(settings)


def _try_out(detector: Detector, sample_rate_hz: int) -> None:
    """One second of silence through the network: what does not fit is said before anything is decoded."""
    try:
        with torch.no_grad():
            detector.eval()
            detector(detector.extract({"waveform": torch.zeros(1, sample_rate_hz)}))
    except (RuntimeError, ValueError) as error:
        raise ConfigError(
            f"model: the features don't fit the encoder: {str(error).splitlines()[0]}"
        ) from error
    finally:
        detector.train()
