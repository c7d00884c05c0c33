"""What another corpus shares with the clips that a detector was trained on: recordings and people."""

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.config.schema import SPLITS, Config, DataConfig
from avdf.data.clips import Index
from avdf.data.preparation import prepare, prepare_what_sounds
from avdf.data.union import join_indexes
from avdf.errors import UserError
from avdf.experiment.data_warnings import counted
from avdf.experiment.sources import sources_of
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder

_MOST_NAMED = 100
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Recordings and people that are in the training clips and in the clips to score."""

    recordings: dict[str, list[str]]  # by track: the clips that carry it, one of each side first
    voices: tuple[str, ...]
    faces: tuple[str, ...] = ()  # of a detector that looks

    @property
    def people(self) -> list[str]:
        """Whose voice or face is on both sides."""
        return sorted({*self.voices, *self.faces})

    @property
    def certificate(self) -> dict[str, Any]:
        """The entries of certificate.json."""
        named = dict(list(self.recordings.items())[:_MOST_NAMED])
        return {
            "num_shared_recordings": len(self.recordings),
            "num_shared_voices": len(self.voices),
            "num_shared_faces": len(self.faces),
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
            f"SHARED WITH TRAINING: of this corpus, {counted(len(self.recordings), 'recording')} and "
            f"{counted(len(self.people), 'person', 'people')} are in training or validation{example}; its "
            "metrics are too good for them."
        ]


def overlap_with_training(run: RunFolder, other: DataConfig, clips: Collection[str]) -> Overlap | None:
    """What `clips` of another corpus share with the training and validation clips of a run.

    That is what the detector reads: recordings and voices, faces, or all of them. None, with a line in the
    log, if the data of the run is not where it was.
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
    split = read_csv_table(run.split_csv, "a run has one")
    trained = split["clip"][split["split"] != SPLITS[-1]]
    if not config.data.sources:
        trained = f"{next(iter(own))}/" + trained
    sides = set(trained), {f"{name}/{clip}" for clip in clips}
    recordings, voices = (
        _shared_sound(joined, config, sides) if "audio" in config.model.encoders else ({}, ())
    )
    faces = _shared(joined.clips, "source", sides) if config.model.reads_frames else ()
    return Overlap(recordings=recordings, voices=voices, faces=faces)


def _shared_sound(
    joined: Index, config: Config, sides: tuple[set[str], set[str]]
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """`recordings` and `voices` of an Overlap, between the clips with sound of both sides."""
    table = (prepare_what_sounds if config.model.reads_frames else prepare)(
        joined,
        Path(config.data.cache),
        sample_rate_hz=config.data.sample_rate_hz,
        workers=config.data.decode_workers or os.cpu_count() or 1,
    ).clips
    first = [
        table[table["clip"].isin(side)].drop_duplicates("track").set_index("track")["clip"] for side in sides
    ]
    tracks = [track for track in _shared(table, "track", sides) if track]
    return {track: [clips_of[track] for clips_of in first] for track in tracks}, _shared(
        table, "voice", sides
    )


def _shared(table: pd.DataFrame, column: str, sides: tuple[set[str], set[str]]) -> tuple[str, ...]:
    """The values of a column that clips of both sides have."""
    before, after = (set(table.loc[table["clip"].isin(side), column]) for side in sides)
    return tuple(sorted(before & after))
