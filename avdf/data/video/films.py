"""What the pictures of all clips are: read from their files once, kept in a cache as decoded sound is."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.data.audio.decoder import Decoder, close_idle, pooled_decoder
from avdf.data.audio.shard_list import Kind
from avdf.data.audio.shard_set import Decoding, Filling, filled, shards_of, unfilled
from avdf.data.audio.shards import Shard
from avdf.data.audio.stamps import stamps_of
from avdf.data.clips import SKIPPED_COLUMNS
from avdf.files import text_hash

FILM_COLUMNS: Mapping[str, type] = {
    "container": str,  # FFmpeg's name of it
    "video_codec": str,
    "frame_rate_hz": float,
    "width_px": int,  # as coded
    "height_px": int,
    "video_bit_rate": int,  # of its packets
    "num_pictures": int,
    "blockiness": float,
    "video_start_s": float,  # file time of the first picture
    "video_duration_s": float,  # to the end of the last one
}
_FORMAT = 1  # raise it when FILM_COLUMNS or their meaning change, so that no old list is read
_CLIPS_PER_SHARD = 64
_FILM = Kind("none", 1, tuple(FILM_COLUMNS.items()), 0)  # a shard without samples: its list is all there is


@dataclass(frozen=True)
class Films:
    """`table`: clip and FILM_COLUMNS of each clip with a picture. `skipped`: clip, reason, detail."""

    table: pd.DataFrame
    skipped: pd.DataFrame


def open_films(root: Path, names: Sequence[str], cache: Path, decoding: Decoding) -> Films:
    """The films of these clips of the folder `root`, reading what no earlier call has read.

    A file that changed since is read again. Raises UserError if the cache can't be written.
    """
    names = sorted(names)
    folder = cache / f"films-{text_hash(json.dumps([_FORMAT, str(root.resolve()), names]))[:16]}"
    shards = shards_of(folder, stamps_of(root, names), kind=_FILM, clips_per_shard=_CLIPS_PER_SHARD)
    update = partial(_update, root=root, decoding=decoding)
    is_current = not unfilled(shards)
    lists = filled(
        shards, Filling(update=update, label="reading pictures", workers=decoding.workers, threads=True)
    )
    if not is_current:
        close_idle()
    rows = [row for listed in lists.values() for row in listed.clips]
    skipped = [row for listed in lists.values() for row in listed.skipped]
    return Films(
        pd.DataFrame(rows, columns=["clip", *FILM_COLUMNS]), pd.DataFrame(skipped, columns=SKIPPED_COLUMNS)
    )


def join_films(films: Mapping[str, Films]) -> Films:
    """Those of several corpora by name -> one, whose clips are called NAME/CLIP, or CLIP for ""."""

    def joined(tables: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
        named = [table.assign(clip=(f"{name}/" if name else "") + table["clip"]) for name, table in tables]
        return pd.concat(named, ignore_index=True)

    return Films(
        joined((name, part.table) for name, part in films.items()),
        joined((name, part.skipped) for name, part in films.items()),
    )


@dataclass(frozen=True)
class _FilmsOfClips:
    """The contents of these shards: rows alone."""

    decoder: Decoder

    def read(self, path: Path) -> tuple[bytes, dict[str, Any], None]:
        """No samples, and what `film_of` says. Raises MediaError."""
        return b"", self.decoder.film(path), None

    def finish(
        self, shard: Shard, samples_hash: str, places: Iterable[tuple[int, int]], known: Mapping[int, Any]
    ) -> None:
        """Nothing more is measured."""


def _update(shard: Shard, stamps: Mapping[str, str], *, root: Path, decoding: Decoding) -> int:
    with pooled_decoder(decoding.sample_rate_hz, decoding.timeout_s, decoding.command) as decoder:
        return shard.update(root, stamps, _FilmsOfClips(decoder))
