"""The settings of a training: steps, batches, loss, and which weights are kept."""

from dataclasses import dataclass, field
from typing import Literal

from avdf.config.bounds import check_at_least, check_positive, check_share, check_within

LossName = Literal["bce", "focal", "group_dro", "daw_fdd", "dag_fdd", "supcon", "oc_softmax"]


@dataclass(frozen=True, kw_only=True)
class PairsConfig:
    """Batches of real clips, each beside copies of itself (`data.fakes`): the same crop, the same channel."""

    copies_per_clip: int = 0  # drawn for each real clip in each epoch, 0 to 64; 0: clips are read one by one

    def __post_init__(self) -> None:
        check_within(self, "copies_per_clip", lowest=0, highest=64)


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How the detector is trained; see docs/training.md."""

    epochs: int = 20  # >= 1
    batch_size: int = 32  # clips, >= 1
    learning_rate: float = 3e-4  # the maximum, reached after the warm-up; > 0
    weight_decay: float = 0.01  # >= 0
    warmup_share: float = 0.1  # of all steps, 0 <= share < 1
    max_grad_norm: float = 1.0  # > 0
    balance: Literal["none", "class", "group_class", "corpus_class", "track"] = (
        "class"  # what has equal weight in the loss
    )
    loss: LossName = "bce"  # see docs/training.md
    pairs: PairsConfig = field(default_factory=PairsConfig)
    checkpoint: Literal["f2", "auc", "worst_group_f2", "last"] = "f2"  # which epoch's weights are kept
    average_last: int | None = None  # epochs, >= 2: the mean of their weights is kept if it ranks highest
    sam_rho: float | None = None  # radius of sharpness-aware minimisation, above 0 to 10; twice the time
    crops_per_clip: int = 1  # random crops of each clip per epoch, >= 1
    patience: int | None = None  # epochs without a better validation F2 before an early stop, >= 1
    precision: Literal["no", "bf16", "fp16"] = "no"
    compile: bool = False  # torch.compile the network: minutes at the start, faster steps afterwards
    save_every_minutes: float = 10.0  # a state within a long epoch, besides the one at its end; > 0

    def __post_init__(self) -> None:
        check_at_least(self, "epochs", "batch_size", "crops_per_clip", "patience")
        check_positive(self, "learning_rate", "max_grad_norm", "save_every_minutes")
        check_share(self, "warmup_share")
        check_at_least(self, "weight_decay", lowest=0)
        if self.patience is not None and self.checkpoint == "last":
            raise ValueError("patience waits for a better epoch; with checkpoint: last every epoch is better")
        self._check_averaging()
        check_positive(self, "sam_rho", highest=10)
        if self.sam_rho is not None and (self.precision == "fp16" or self.loss == "group_dro"):
            raise ValueError(
                "sam_rho takes two passes per step, which goes neither with precision: fp16 nor "
                "with loss: group_dro"
            )
        if self.pairs.copies_per_clip >= self.batch_size:
            raise ValueError(
                f"pairs.copies_per_clip: a clip and {self.pairs.copies_per_clip} copies of it do not fit "
                f"into batch_size: {self.batch_size}"
            )
        if self.loss == "supcon" and self.batch_size < 4:
            raise ValueError(f"loss: supcon needs batch_size of 4 or more, got {self.batch_size}")

    def _check_averaging(self) -> None:
        check_at_least(self, "average_last", lowest=2)
        if self.average_last is not None and self.average_last > self.epochs:
            raise ValueError(f"average_last: {self.average_last} of {self.epochs} epochs can't be averaged")
        if self.average_last is not None and self.patience is not None:
            raise ValueError("average_last: patience may stop before the last epochs; give one of them")

    def fairness(self) -> dict[str, str]:
        """The settings that can make a training fairer, which every report names."""
        return {"balance": self.balance, "checkpoint": self.checkpoint, "loss": self.loss}
