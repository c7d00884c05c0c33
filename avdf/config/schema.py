"""Every setting of an experiment with its default, unit and bounds, except the settings of plugins."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from avdf.config.bounds import check_at_least, check_positive, check_share, check_within
from avdf.config.channel_copies import ChannelCopiesConfig
from avdf.config.evaluation import EvaluationConfig
from avdf.config.sources import PATH, FakesConfig, SpeakersConfig
from avdf.config.training import TrainConfig

Plugin = dict[str, Any]  # {"name": ..., and the settings of the plugin of that name}
SplitRule = Literal[
    "voice",
    "strict",
    "face",
    "source",
    "clip",
    "leave_group_out",
    "leave_method_out",
    "leave_corpus_out",
    "leave_attack_out",
    "official",
    "file",
]
SPLIT_RULES: tuple[str, ...] = get_args(SplitRule)
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class SplitConfig:
    """How the clips are divided into train, validation and test; docs/splits.md describes each rule."""

    name: SplitRule = "voice"
    validation: float = 0.15  # share of the clips, 0 <= share < 1
    test: float = 0.15  # share of the clips, 0 <= share < 1
    folds: int | None = None  # cross-validation with that many folds (>= 3); `fold` is the test split
    fold: int = 0  # from 0
    group: dict[str, str] | None = None  # leave_group_out, as in {race: African}
    methods: list[str] = field(default_factory=list)  # leave_method_out
    corpora: list[str] = field(default_factory=list)  # leave_corpus_out: these are test
    attacks: list[str] = field(default_factory=list)  # leave_attack_out: in test alone; fakers, too
    num_train_per_class: int | None = None  # clip: exactly as many real and as many fake clips to train
    num_train_voices: int | None = None  # voice, strict: exactly as many people to train, the rest validate
    path: str | None = field(default=None, metadata={PATH: True})  # file: a CSV with the columns clip, split

    def __post_init__(self) -> None:
        check_share(self, "validation", "test")
        check_at_least(self, "num_train_per_class", "num_train_voices")
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation and test leave nothing to train on: {self.validation} + {self.test}"
            )
        self._check_folds()
        if (self.name == "leave_group_out") != bool(self.group):
            raise ValueError(
                "group, as in group: {race: African}, goes with name: leave_group_out and only there"
            )
        if (self.name == "leave_method_out") != bool(self.methods):
            raise ValueError("methods, a list, goes with name: leave_method_out and only there")
        if (self.name == "leave_corpus_out") != bool(self.corpora):
            raise ValueError("corpora, a list, goes with name: leave_corpus_out and only there")
        if (self.name == "leave_attack_out") != bool(self.attacks):
            raise ValueError("attacks, a list, goes with name: leave_attack_out and only there")
        if (self.name == "file") != (self.path is not None):
            raise ValueError("path, a CSV of clip and split, goes with name: file and only there")
        if self.num_train_per_class is not None and self.name != "clip":
            raise ValueError(f"num_train_per_class goes with name: clip, got name: {self.name}")
        if self.num_train_voices is not None and (self.name not in ("voice", "strict") or self.folds):
            raise ValueError("num_train_voices goes with name: voice or strict, without folds")

    def _check_folds(self) -> None:
        if self.folds is not None and self.folds < 3:
            raise ValueError(f"folds must be >= 3 (train, validation, test), got {self.folds}")
        if self.folds is not None and self.name not in ("voice", "strict", "face", "leave_attack_out"):
            known = "voice, strict, face or leave_attack_out"
            raise ValueError(f"folds go with name: {known}, got name: {self.name}")
        check_within(self, "fold", lowest=0, highest=(self.folds or 1) - 1)


@dataclass(frozen=True, kw_only=True)
class FramesConfig:
    """Which frames of a clip a video encoder receives; decoded once, and only if one is configured.

    The nearest of those that are kept, `per_second` of the clip: at most half of 1 / per_second away.
    """

    num_frames: int = 8  # evenly spaced over the seconds of the waveform, 1 to 512
    per_second: float = 4.0  # frames of each second that are decoded and kept, 0.1 to 60
    max_gb: float = 100.0  # of all kept frames; more is refused before any is decoded; > 0
    height: int = 224  # pixels, 8 to 4096
    width: int = 224  # pixels, 8 to 4096
    reader: Literal["pyav", "decord"] = "pyav"  # the same frames by either; decord needs its package
    # centre: the whole picture, for clips that are cropped to faces; face: the square around it, avdf[faces]
    crop: Literal["centre", "face"] = "centre"

    def __post_init__(self) -> None:
        check_within(self, "num_frames", lowest=1, highest=512)
        check_within(self, "height", "width", lowest=8, highest=4096)
        check_within(self, "per_second", lowest=0.1, highest=60)
        check_positive(self, "max_gb")

    @property
    def frame_bytes(self) -> int:
        """The size of a frame: 8 bits for each of three colours of a pixel."""
        return 3 * self.height * self.width


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which clips, and how their sound is read."""

    # the folder of the corpus, or `demo`: a made-up data set, made on first use
    root: str = field(default="demo", metadata={PATH: True})
    corpus: str = "fakeavceleb"  # a plugin of avdf.corpora: how the folder is read
    sources: list[Plugin] = field(default_factory=list)  # several corpora at once, instead of root and corpus
    table: dict[str, Any] = field(default_factory=dict)  # of corpus: table; see avdf/corpora/table.py
    speakers: SpeakersConfig = field(default_factory=SpeakersConfig)  # a table of people
    fakes: FakesConfig = field(default_factory=FakesConfig)  # copies of the real clips, to train with
    # training clips through channels, made once
    channel_copies: ChannelCopiesConfig = field(default_factory=ChannelCopiesConfig)
    neural_codec_is: Literal["fake", "bona_fide"] = "fake"  # what real speech after a neural codec counts as
    # where decoded audio (and the demo data) is kept
    cache: str = field(default="cache", metadata={PATH: True})
    target: Literal["audio", "video", "any"] = "audio"  # which label is_fake is
    seconds: float = 4.0  # of a training crop and of each scored crop; 0.1 to 60
    sample_rate_hz: int = 16000  # 4000 to 48000
    skip_start_s: float = 0.0  # dropped at the start of every clip, real or fake; 0 to 10
    workers: int | None = None  # processes that read batches, >= 0; default: none, on a GPU up to 8
    decode_workers: int | None = None  # processes that decode media, >= 1; default: one per core
    one_per_track: bool | None = None  # train on each recording once; default: if target is audio
    split: SplitConfig = field(default_factory=SplitConfig)
    frames: FramesConfig = field(default_factory=FramesConfig)

    def __post_init__(self) -> None:
        check_within(self, "seconds", lowest=0.1, highest=60)
        check_within(self, "sample_rate_hz", lowest=4000, highest=48000)
        check_within(self, "skip_start_s", lowest=0, highest=10)
        check_at_least(self, "workers", lowest=0)
        check_at_least(self, "decode_workers")
        if self.sources and (self.root, self.corpus, self.table, self.speakers.path) != (
            *("demo", "fakeavceleb", {}, None),
        ):
            raise ValueError("sources name their own root, settings and speakers; leave those of data out")
        self._check_corpus_fakes()
        if self.fakes.is_used and bool(self.sources) != bool(self.fakes.roots):
            raise ValueError("fakes.roots, {ALIAS: DIR}, goes with sources and only there; else fakes.root")

    def _check_corpus_fakes(self) -> None:
        for name in self.fakes.corpus_fakes_in or ():
            if name not in SPLITS:
                raise ValueError(f"fakes.corpus_fakes_in must list some of {', '.join(SPLITS)}, got {name!r}")
        for name in SPLITS[1:]:
            if not self.fakes.uses_corpus_fakes(name) and not getattr(self.fakes, f"in_{name}"):
                raise ValueError(
                    f"fakes.corpus_fakes_in: without {name} that split has no fakes; set fakes.in_{name}=true"
                )


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Which plugins a detector is made of."""

    features: dict[str, Plugin] = field(default_factory=lambda: {"audio": {"name": "log_mel"}})
    augment: dict[str, Plugin | None] = field(default_factory=dict)  # by name, in this order; null: off
    encoders: dict[str, Plugin] = field(default_factory=dict)  # by modality: audio, video
    fusion: Plugin = field(default_factory=lambda: {"name": "concat"})
    # per_modality: beside the joint head one that finds fake sound and one that finds fake pictures
    heads: Literal["joint", "per_modality"] = "joint"

    def __post_init__(self) -> None:
        if not self.encoders:
            raise ValueError("encoders: name at least one, as in encoders: {audio: {name: audio_cnn}}")
        for slot, known in (("encoders", ("audio", "video")), ("features", ("audio",))):
            for modality in getattr(self, slot):
                if modality not in known:
                    raise ValueError(f"{slot}.{modality}: unknown modality (have: {', '.join(known)})")
        if self.heads == "per_modality" and len(self.encoders) < 2:
            raise ValueError("heads: per_modality needs encoders of both audio and video")

    @property
    def reads_frames(self) -> bool:
        """Whether an encoder looks at the frames of the video."""
        return "video" in self.encoders


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Where the results go, and how the work is divided."""

    dir: str | None = field(default=None, metadata={PATH: True})  # default: runs/<config>/<time>
    trackers: list[str] = field(default_factory=lambda: ["tensorboard"])  # of Accelerate; [] for none
    all_folds: bool = False  # train every fold of data.split.folds and audit all people together
    each_attack_out: bool = False  # leave out each attack in turn, beside a run on all of them
    parallel_folds: int | None = None  # side by side, >= 1; default: by cores and memory, on a GPU 1
    # CPU threads of PyTorch, >= 1; default: PyTorch's, one per core, and of all_folds 1 per fold
    threads: int | None = None

    def __post_init__(self) -> None:
        check_at_least(self, "parallel_folds", "threads")
        if self.all_folds and self.each_attack_out:
            raise ValueError("all_folds and each_attack_out: give one of them")


