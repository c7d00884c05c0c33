"""An index -> the clip table of all later stages: clips decoded and measured, recordings identified."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from avdf.data.audio.joined import join_stores
from avdf.data.audio.shard_set import Decoding
from avdf.data.audio.store import Store, open_store
from avdf.data.clips import SKIPPED_COLUMNS, Index, check_clips, group_columns, summarise
from avdf.data.probes import MEASURED_PROBES, PROBES
from avdf.data.recordings.voices import num_disputed, voices
from avdf.errors import ConfigError, TableError
from avdf.files import read_csv_table, write_csv

_FORMAT = 4  # raise it when tracks, probes or doubts change, so that no old table is read
_MAX_ROW_BYTES = 8192  # of the stored table
_INFO_COLUMNS = [
    "duration_s",
    "sample_rate_hz",
    "num_channels",
    "audio_codec",
    "audio_bit_rate",
    "video_codec",
    "frame_rate_hz",
]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """`clips`: those that can be decoded, sorted by name. `skipped`: clip, reason, detail.

    `roots`: the folder that clips lie in, by the first part of their name or "" (Index.roots). `warnings` are
    for the top of a report. `unheard`: as `skipped`, of clips that are kept for their picture.
    """

    roots: Mapping[str, Path]
    clips: pd.DataFrame
    skipped: pd.DataFrame
    summary: dict[str, Any]
    store: Store
    warnings: tuple[str, ...] = ()
    unheard: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SKIPPED_COLUMNS))

    @property
    def root(self) -> Path:
        """The folder of the corpus; of several, the first one's."""
        return next(iter(self.roots.values()))


def prepare(
    index: Index,
    cache: Path,
    *,
    sample_rate_hz: int,
    workers: int,
    dask: str | None = None,
    verify_checksums: bool = False,
) -> Prepared:
    """Decodes and measures the clips of an index; a second call reads what the first one stored.

    `dask` is the address of a cluster that does the work; `verify_checksums` reads every shard again.
    Raises ConfigError if no clip can be decoded, UserError if the cache can't be written.
    """
    prepared = prepare_what_sounds(
        index,
        cache,
        sample_rate_hz=sample_rate_hz,
        workers=workers,
        dask=dask,
        verify_checksums=verify_checksums,
    )
    if prepared.clips.empty:
        first = prepared.store.skipped.iloc[0]
        raise ConfigError(
            f"{index.root}: none of its {len(index.clips)} clips can be decoded; the first one: "
            f"{first['clip']}: {first['detail']}"
        )
    return prepared


def prepare_what_sounds(
    index: Index,
    cache: Path,
    *,
    sample_rate_hz: int,
    workers: int,
    dask: str | None = None,
    verify_checksums: bool = False,
) -> Prepared:
    """As `prepare`, for a detector that also sees: there may be no clip with sound."""
    decoding = Decoding(
        sample_rate_hz=sample_rate_hz, workers=workers, dask=dask, verify_checksums=verify_checksums
    )
    store = _opened(index, cache, decoding)
    skipped = pd.concat([index.skipped, store.skipped]).sort_values(SKIPPED_COLUMNS, ignore_index=True)
    if store.table.empty:
        clips = index.clips.iloc[:0].assign(**dict.fromkeys(PROBES, np.nan), track="")
        return Prepared(
            roots=index.roots,
            clips=clips,
            skipped=skipped,
            summary=index.summary,
            store=store,
            warnings=index.warnings,
        )
    measurements = _measurements(store, workers, dask)
    doubtful = _doubtful(store, measurements)
    if doubtful:
        _LOG.info("%s", _doubts_line(doubtful))
    clips = _with_measurements(index.clips, store, measurements)
    return Prepared(
        roots=index.roots,
        clips=clips,
        skipped=skipped,
        summary=index.summary | summarise(clips, skipped) | counts_of(clips) | {"doubtful_clips": doubtful},
        store=store,
        warnings=(*groups_not_decoded(index.clips, clips), *index.warnings),
    )


def _opened(index: Index, cache: Path, decoding: Decoding) -> Store:
    """The store of an index; that of several corpora joins the stores that each of them has alone."""
    if not index.parts:
        return open_store(index.root, index.clips, cache, decoding)
    stores = {name: open_store(part.root, part.clips, cache, decoding) for name, part in index.parts.items()}
    return join_stores(stores, cache)


