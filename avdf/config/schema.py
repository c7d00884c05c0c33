"""Every setting of an experiment with its default, unit and bounds; a plugin keeps its own."""

from dataclasses import dataclass, field
from typing import Any, Literal

Plugin = dict[str, Any]  # {"name": ..., and the settings of the plugin of that name}


@dataclass(frozen=True, kw_only=True)
class SplitConfig:
    """How the clips are parted; see "Splits" in docs/splits.md."""

    name: Literal["voice", "strict", "source", "clip", "leave_group_out", "leave_method_out", "file"] = (
        "voice"
    )
    validation: float = 0.15  # share of the clips
    test: float = 0.15  # share of the clips
    folds: int | None = None  # cross-validation: that many parts, `fold` is the test part
    fold: int = 0
    group: dict[str, str] | None = None  # leave_group_out, as in {race: African}
    methods: list[str] = field(default_factory=list)  # leave_method_out
    num_train_per_class: int | None = None  # clip: exactly as many real and as many fake clips to train
    num_train_voices: int | None = None  # voice, strict: exactly as many people to train, the rest validate
    path: str | None = None  # file: a CSV with the columns clip, split

    def __post_init__(self) -> None:
        for key in ("validation", "test"):
            if not 0 <= getattr(self, key) < 1:
                raise ValueError(f"{key} must be a share from 0 to below 1, got {getattr(self, key)}")
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation and test leave nothing to train on: {self.validation} + {self.test}"
            )
        if self.folds is not None and self.folds < 3:
            raise ValueError(f"folds must be >= 3 (train, validation, test), got {self.folds}")
        if self.folds is not None and self.name not in ("voice", "strict"):
            raise ValueError(f"folds go with name: voice or strict, got name: {self.name}")
        if not 0 <= self.fold < (self.folds or 1):
            raise ValueError(f"fold must be from 0 to {(self.folds or 1) - 1}, got {self.fold}")
        if (self.name == "leave_group_out") != bool(self.group):
            raise ValueError(
                "group, as in group: {race: African}, goes with name: leave_group_out and only there"
            )
        if (self.name == "leave_method_out") != bool(self.methods):
            raise ValueError("methods, a list, goes with name: leave_method_out and only there")
        if (self.name == "file") != (self.path is not None):
            raise ValueError("path, a CSV of clip and split, goes with name: file and only there")
        if self.num_train_per_class is not None and self.name != "clip":
            raise ValueError(f"num_train_per_class goes with name: clip, got name: {self.name}")
        if self.num_train_voices is not None and (self.name not in ("voice", "strict") or self.folds):
            raise ValueError("num_train_voices goes with name: voice or strict, without folds")
        for key in ("num_train_per_class", "num_train_voices"):
            if getattr(self, key) is not None and getattr(self, key) < 1:
                raise ValueError(f"{key} must be >= 1, got {getattr(self, key)}")


