"""The settings of an evaluation: the rule of the threshold, and what is reported at it."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from avdf.config.bounds import check_at_least, check_between, check_positive, check_within

Whole = Literal["mean", "max"]
WHOLES: tuple[Whole, ...] = get_args(Whole)


@dataclass(frozen=True, kw_only=True)
class ThresholdConfig:
    """`f_beta`: the best F-beta; `missed_fakes`: the highest that misses at most `at_most` of the fakes."""

    name: Literal["f_beta", "missed_fakes"] = "f_beta"
    max_fpr: float | None = None  # f_beta: only among thresholds with at most this validation FPR
    at_most: float | None = None  # missed_fakes: the bound on the share of missed fakes, with 95 % confidence
    with_channels: bool = False  # also on validation clips through the channels of data.channel_copies

    def __post_init__(self) -> None:
        if (self.name == "missed_fakes") != (self.at_most is not None):
            raise ValueError("at_most, as in at_most: 0.05, goes with name: missed_fakes and only there")
        check_between(self, "max_fpr", "at_most")


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """How the threshold is chosen, and what is reported at it."""

    beta: float = 2.0  # a missed fake has beta^2 times the weight of a false accusation; > 0
    prevalence: float = 0.5  # the share of fakes that F-beta is computed for, 0 < share < 1
    groups: list[str] | None = None  # columns to audit; default: the corpus's group columns
    threshold: ThresholdConfig = field(default_factory=ThresholdConfig)
    num_crops: int = 4  # evenly spaced over a clip, 1 to 100
    whole: Whole = "mean"  # a clip's score is the sigmoid of the mean logit of its crops, or of the highest
    batch_size: int = 64  # crops, >= 1
    every_clip: bool = False  # score each clip, even where clips carry the same recording or samples
    # default: every channel of docs/stress.md; none: no stress test; or a list of their names
    stress: Any = "default"

    def __post_init__(self) -> None:
        check_positive(self, "beta")
        check_between(self, "prevalence")
        check_within(self, "num_crops", lowest=1, highest=100)
        check_at_least(self, "batch_size")
        names = [self.stress] if isinstance(self.stress, str) else self.stress
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"stress must be default, none or a list of conditions, got {self.stress!r}")

    @property
    def stress_names(self) -> list[str]:
        """The conditions of the stress test, or the one word default or none."""
        return [self.stress] if isinstance(self.stress, str) else list(self.stress)

    @property
    def group_columns(self) -> list[str]:
        """The columns to audit, of a resolved config."""
        return list(self.groups or ())
