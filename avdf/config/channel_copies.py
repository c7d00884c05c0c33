"""Settings of training clips through channels, made once and kept beside the decoded audio."""

from dataclasses import dataclass, field
from typing import Any

from avdf.config.bounds import check_at_least, check_within


@dataclass(frozen=True, kw_only=True)
class ChannelCopiesConfig:
    """A channel is {name: ..., settings}; docs/augmentations.md shows settings that are drawn, and chains."""

    channels: list[dict[str, Any]] = field(default_factory=list)  # none: clips are read as recorded
    per_clip: int | None = None  # channels that are drawn for each clip, 1 to 64; null: each of the list once
    share: float = 0.5  # of the training crops that are read through a channel, above 0 to 1
    seed: int = 0  # of what is drawn for the copies; the same for all runs, so that they share them; >= 0

    def __post_init__(self) -> None:
        check_within(self, "per_clip", lowest=1, highest=64)
        check_within(self, "share", lowest=0, highest=1)
        check_at_least(self, "seed", lowest=0)
        if self.channels and not self.share > 0:
            raise ValueError("share must be above 0 to 1; leave channels out to read no copy")
        if self.per_clip is not None and not self.channels:
            raise ValueError("channels must list at least one, as in channels: [{name: noise, snr_db: 20}]")

    @property
    def num_per_clip(self) -> int:
        """How many copies each clip has."""
        return len(self.channels) if self.per_clip is None else self.per_clip
