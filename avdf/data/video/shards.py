"""What shards of frames are filled with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.config.schema import FramesConfig
from avdf.data.audio.decoder import Decoder
from avdf.data.audio.shards import Shard


@dataclass(frozen=True)
class Span:
    """Which frames of a file are kept: the second of the first one, and how many."""

    start_s: float
    count: int


@dataclass(frozen=True)
class FramesOfClips:
    """The contents of shards of frames, read by the process of a decoder; `spans` by path."""

    decoder: Decoder
    spans: Mapping[Path, Span]
    config: FramesConfig

    def read(self, path: Path) -> tuple[bytes, dict[str, Any], None]:
        """uint8 frames (frame, 3, height, width). Raises MediaError."""
        span, config = self.spans[path], self.config
        asked = {"start_s": span.start_s, "count": span.count, "per_second": config.per_second}
        size = {"height": config.height, "width": config.width, "reader": config.reader}
        return self.decoder.read_frames(path, {**asked, **size}), {}, None

    def finish(
        self, shard: Shard, samples_hash: str, places: Iterable[tuple[int, int]], known: Mapping[int, Any]
    ) -> None:
        """Nothing is measured of frames."""
