"""The content of detector.json: a typed, bounded schema, checked before anything is built from it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from avdf.config.bounds import check_at_least, check_between, check_positive, check_within
from avdf.config.calibration import Calibration
from avdf.config.evaluation import WHOLES, EvaluationConfig, Whole
from avdf.config.schema import DataConfig, FramesConfig, ModelConfig
from avdf.config.strict import strictly_typed
from avdf.config.training_sound import TrainingSound
from avdf.errors import ConfigError, UserError
from avdf.files import read_json

FACTS_NAME = "detector.json"
FORMAT_VERSION = 1
MAX_DETECTOR_JSON_BYTES = 1 << 20
_ABOVE_ALL_SCORES = 1.000001  # the highest threshold: scores are at most 1


@dataclass(frozen=True, kw_only=True)
class SavedThreshold:
    """The frozen threshold, and the rule and the clips that it was chosen by."""

    value: float
    beta: float
    prevalence: float
    split: str
    num_clips: int
    num_identities: int
    name: str
    ci: list[float | None]
    warnings: list[str]

    def __post_init__(self) -> None:
        check_within(self, "value", lowest=0, highest=_ABOVE_ALL_SCORES)
        check_positive(self, "beta")
        check_between(self, "prevalence")
        check_at_least(self, "num_clips", "num_identities", lowest=0)
        if len(self.ci) != 2:
            raise ValueError(f"ci must hold the two ends of an interval, got {len(self.ci)} values")


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """Which plugins the detector is made of, with all their settings; see ModelConfig."""

    features: dict[str, dict[str, Any]]
    encoders: dict[str, dict[str, Any]]
    fusion: dict[str, Any]
    heads: Literal["joint", "per_modality"] = "joint"

    def __post_init__(self) -> None:
        self.as_config()

    def as_config(self) -> ModelConfig:
        return ModelConfig(
            features=self.features, encoders=self.encoders, fusion=self.fusion, heads=self.heads
        )


@dataclass(frozen=True, kw_only=True)
class SavedFrames:
    """Which frames of a crop the detector looks at; see FramesConfig."""

    num_frames: int
    height: int
    width: int
    per_second: float
    crop: Literal["centre", "face"] = "centre"

    def __post_init__(self) -> None:
        self.as_config()

    def as_config(self) -> FramesConfig:
        return FramesConfig(
            num_frames=self.num_frames,
            height=self.height,
            width=self.width,
            per_second=self.per_second,
            crop=self.crop,
        )


@dataclass(frozen=True, kw_only=True)
class Hashes:
    """sha256 in hex: of the weights file, and of the clip table that the detector was trained on."""

    weights: str
    data: str = ""


@dataclass(frozen=True, kw_only=True)
class DetectorFacts:
    """All that scoring needs to know of a detector, besides its weights."""

    format_version: int
    positive: Literal["fake"]
    model: SavedModel
    threshold: SavedThreshold
    target: Literal["audio", "video", "any"]
    sample_rate_hz: int
    seconds: float  # of a crop
    skip_start_s: float  # dropped at the start of every clip
    num_crops: int  # per clip
    groups: list[str]  # the columns that the detector was audited by
    seed: int
    hashes: Hashes
    whole: Whole = "mean"  # how the logits of the crops become that of the clip: EvaluationConfig.whole
    # Detectors that were saved before these were known lack them.
    thresholds: dict[str, SavedThreshold] = field(default_factory=dict)  # of other ways than `whole`
    calibration: Calibration | None = None
    calibration_reason: str = ""  # why there is none
    training_sound: TrainingSound | None = None
    frames: SavedFrames | None = None  # of a detector with a video encoder

    def __post_init__(self) -> None:
        # The bounds of an experiment's config hold for a saved detector, too.
        DataConfig(sample_rate_hz=self.sample_rate_hz, seconds=self.seconds, skip_start_s=self.skip_start_s)
        EvaluationConfig(num_crops=self.num_crops)
        for name in self.thresholds:
            if name not in WHOLES:
                raise ValueError(f"thresholds.{name[:20]!a} is none of {', '.join(WHOLES)}")
        check_at_least(self, "seed", lowest=0)
        if "video" in self.model.encoders and self.frames is None:
            raise ValueError(
                "frames: a detector with a video encoder needs those of its training; add num_frames, "
                "height, width and per_second of data.frames in its run's config.yaml, or train it again"
            )


def read_detector_json(path: Path) -> DetectorFacts:
    """Reads and checks a detector.json of at most 1 MiB. Raises UserError with the file and the key."""
    content = read_json(path, max_bytes=MAX_DETECTOR_JSON_BYTES)
    version = content.get("format_version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise UserError(f"{path}: format {version!r:.40}; this avdf reads {FORMAT_VERSION}")
    return detector_facts_of(content, path)


def detector_facts_of(content: dict[str, Any], path: Path) -> DetectorFacts:
    """The checked content of a detector.json; `path` is for the messages. Raises UserError."""
    try:
        return strictly_typed(DetectorFacts, content, path.name)
    except ConfigError as error:
        raise UserError(f"{path.parent}: {error}; give a folder that avdf has written") from error
