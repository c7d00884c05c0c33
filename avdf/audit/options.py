"""How a score table is read: the options of the command audit, and of `avdf.audit_scores`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from avdf.errors import UserError
from avdf.evaluation.protocol_join import Protocol
from avdf.evaluation.scores import HigherIs


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """How a table is read: the options of the command.

    `score`, `label` and `identity` name columns; `fake` are the values of the label that mean fake, if they
    are not words that are known. `protocol` lists all clips that should have a score, with their
    labels. `bins` are the edges of numeric group columns; `threshold` is in the terms of
    the table, as its scores.
    """

    groups: tuple[str, ...] | None = None  # the run's, or race and gender
    identity: str | None = None  # the column identity, or each clip is taken as a person
    score: str = "score"
    label: str = "is_fake"
    fake: tuple[str, ...] = ()
    threshold: float | None = None
    higher_is: HigherIs = "fake"
    attack: str | None = None  # the column of attacks: attack, or audio_attack or video_attack
    protocol: Protocol | None = None
    bins: Mapping[str, Sequence[float]] = field(default_factory=dict)
    allow_overlap: bool = False
    seed: int | None = None  # of the resampling; the run's, or 0

    def __post_init__(self) -> None:
        if self.higher_is not in get_args(HigherIs):
            raise UserError(f"higher_is must be fake or bonafide, got {self.higher_is!r}")
        if self.seed is not None and (not isinstance(self.seed, int) or self.seed < 0):
            raise UserError(f"seed must be a whole number >= 0, got {self.seed!r}")
        if not isinstance(self.bins, Mapping):
            raise UserError(f"bins must map columns to edges, as in {{'age': (18, 30)}}, got {self.bins!r}")
        if self.score == self.label:
            raise UserError(f"score and label must be two columns, got {self.score!r} twice")
        if self.protocol is not None and (self.label != "is_fake" or self.fake):
            raise UserError("label and fake: the protocol has the labels; leave them out, or the protocol")

    @property
    def names(self) -> dict[str, str]:
        """The columns to rename: name in the table -> usual name."""
        return {self.score: "score", self.label: "is_fake"}

    @property
    def is_of_others(self) -> bool:
        """Whether the table must be converted before it is checked, which a run's never is."""
        return self.names != {"score": "score", "is_fake": "is_fake"} or bool(self.fake)