@dataclass(frozen=True, kw_only=True)
class FramesConfig:
    """Which pictures of a clip a video encoder sees; read only where one is configured."""

    num_frames: int = 8  # evenly spaced over the seconds of the waveform
    height: int = 224
    width: int = 224


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    root: str = "demo"  # a FakeAVCeleb folder, or `demo`: a made-up dataset, made on first use
    cache: str = "cache"  # where decoded audio (and the demo data) is kept
    target: Literal["audio", "video", "any"] = "audio"  # which label is_fake is
    seconds: float = 4.0  # of a training crop and of each scored crop
    sample_rate_hz: int = 16000
    skip_start_s: float = 0.0  # dropped at the start of every clip alike, real or fake
    workers: int = 0  # processes that read batches; 0 reads in the training's own
    decode_workers: int | None = None  # processes that decode media; one a core where left out
    one_per_track: bool | None = None  # train on each recording once; by default where target is audio
    split: SplitConfig = field(default_factory=SplitConfig)
    frames: FramesConfig = field(default_factory=FramesConfig)

    def __post_init__(self) -> None:
        if not 0.1 <= self.seconds <= 60:
            raise ValueError(f"seconds must be from 0.1 to 60, got {self.seconds}")
        if not 4000 <= self.sample_rate_hz <= 48000:
            raise ValueError(f"sample_rate_hz must be from 4000 to 48000, got {self.sample_rate_hz}")
        if not 0 <= self.skip_start_s <= 10:
            raise ValueError(f"skip_start_s must be from 0 to 10, got {self.skip_start_s}")
        if self.workers < 0:
            raise ValueError(f"workers must be >= 0, got {self.workers}")
        if self.decode_workers is not None and self.decode_workers < 1:
            raise ValueError(f"decode_workers must be >= 1 or left out, got {self.decode_workers}")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Which plugins a detector is made of."""

    features: dict[str, Plugin] = field(default_factory=lambda: {"audio": {"name": "log_mel"}})
    augment: dict[str, Plugin | None] = field(default_factory=dict)  # by name, in this order; null: off
    encoders: dict[str, Plugin] = field(default_factory=dict)  # by modality: audio, video
    fusion: Plugin = field(default_factory=lambda: {"name": "concat"})

    def __post_init__(self) -> None:
        if not self.encoders:
            raise ValueError("encoders: name at least one, as in encoders: {audio: {name: audio_cnn}}")
        for slot, known in (("encoders", ("audio", "video")), ("features", ("audio",))):
            for modality in getattr(self, slot):
                if modality not in known:
                    raise ValueError(f"{slot}.{modality}: unknown modality (have: {', '.join(known)})")

    @property
    def reads_frames(self) -> bool:
        """Whether an encoder looks at the frames of the video."""
        return "video" in self.encoders


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    epochs: int = 20
    batch_size: int = 32  # clips
    learning_rate: float = 3e-4  # the highest, reached after the warm-up
    weight_decay: float = 0.01
    warmup_share: float = 0.1  # of all steps
    max_grad_norm: float = 1.0
    balance: Literal["none", "class", "group_class", "track"] = "class"  # what counts alike in the loss
    loss: Literal["bce", "focal", "group_dro", "daw_fdd", "dag_fdd"] = "bce"  # see docs/training.md
    checkpoint: Literal["f2", "auc", "worst_group_f2", "last"] = "f2"  # which epoch's weights are kept
    crops_per_clip: int = 1  # random crops of each clip in an epoch
    patience: int | None = None  # epochs without a better validation F2 before an early stop
    precision: Literal["no", "bf16", "fp16"] = "no"
    compile: bool = False  # torch.compile the network: minutes at the start, faster steps after it
    save_every_minutes: float = 10.0  # a state within a long epoch, beside one at its end

    def __post_init__(self) -> None:
        for key in ("epochs", "batch_size", "crops_per_clip"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} must be >= 1, got {getattr(self, key)}")
        for key in ("learning_rate", "max_grad_norm"):
            if not getattr(self, key) > 0:
                raise ValueError(f"{key} must be > 0, got {getattr(self, key)}")
        if not 0 <= self.warmup_share < 1:
            raise ValueError(f"warmup_share must be from 0 to below 1, got {self.warmup_share}")
        if self.weight_decay < 0:
            raise ValueError(f"weight_decay must be >= 0, got {self.weight_decay}")
        if self.patience is not None and self.patience < 1:
            raise ValueError(f"patience must be >= 1 or left out, got {self.patience}")
        if self.patience is not None and self.checkpoint == "last":
            raise ValueError("patience waits for a better epoch; with checkpoint: last every epoch is better")
        if not self.save_every_minutes > 0:
            raise ValueError(f"save_every_minutes must be > 0, got {self.save_every_minutes}")

    def fairness(self) -> dict[str, str]:
        """The settings that can make a training fairer, which every report names."""
        return {"balance": self.balance, "checkpoint": self.checkpoint, "loss": self.loss}


@dataclass(frozen=True, kw_only=True)
class ThresholdConfig:
    """`f_beta`: the best F-beta; `missed_fakes`: the highest that misses at most `at_most` of the fakes."""

    name: Literal["f_beta", "missed_fakes"] = "f_beta"
    max_fpr: float | None = None  # f_beta: only among thresholds with at most this validation FPR
    at_most: float | None = None  # missed_fakes: the bound on the share of missed fakes, with 95 % confidence

    def __post_init__(self) -> None:
        if (self.name == "missed_fakes") != (self.at_most is not None):
            raise ValueError("at_most, as in at_most: 0.05, goes with name: missed_fakes and only there")
        for key in ("max_fpr", "at_most"):
            value = getattr(self, key)
            if value is not None and not 0 < value < 1:
                raise ValueError(f"{key} must be a share between 0 and 1, got {value}")


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    beta: float = 2.0  # a missed fake counts beta^2 times as much as a false accusation
    prevalence: float = 0.5  # the share of fakes that F-beta is computed for
    groups: list[str] = field(default_factory=lambda: ["race", "gender"])
    threshold: ThresholdConfig = field(default_factory=ThresholdConfig)
    num_crops: int = 4  # evenly spaced over a clip; its score is their mean
    batch_size: int = 64  # crops

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise ValueError(f"beta must be > 0, got {self.beta}")
        if not 0 < self.prevalence < 1:
            raise ValueError(f"prevalence must be between 0 and 1, got {self.prevalence}")
        for key in ("num_crops", "batch_size"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} must be >= 1, got {getattr(self, key)}")


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    dir: str | None = None  # by default runs/<config>/<time>
    trackers: list[str] = field(default_factory=lambda: ["tensorboard"])


@dataclass(frozen=True, kw_only=True)
class Config:
    """One experiment. Defaults live here and beside each plugin, nowhere else."""

    seed: int = 0
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, got {self.seed}")
