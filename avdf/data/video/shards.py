"""What shards of frames are filled with."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.config.schema import FramesConfig
from avdf.data.audio.decoder import Decoder
from avdf.data.audio.shards import Shard

FACE_COLUMNS = (("boxes", str), ("num_faces", int))  # of a row, with `data.frames.crop` face


def face_columns(boxes: Sequence[Sequence[float] | None]) -> dict[str, Any]:
    """The boxes of each frame as JSON, pixels of the file's pictures, and how many frames have one."""
    whole = [None if box is None else [round(side) for side in box] for box in boxes]
    return {"boxes": json.dumps(whole), "num_faces": sum(box is not None for box in boxes)}


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
        """uint8 frames (frame, 3, height, width), and where faces were found. Raises MediaError."""
        span, config = self.spans[path], self.config
        asked = {"start_s": span.start_s, "count": span.count, "per_second": config.per_second}
        asked |= {"height": config.height, "width": config.width}
        how = {"reader": config.reader, "crop": config.crop}
        block, boxes = self.decoder.read_frames(path, {**asked, **how})
        return block, {} if boxes is None else face_columns(boxes), None

    def finish(
        self, shard: Shard, samples_hash: str, places: Iterable[tuple[int, int]], known: Mapping[int, Any]
    ) -> None:
        """Nothing is measured of frames."""
