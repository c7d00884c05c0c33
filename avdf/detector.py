"""The detector: features + encoders + fusion as one network.

In the words of ASVspoof papers, features and encoder are the front end, fusion is the classification head,
fake is spoof, and real is bona fide.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from avdf.config.schema import ModelConfig
from avdf.encoders import ENCODERS
from avdf.errors import ConfigError
from avdf.features import FEATURES
from avdf.fusion import FUSIONS

MISFIT = "model: the features don't fit the encoder or the length of a crop"
SOURCES = {"audio": "waveform", "video": "frames"}  # modality: its key in a batch
# The keys of a batch that a detector looks at: its sources, and which clips have them.
BATCH_KEYS = (*SOURCES.values(), *(f"has_{modality}" for modality in SOURCES))


class Detector(nn.Module):
    """Scores clips: the higher the logit, the more likely the clip is fake.

    `extract` turns a batch into the inputs of the encoders, `forward` turns inputs into logits:

        logits = detector(detector.extract(batch))
    """

    def __init__(
        self,
        features: Mapping[str, nn.Module],
        encoders: Mapping[str, nn.Module],
        fusion: nn.Module,
        heads: Mapping[str, nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.features = nn.ModuleDict(features)
        self.encoders = nn.ModuleDict(encoders)
        self.fusion = fusion
        self.heads = nn.ModuleDict(heads or {})  # fusions of one modality each
        self.max_crops: int | None = None  # that a forward pass may take; None: any number

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
            # In float32 whatever the precision of the network: powers of quiet bins underflow in 16 bits.
            with torch.autocast(values.device.type, enabled=False):
                inputs[modality] = self.features[modality](values) if modality in self.features else values
            if f"has_{modality}" in batch:
                inputs[f"has_{modality}"] = batch[f"has_{modality}"]
        if not inputs:
            raise ValueError(f"the batch holds nothing for the encoders {', '.join(self.encoders)}")
        return inputs

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        *,
        with_vectors: bool = False,
        with_heads: bool = False,
        with_losses: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor] | tuple[Tensor, dict[str, Tensor]]:
        """Inputs of the encoders, as from `extract` -> (clip,) logits, or these and (clip, dim) vectors.

        The vectors are those of all encoders, in the order of the modalities' names. With `with_heads` the
        second is the (clip,) logits of the head of each modality. `with_losses` gives the (clip,) losses of a
        fusion that `learns_from_real` clips alone, instead of logits.
        """
        vectors, present = {}, {}
        for modality in SOURCES:
            if modality not in inputs:
                continue
            encoder: Any = self.encoders[modality]
            encode = encoder.steps if reads_steps(self.fusion) else encoder
            vectors[modality] = encode(inputs[modality])
            everyone = torch.ones(
                vectors[modality].shape[0], dtype=torch.bool, device=vectors[modality].device
            )
            present[modality] = inputs.get(f"has_{modality}", everyone)
        if with_losses:
            fusion: Any = self.fusion
            losses: Tensor = fusion.losses(vectors, present)
            return losses
        logits: Tensor = self.fusion(vectors, present)
        if with_vectors:
            return logits, torch.cat([vectors[name] for name in sorted(vectors)], dim=1)
        if with_heads:
            return logits, {
                name: head({name: vectors[name]}, {name: present[name]}) for name, head in self.heads.items()
            }
        return logits

    @property
    def learns_from_real(self) -> bool:
        """Whether the fusion has losses of its own, of clips of which nothing is fake."""
        return hasattr(self.fusion, "losses")

    def alone(self, modality: str) -> "Detector":
        """The same detector, given that modality alone; both share their weights."""
        return self._part(modality, self.fusion)

    def head(self, modality: str) -> "Detector":
        """The encoder and the head of one modality as a detector; both share their weights."""
        return self._part(modality, self.heads[modality])

    def weight(self, modality: str) -> "Detector":
        """The weight that a fusion with `weight_of` gives a modality, as a logit; weights are shared."""
        weight_of: Any = self.fusion.weight_of  # torch types every attribute of a module as a tensor
        part = Detector(dict(self.features.items()), dict(self.encoders.items()), weight_of(modality))
        part.max_crops = self.max_crops
        return part

    def _part(self, modality: str, fusion: nn.Module) -> "Detector":
        features = {name: module for name, module in self.features.items() if name == modality}
        part = Detector(features, {modality: self.encoders[modality]}, fusion)
        part.max_crops = self.max_crops
        return part


def reads_steps(fusion: nn.Module) -> bool:
    """Whether a fusion compares the encoders' steps, and so needs both modalities to say anything."""
    return bool(getattr(fusion, "reads_steps", False))


