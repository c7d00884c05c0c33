"""What another corpus shares with the clips that a detector was trained on: recordings and people."""

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.config.schema import SPLITS, DataConfig
from avdf.data.preparation import prepare
from avdf.data.union import join_indexes
from avdf.errors import UserError
from avdf.experiment.sources import sources_of
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder

_MOST_NAMED = 100
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Recordings and people that are in the training clips and in the clips to score."""

    recordings: dict[str, list[str]]  # by track: the clips that carry it, one of each side first
    people: tuple[str, ...]

    @property
    def certificate(self) -> dict[str, Any]:
        """The entries of certificate.json."""
        named = dict(list(self.recordings.items())[:_MOST_NAMED])
        return {
            "num_shared_recordings": len(self.recordings),
            "num_shared_voices": len(self.people),
            "shared_recordings": named,
            "leaks": bool(self.recordings or self.people),
        }

    @property
    def sentences(self) -> list[str]:
        """A warning if anything is shared."""
        if not (self.recordings or self.people):
            return []
        clips = next(iter(self.recordings.values()), [])
        example = f", for example {' and '.join(clips)}" if clips else f", for example {self.people[0]}"
        return [
            f"SHARED WITH TRAINING: {len(self.recordings)} recordings and {len(self.people)} people of this "
            f"corpus are in training or validation{example}; its metrics are too good for them."
        ]


def overlap_with_training(run: RunFolder, other: DataConfig, clips: Collection[str]) -> Overlap | None:
    """What `clips` of another corpus share with the training and validation clips of a run.

    None, with a line in the log, if the data of the run is not where it was.
    """
    config = run.config()
    try:
        own = {source.label: source.part() for source in sources_of(config.data)}
    except UserError as error:
        _LOG.info("%s; recordings are not compared with those of the training", error)
        return None
    (source,) = sources_of(other)
    name = next(word for word in ("elsewhere", "elsewhere-2") if word not in own)
    joined = join_indexes({**own, name: source.part()})
    table = prepare(
        joined,
        Path(config.data.cache),
        sample_rate_hz=config.data.sample_rate_hz,
        workers=config.data.decode_workers or os.cpu_count() or 1,
    ).clips
    split = read_csv_table(run.split_csv, "a run has one")
    trained = split["clip"][split["split"] != SPLITS[-1]]
    if not config.data.sources:
        trained = f"{next(iter(own))}/" + trained
    before = table[table["clip"].isin(trained)]
    after = table[table["clip"].isin([f"{name}/{clip}" for clip in clips])]
    tracks = sorted((set(before["track"]) & set(after["track"])) - {""})
    first = [rows.drop_duplicates("track").set_index("track")["clip"] for rows in (before, after)]
    return Overlap(
        recordings={track: [clips_of[track] for clips_of in first] for track in tracks},
        people=tuple(sorted(set(before["voice"]) & set(after["voice"]))),
    )