def groups_not_decoded(listed: pd.DataFrame, clips: pd.DataFrame) -> list[str]:
    """A sentence per type or group of which clips are listed and none can be decoded."""
    columns = ("type", *group_columns(listed))
    decoded = {column: set(clips[column].tolist()) for column in columns}
    return [
        f"MISSING GROUP: none of the {count} clips of {column} {value} can be decoded; skipped.csv has the "
        "reason of each."
        for column in columns
        for value, count in listed[column].value_counts(sort=False).items()
        if str(value) and value not in decoded[column]
    ]


def _measurements(store: Store, workers: int, dask: str | None) -> pd.DataFrame:
    """clip, track, doubts and probes of the store's clips: stored by an earlier call, or made now.

    Labels are not part of it, so a relabelled data set is not measured again.
    """
    path = store.folder / f"measured-{_FORMAT}-{store.content_hash[:16]}.csv"
    if path.exists() and (stored := _stored_measurements(path, store)) is not None:
        return stored
    from avdf.data.recordings.measured import measure
    from avdf.data.recordings.tracks import tracks

    measured = measure(store, workers=workers, dask=dask)
    table = store.table[["clip"]].assign(
        track=tracks(store, measured, workers=workers), doubts=measured.doubts
    )
    table = table.join(measured.probes.round(3))
    write_csv(path, table)
    return table


def _stored_measurements(path: Path, store: Store) -> pd.DataFrame | None:
    """The stored table; None, with a line in the log, if it is not a table of these clips."""
    expected = ["clip", "track", "doubts", *MEASURED_PROBES]
    try:
        if not path.is_file() or path.stat().st_size > (1 + len(store.table)) * _MAX_ROW_BYTES:
            raise TableError(f"{path}: is too large for {len(store.table)} clips")
        table = read_csv_table(path, "prepare writes it")
        if table.columns.tolist() != expected or table["clip"].tolist() != store.table["clip"].tolist():
            raise TableError(f"{path}: is not the table of these clips")
        numbers = table[list(MEASURED_PROBES)].astype(float)
        if not np.isfinite(numbers.to_numpy()).all() or not all(map(_is_track, table["track"])):
            raise TableError(f"{path}: holds values that were never measured")
    except ValueError as error:  # a TableError, or a text where a number should be
        _LOG.info("%s; the clips are measured again", error)
        return None
    return table[["clip", "track", "doubts"]].join(numbers)


def _with_measurements(clips: pd.DataFrame, store: Store, measurements: pd.DataFrame) -> pd.DataFrame:
    """The decodable clips of the index with media info, probes, track and voice."""
    info = store.table[["clip", *_INFO_COLUMNS]]
    info = info.mask(info == "")  # no video codec without video
    added = info.merge(measurements.drop(columns=["track", "doubts"]), on="clip", validate="one_to_one")
    track_of = dict(zip(measurements["clip"].tolist(), measurements["track"].tolist(), strict=True))
    table = clips.merge(added, on="clip", validate="one_to_one").sort_values("clip", ignore_index=True)
    table["track"] = [track_of[clip] for clip in table["clip"].tolist()]
    table["file_bit_rate"] = (table["size_bytes"] * 8 / table["duration_s"]).round().astype(int)
    return check_clips(voices(table))


def _doubtful(store: Store, measurements: pd.DataFrame) -> dict[str, str]:
    """Clip -> what was unusual when it was decoded, and what is doubtful about its sound, in words."""
    pairs = zip(store.table["warnings"].tolist(), measurements["doubts"].tolist(), strict=True)
    words = ["; ".join(filter(None, pair)) for pair in pairs]
    return {clip: text for clip, text in zip(store.table["clip"].tolist(), words, strict=True) if text}


def _doubts_line(doubtful: dict[str, str]) -> str:
    """One line for the log: how many clips, which kinds of doubt, and an example."""
    kinds = {text.split(":")[0] for texts in doubtful.values() for text in texts.split("; ") if ":" in text}
    clip, text = next(iter(doubtful.items()))
    named = f" ({', '.join(sorted(kinds))})" if kinds else ""
    return f"{len(doubtful)} clips are doubtful{named}, for example {clip}: {text}; summary.json lists all"


def counts_of(clips: pd.DataFrame) -> dict[str, Any]:
    """The numbers of recordings that are known, of voices, how those are known, and of hours."""
    return {
        "num_tracks": int(clips["track"][clips["track"] != ""].nunique()),
        "num_voices": int(clips["voice"].nunique()),
        "num_by_voice_rule": json.loads(clips["voice_rule"].value_counts().to_json()),
        "num_tracks_of_several_people": num_disputed(clips),
        "hours": round(float(clips["duration_s"].sum()) / 3600, 3),
    }


def _is_track(name: str) -> bool:
    return re.fullmatch(r"t[0-9]{5,9}", name) is not None