def compares(model: ModelConfig) -> bool:
    """Whether the fusion of a config `reads_steps`. Raises ConfigError for an unknown name."""
    name = str(model.fusion.get("name", ""))
    return bool(name) and bool(getattr(FUSIONS.get(name, "model.fusion").plugin_class, "reads_steps", False))


def build_detector(model: ModelConfig, sample_rate_hz: int, seconds: float = 1.0) -> Detector:
    """A new detector from its config, tried on a silent crop of `seconds`.

    Raises ConfigError with the dotted key.
    """
    detector = assemble(model, sample_rate_hz, seconds=seconds)
    if set(detector.encoders) == {"audio"}:
        _try_out(detector, round(seconds * sample_rate_hz))
    return detector


def assemble(
    model: ModelConfig, sample_rate_hz: int, device: str = "cpu", *, seconds: float = 1.0
) -> Detector:
    """A detector of crops of `seconds`, not tried out; on the device `meta` its weights take no memory.

    Raises ConfigError with the dotted key.
    """
    with torch.device(device):
        encoders = {
            modality: ENCODERS.build(settings, f"model.encoders.{modality}")
            for modality, settings in model.encoders.items()
        }
    for modality, encoder in encoders.items():
        if encoder.modality != modality:
            name = model.encoders[modality]["name"]
            raise ConfigError(f"model.encoders.{modality}.name: {name!r} is an encoder of {encoder.modality}")
    # Filter banks are computed from their values, which tensors on the device `meta` lack.
    features = {
        modality: FEATURES.build(settings, f"model.features.{modality}", {"sample_rate_hz": sample_rate_hz})
        for modality, settings in model.features.items()
        if modality in encoders
    }
    dims = {modality: encoder.dim for modality, encoder in encoders.items()}
    with torch.device(device):
        fusion = _fusion(model, encoders, seconds)
        if reads_steps(fusion) and model.heads != "joint":
            name = model.fusion["name"]
            raise ConfigError(f"model.heads: {model.heads} does not go with model.fusion {name!r}")
        heads = {
            modality: FUSIONS.build(model.fusion, "model.fusion", {"dims": {modality: dim}})
            for modality, dim in dims.items()
            if model.heads == "per_modality"
        }
    return Detector(features, encoders, fusion, heads).to(device)


def _fusion(model: ModelConfig, encoders: Mapping[str, Any], seconds: float) -> nn.Module:
    """The fusion of a config; one that reads steps is told the length of a crop. Raises ConfigError."""
    arguments: dict[str, Any] = {"dims": {modality: encoder.dim for modality, encoder in encoders.items()}}
    if compares(model):
        for modality, encoder in encoders.items():
            if not hasattr(encoder, "steps"):
                given = model.encoders[modality]["name"]
                raise ConfigError(
                    f"model.encoders.{modality}.name: {given!r} has no steps, "
                    f"which model.fusion {model.fusion['name']!r} compares"
                )
        arguments["seconds"] = seconds
    fusion: nn.Module = FUSIONS.build(model.fusion, "model.fusion", arguments)
    return fusion


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
        heads=model.heads,
    )


def _try_out(detector: Detector, num_samples: int) -> None:
    """Scores silence: features that don't fit the encoder or the crop are refused before any decoding."""
    try:
        with torch.no_grad():
            detector.eval()
            detector(detector.extract({"waveform": torch.zeros(1, num_samples)}))
    except (RuntimeError, ValueError) as error:
        raise ConfigError(f"{MISFIT}: {str(error).splitlines()[0]}") from error
    finally:
        detector.train()
