"""The frames of all clips at a fixed rate: uint8 shards on disk beside those of the sound, decoded once.

Journal, resuming after a kill, checksums and stamps of changed files are those of sound (avdf/data/audio).
Frame k of a clip is the picture on screen k / per_second seconds after its sound begins.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.config.schema import FramesConfig
from avdf.data.audio.decoder import close_idle, pooled_decoder
from avdf.data.audio.shard_list import Kind
from avdf.data.audio.shard_set import Decoding, Filling, filled, shards_of, unfilled
from avdf.data.audio.shards import Shard
from avdf.data.audio.stamps import stamps_of
from avdf.data.clips import SKIPPED_COLUMNS
from avdf.data.video.rate import nearest_frames, num_frames
from avdf.data.video.shards import FACE_COLUMNS, FramesOfClips, Span
from avdf.errors import UserError
from avdf.files import text_hash

_FORMAT = 1  # raise it when frames are decoded otherwise, so that no old shard is read
_CLIPS_PER_SHARD = 16
_MAX_FRAMES = 1 << 20  # of a clip: four hours at 60 a second
_MAPPED_SHARDS = 4096
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class FrameStore:
    """Where the frames of each clip are.

    `places`: clip -> its shard, the sha256 of the shard, first frame and number of frames. `skipped`: clip,
    reason, detail of each clip whose frames can't be decoded. `faceless`: with `crop` face, the clips where
    no frame has a face, so that their frames are whole pictures.
    """

    config: FramesConfig
    places: Mapping[str, tuple[Shard, str, int, int]]
    skipped: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SKIPPED_COLUMNS))
    faceless: frozenset[str] = frozenset()

    @property
    def num_frames(self) -> int:
        """Of all clips together."""
        return sum(count for *_, count in self.places.values())

    def frames(self, clip: str) -> NDArray[np.uint8] | None:
        """(frame, 3, height, width) all frames of a clip, mapped from disk; None for one without."""
        if clip not in self.places:
            return None
        shard, digest, start, count = self.places[clip]
        return _mapped(shard, digest, self.config.height, self.config.width)[start : start + count]

    def at(self, clip: str, seconds: NDArray[np.float64]) -> NDArray[np.uint8] | None:
        """(frame, 3, height, width) nearest to these seconds of the clip's sound; None for one without."""
        frames = self.frames(clip)
        return (
            None if frames is None else frames[nearest_frames(seconds, self.config.per_second, len(frames))]
        )


def open_frames(
    root: Path, table: pd.DataFrame, cache: Path, config: FramesConfig, decoding: Decoding
) -> FrameStore:
    """The frames of the clips of `table` (clip, audio_start_s, duration_s), decoding what is missing.

    Says the size before it is written. Raises UserError if that is above `config.max_gb`, or if the cache
    can't be written.
    """
    table = table.sort_values("clip")
    names = table["clip"].tolist()
    starts_s, durations_s = table["audio_start_s"].tolist(), table["duration_s"].tolist()
    counts = [num_frames(duration_s, config.per_second) for duration_s in durations_s]
    spans = dict(zip(names, map(Span, starts_s, counts), strict=True))
    finds_faces = config.crop == "face"
    size = [config.height, config.width, config.per_second, *([config.crop] if finds_faces else [])]
    key = text_hash(json.dumps([_FORMAT, size, str(root.resolve()), names]))[:16]
    kind = Kind("u8", config.frame_bytes, FACE_COLUMNS if finds_faces else (), _MAX_FRAMES)
    folder = cache / f"frames-{key}"
    shards = shards_of(folder, stamps_of(root, names), kind=kind, clips_per_shard=_CLIPS_PER_SHARD)
    missing = unfilled(shards)
    if not all(shard.samples_path.exists() for shard in missing):
        _check_size(folder, counts, config)
    asked = _Asked(root, spans, config, decoding)
    update = partial(_update, asked=asked)
    filling = Filling(update=update, label="decoding frames", workers=decoding.workers, threads=True)
    lists = filled(shards, filling)
    if missing:
        _mapped.cache_clear()  # one may still be mapped that was replaced
        close_idle()
    places = {
        row["clip"]: (shard, listed.sha256, row["start"], row["num_samples"])
        for shard, listed in lists.items()
        for row in listed.clips
    }
    rows = [row for listed in lists.values() for row in listed.clips]
    skipped = [row for listed in lists.values() for row in listed.skipped]
    faceless = frozenset(row["clip"] for row in rows if row.get("num_faces", 1) == 0)
    return FrameStore(config, places, pd.DataFrame(skipped, columns=SKIPPED_COLUMNS), faceless)


def join_frames(stores: Mapping[str, FrameStore]) -> FrameStore:
    """The stores by name -> one store, whose clips are called NAME/CLIP, or CLIP for ""."""
    places = {
        (f"{name}/" if name else "") + clip: place
        for name, store in stores.items()
        for clip, place in store.places.items()
    }
    skipped = [
        store.skipped.assign(clip=(f"{name}/" if name else "") + store.skipped["clip"])
        for name, store in stores.items()
    ]
    config = next(iter(stores.values())).config
    faceless = frozenset(
        (f"{name}/" if name else "") + clip for name, store in stores.items() for clip in store.faceless
    )
    return FrameStore(config, places, pd.concat(skipped, ignore_index=True), faceless)


def _check_size(folder: Path, counts: Iterable[int], config: FramesConfig) -> None:
    counts = list(counts)
    gigabytes = sum(counts) * config.frame_bytes / 1e9
    what = f"{sum(counts):,} frames of {config.width} x {config.height} of {len(counts):,} clips"
    if gigabytes > config.max_gb:
        raise UserError(
            f"data.frames.max_gb: {what} take {gigabytes:,.1f} GB, more than {config.max_gb:g}; lower "
            f"data.frames.per_second ({config.per_second:g}), .height or .width, or raise max_gb"
        )
    _LOG.info("%s: %s, %.2f GB", folder, what, gigabytes)


@dataclass(frozen=True)
class _Asked:
    """What is decoded, of which files: `spans` by name below `root`."""

    root: Path
    spans: Mapping[str, Span]
    config: FramesConfig
    decoding: Decoding


def _update(shard: Shard, stamps: Mapping[str, str], *, asked: _Asked) -> int:
    of_shard = {asked.root / name: asked.spans[name] for name in stamps}
    decoding = asked.decoding
    with pooled_decoder(decoding.sample_rate_hz, decoding.timeout_s, decoding.command) as decoder:
        return shard.update(asked.root, stamps, FramesOfClips(decoder, of_shard, asked.config))


@lru_cache(maxsize=_MAPPED_SHARDS)
def _mapped(shard: Shard, digest: str, height: int, width: int) -> NDArray[np.uint8]:
    """(frame, 3, height, width) of a shard; another `digest` means that the shard was written again."""
    return np.memmap(shard.samples_path, np.uint8, "r").reshape(-1, 3, height, width)
