"""Read the folder of a corpus, decode its audio once and find out which clips share a recording.

    avdf prepare ROOT [--corpus NAME] [--out DIR] [--workers N] [--wav DIR] [--no-audio]
    avdf prepare ROOT --frames per_second=4 height=96 width=96 [--out DIR]
    avdf prepare ROOT --corpus table --table path=file label=key speaker=who [--out DIR]

Writes clips.csv, skipped.csv, summary.json and the decoded audio into DIR; training with data.cache=DIR
uses all of it. After an interruption the same command continues.

The last line is DIR. Files that were left out are named on stderr; the exit status is then 1.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avdf.command import DONE, SOME_FAILED, loading
from avdf.commands.parsing import check_bounds, is_name, name, path, settings
from avdf.errors import UserError, said_as
from avdf.paths import printable

if TYPE_CHECKING:
    from avdf.config.schema import FramesConfig
    from avdf.data.clips import Index
    from avdf.data.preparation import Prepared

LISTS = {"--table": is_name, "--speakers": is_name, "--frames": is_name}
_MOST_NAMED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("root", type=path, metavar="ROOT", help="the folder of the corpus")
    add("--corpus", default="fakeavceleb", metavar="NAME", help="how it is read (default: fakeavceleb)")
    add("--table", action="append", type=name, metavar="KEY=COLUMN ...", help="its columns, of corpus table")
    add(
        "--speakers",
        action="append",
        type=name,
        metavar="KEY=VALUE ...",
        help="a table of people: path=FILE id=COLUMN groups.gender=COLUMN",
    )
    add(
        "--frames",
        action="append",
        type=name,
        metavar="KEY=VALUE ...",
        help="also decode frames, as data.frames of a config: per_second=4 height=96 width=96",
    )
    add("--out", type=path, default=Path("cache"), metavar="DIR", help="default: cache")
    add("--workers", type=int, metavar="N", help="processes (default: one per core)")
    add("--dask", metavar="ADDRESS", help="of a Dask scheduler whose workers do the work")
    add("--sample-rate-hz", type=int, default=16000, metavar="HZ", help="default: 16000")
    add("--wav", type=path, metavar="DIR", help="also write one 16-bit .wav per clip there")
    add("--no-audio", action="store_true", help="write the tables alone, without opening a media file")
    add("--overwrite", action="store_true", help="replace other tables in DIR")


def main(arguments: argparse.Namespace) -> int:
    check_bounds(arguments, 1, "workers")
    check_bounds(arguments, 4000, "sample_rate_hz", highest=48000)
    if arguments.no_audio and arguments.wav:
        raise UserError("--wav needs the audio that --no-audio leaves out; give one of the two")
    if arguments.no_audio and arguments.frames:
        raise UserError("--frames are those of the audio's seconds, which --no-audio leaves out; give one")
    with loading():
        from avdf.data.clips import is_fake
        from avdf.data.outputs import write_tables, write_wavs
        from avdf.data.preparation import prepare, prepare_what_sounds
        from avdf.data.probes import probes_in
        from avdf.evaluation.shortcuts import probes_by_type

    frames, index = _frames_config(arguments), _index(arguments)
    warnings = index.warnings
    if arguments.no_audio:
        clips, skipped, summary = index.clips, index.skipped, index.summary
    else:
        prepared = (prepare_what_sounds if frames else prepare)(
            index,
            arguments.out,
            sample_rate_hz=arguments.sample_rate_hz,
            workers=arguments.workers or os.cpu_count() or 1,
            dask=arguments.dask,
            verify_checksums=True,
        )
        prepared, of_frames = _decode_frames(arguments, index, prepared, frames)
        clips, skipped, warnings = prepared.clips, prepared.skipped, prepared.warnings
        shortcuts = [
            {"target": target, **row}
            for target in ("audio", "video")
            for row in probes_by_type(clips.assign(is_fake=is_fake(clips, target)), probes_in(clips))
        ]
        summary = prepared.summary | {"shortcuts": shortcuts} | of_frames
    write_tables(clips, skipped, summary, arguments.out, overwrite=arguments.overwrite)
    if arguments.wav:
        write_wavs(prepared.store, arguments.wav, overwrite=arguments.overwrite)
    for warning in warnings:
        print(printable(warning), file=sys.stderr)
    for row in skipped.head(_MOST_NAMED).itertuples():
        print(printable(f"left out: {row.clip}: {row.reason} ({row.detail})"), file=sys.stderr)
    if len(skipped) > _MOST_NAMED:
        print(f"left out: {len(skipped) - _MOST_NAMED} more, see skipped.csv", file=sys.stderr)
    recordings = f" of {summary['num_tracks']} recordings" if "num_tracks" in summary else ""
    print(f"{len(clips)} clips{recordings}, {len(skipped)} left out")
    print(arguments.out)
    return SOME_FAILED if len(skipped) else DONE


def _frames_config(arguments: argparse.Namespace) -> "FramesConfig | None":
    if not arguments.frames:
        return None
    from avdf.config.loading import typed
    from avdf.config.schema import FramesConfig
    from avdf.data.audio.frames import check_reader

    config = typed(FramesConfig, settings(arguments.frames, "--frames"), "--frames")
    check_reader(config)
    return config


def _decode_frames(
    arguments: argparse.Namespace, index: "Index", prepared: "Prepared", config: "FramesConfig | None"
) -> tuple["Prepared", dict[str, Any]]:
    """The clips with those that have a picture alone, and what summary.json says of the frames.

    That is how many clips have some, why the others have none, and which clips cannot be heard.
    """
    if config is None:
        return prepared, {}
    from avdf.data.video.face_counts import face_sentence
    from avdf.data.video.prepared import with_pictures
    from avdf.data.video.presence import Needs

    workers = arguments.workers or os.cpu_count() or 1
    seen = with_pictures(index, prepared, arguments.out, config, needs=Needs(), workers=workers)
    frames, unheard = seen.frames, seen.prepared.unheard
    for word, rows in (("picture", frames.skipped), ("sound", unheard)):
        for row in rows.head(_MOST_NAMED).itertuples():
            print(printable(f"no {word}: {row.clip}: {row.reason} ({row.detail})"), file=sys.stderr)
    if sentence := face_sentence(seen.prepared.summary.get("faces", {})):
        print(printable(sentence), file=sys.stderr)
    told = {"num_clips": len(frames.places), "num_frames": frames.num_frames}
    told |= {"skipped": frames.skipped.to_dict(orient="records")}
    return seen.prepared, {"frames": told | {"without_sound": unheard.to_dict(orient="records")}}


def _index(arguments: argparse.Namespace) -> "Index":
    from avdf.config.loading import typed
    from avdf.config.sources import SpeakersConfig
    from avdf.corpora import index_of, open_corpus
    from avdf.protocols.speakers import with_speakers

    columns = settings(arguments.table or (), "--table")
    people = settings(arguments.speakers or (), "--speakers")
    corpus = open_corpus(arguments.corpus, columns, "--table", "--corpus")
    with said_as({"data.root": "ROOT"}):
        index = index_of(corpus, arguments.corpus, arguments.root)
    return with_speakers(index, typed(SpeakersConfig, people, "--speakers"), "--speakers")