@dataclass(frozen=True, kw_only=True)
class Config:
    """One experiment. Defaults are defined here and beside each plugin, nowhere else."""

    seed: int = 0  # of the split, the weights, the order and every random draw; >= 0, below 2^63
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def __post_init__(self) -> None:
        check_at_least(self, "seed", lowest=0)
        if self.seed >= 2**63:
            raise ValueError(f"seed must be below 2^63, got {self.seed}")
        if self.data.split.name == "face" and "audio" in self.model.encoders:
            raise ValueError(
                "data.split.name: face shares voices, which model.encoders.audio hears; give voice or strict"
            )
        if self.train.loss == "supcon" and self.model.heads == "per_modality":
            raise ValueError("train.loss: supcon does not go with model.heads: per_modality")
        if self.train.balance == "corpus_class" and not self.data.sources:
            raise ValueError("train.balance: corpus_class needs several corpora (data.sources)")
        if self.train.pairs.copies_per_clip and not self.data.fakes.is_used:
            raise ValueError("train.pairs pairs real clips with copies of them: name data.fakes.root")
        if self.train.loss != "bce" and self.model.fusion.get("name") == "alignment":
            raise ValueError(
                f"train.loss: model.fusion alignment has a loss of its own, leave out {self.train.loss}"
            )
        if self.train.loss == "oc_softmax" and self.model.fusion.get("name") != "one_class":
            raise ValueError("train.loss: oc_softmax goes with model.fusion: {name: one_class}")
