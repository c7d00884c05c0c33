"""Prepared clips with their pictures: frames, trivial features, and the clips that lack sound or picture."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from avdf.config.schema import FramesConfig
from avdf.data.audio.shard_set import Decoding
from avdf.data.audio.silent import with_silence
from avdf.data.clips import SKIPPED_COLUMNS, Index, check_clips, group_columns, summarise
from avdf.data.preparation import Prepared, counts_of, groups_not_decoded
from avdf.data.video.face_counts import face_counts
from avdf.data.video.films import Films, join_films, open_films
from avdf.data.video.presence import Needs, kept_and_left_out
from avdf.data.video.store import FrameStore, join_frames, open_frames
from avdf.errors import ConfigError

_OF_FILMS = ("container", "width_px", "height_px", "video_bit_rate", "num_pictures", "blockiness")
_OF_SOUND = ("video_codec", "frame_rate_hz")  # columns of both; a film's are for clips without sound
T = TypeVar("T")


@dataclass(frozen=True)
class Seen:
    """`prepared`: with the clips that have a picture and no sound, `has_audio` and `has_video`."""

    prepared: Prepared
    frames: FrameStore


def with_pictures(
    listed: Index, prepared: Prepared, cache: Path, config: FramesConfig, *, needs: Needs, workers: int
) -> Seen:
    """Reads and decodes the pictures of the clips that are listed, and keeps those that `needs` asks for.

    A clip whose sound cannot be decoded lasts as long as its picture, and its frames begin with that. A
    second call reads what the first one stored. Raises UserError, ConfigError if no clip is left.
    """
    decoding = Decoding(sample_rate_hz=prepared.store.sample_rate_hz, workers=workers)
    films = _by_root(
        prepared, listed.clips, lambda root, table: open_films(root, table["clip"], cache, decoding)
    )
    known = join_films(films)
    unheard = known.table[~known.table["clip"].isin(prepared.store.table["clip"])]
    spans = pd.concat(
        [
            prepared.store.table[["clip", "audio_start_s", "duration_s"]],
            unheard[["clip", "video_start_s", "video_duration_s"]].set_axis(
                ["clip", "audio_start_s", "duration_s"], axis=1
            ),
        ],
        ignore_index=True,
    )
    frames = join_frames(
        _by_root(prepared, spans, lambda root, table: open_frames(root, table, cache, config, decoding))
    )
    silent = unheard[unheard["clip"].isin(list(frames.places))]
    return Seen(_joined(listed, prepared, known, silent, frames, needs), frames)


def _joined(
    listed: Index, prepared: Prepared, films: Films, silent: pd.DataFrame, frames: FrameStore, needs: Needs
) -> Prepared:
    """The clips with sound or picture, those left out, and their numbers."""
    heard = prepared.clips.merge(films.table[["clip", *_OF_FILMS]], on="clip", how="left")
    heard = heard.assign(has_audio=1, has_video=heard["clip"].isin(list(frames.places)).astype(int))
    table = heard if silent.empty else pd.concat([heard, _unheard_clips(listed, silent)], ignore_index=True)
    if frames.config.crop == "face":
        sees_face = (table["has_video"] == 1) & ~table["clip"].isin(list(frames.faceless))
        table = table.assign(has_face=sees_face.astype(int))
    kept, left_out = kept_and_left_out(table.sort_values("clip", ignore_index=True), needs)
    if kept.empty:
        raise _nothing_left(listed, prepared.skipped, left_out)
    is_silent, is_kept = (prepared.skipped["clip"].isin(rows["clip"]) for rows in (silent, kept))
    skipped = pd.concat([prepared.skipped[~is_silent], left_out], ignore_index=True)
    skipped = skipped.sort_values(SKIPPED_COLUMNS)
    return replace(
        prepared,
        clips=check_clips(kept),
        skipped=skipped.reset_index(drop=True),
        summary=prepared.summary
        | summarise(kept, skipped)
        | counts_of(kept)
        | {
            "num_without_sound": int((kept["has_audio"] == 0).sum()),
            "num_without_picture": int((kept["has_video"] == 0).sum()),
            **_faces(kept),
        },
        store=with_silence(prepared.store, silent),
        warnings=(*groups_not_decoded(listed.clips, kept), *listed.warnings),
        unheard=prepared.skipped[is_kept].reset_index(drop=True),
    )


def _nothing_left(listed: Index, undecoded: pd.DataFrame, left_out: pd.DataFrame) -> ConfigError:
    first = pd.concat([left_out, undecoded]).iloc[0]
    return ConfigError(
        f"{listed.root}: the detector can be judged on none of its {len(listed.clips)} clips; the "
        f"first one: {first['clip']}: {first['reason']} ({first['detail']})"
    )


def _faces(clips: pd.DataFrame) -> dict[str, Any]:
    """In how many clips of each group no face was found, where faces were looked for."""
    counts = face_counts(clips, group_columns(clips))
    return {"faces": counts} if counts else {}


def _unheard_clips(listed: Index, silent: pd.DataFrame) -> pd.DataFrame:
    """The rows of clips without sound; nobody speaks in them, so their voice is that of their face."""
    of_films = silent[["clip", *_OF_FILMS, *_OF_SOUND]].assign(duration_s=silent["video_duration_s"])
    clips = listed.clips.merge(of_films, on="clip", validate="one_to_one")
    return clips.assign(
        voice=clips["source"],
        voice_rule="no sound",
        track="",
        file_bit_rate=(clips["size_bytes"] * 8 / clips["duration_s"]).round().astype(int),
        has_audio=0,
        has_video=1,
    )


def _by_root(
    prepared: Prepared, table: pd.DataFrame, work: Callable[[Path, pd.DataFrame], T]
) -> dict[str, T]:
    """`work` on the clips of each corpus, with the names that they have in it alone."""
    results = {}
    for name, root in prepared.roots.items():
        of_root = table
        if name:
            of_root = table[table["clip"].str.startswith(f"{name}/")]
            of_root = of_root.assign(clip=of_root["clip"].str.removeprefix(f"{name}/"))
        results[name] = work(root, of_root)
    return results
