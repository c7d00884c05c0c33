"""The part of stress.json that audits show: a typed schema, checked before anything is made of it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from avdf.config.bounds import check_at_least
from avdf.config.strict import strictly_typed
from avdf.errors import ConfigError, UserError
from avdf.files import read_json

DIGEST = "digest"  # its key in stress.json


@dataclass(frozen=True, kw_only=True)
class StressDigest:
    """A stress test in words, and its summary: FPR, FNR and AUC by key, null where undefined.

    `worst_condition` and `worst_words` name, per metric, the channel with the highest rate or the lowest AUC;
    `mean` is over the channels.
    """

    sentences: list[str]
    clean: dict[str, float | None]
    worst: dict[str, float | None]
    worst_condition: dict[str, str | None]
    worst_words: dict[str, str | None]
    mean: dict[str, float | None]
    num_channels: int
    num_clips: int
    num_identities: int

    def __post_init__(self) -> None:
        check_at_least(self, "num_channels", "num_clips", "num_identities", lowest=0)

    def beside(self, metric: str) -> str:
        """The worst value of a metric and where, as in "0.685 with white noise at 10 dB"."""
        worst = self.worst.get(metric)
        return "undefined" if worst is None else f"{worst:.3f} {self.worst_words.get(metric) or ''}".rstrip()

    def summary(self) -> dict[str, Any]:
        """`stress` of metrics.json: all but the sentences."""
        return {key: value for key, value in asdict(self).items() if key != "sentences"}


def read_stress_digest(path: Path) -> StressDigest | None:
    """The digest in a stress.json, None if there is no such file. Raises UserError with file and key."""
    if not path.is_file():
        return None
    try:
        return strictly_typed(StressDigest, read_json(path).get(DIGEST), DIGEST)
    except ConfigError as error:
        raise UserError(f"{path}: {error}; make it again with tools/stress.py") from error
