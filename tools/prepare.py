"""Reads a FakeAVCeleb folder, decodes its audio once and finds out which clips share a recording.

    python tools/prepare.py ROOT [--out DIR] [--workers N] [--wav DIR] [--no-audio]

Writes clips.csv, skipped.csv, summary.json and the decoded audio into DIR. Training with
data.cache=DIR finds all of it there. Interrupted or killed, the same command goes on where it was.
"""

import argparse
import os
import sys
from pathlib import Path

from avdf.command import DONE, SOME_FAILED, run

_MOST_NAMED = 20


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path, metavar="ROOT", help="a FakeAVCeleb folder")
    parser.add_argument("--out", type=Path, default=Path("cache"), metavar="DIR", help="default: cache")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--dask", metavar="ADDRESS", help="of a Dask scheduler whose workers do the work")
    parser.add_argument("--sample-rate-hz", type=int, default=16000, metavar="HZ", help="default: 16000")
    parser.add_argument("--wav", type=Path, metavar="DIR", help="also write one 16-bit .wav a clip there")
    parser.add_argument("--no-audio", action="store_true", help="the tables alone, without opening a medium")
    parser.add_argument("--overwrite", action="store_true", help="replace other tables that lie in DIR")
    chosen = parser.parse_args()
    if chosen.workers is not None and chosen.workers < 1:
        parser.error(f"--workers must be >= 1, got {chosen.workers}")
    if not 4000 <= chosen.sample_rate_hz <= 48000:
        parser.error(f"--sample-rate-hz must be from 4000 to 48000, got {chosen.sample_rate_hz}")
    if chosen.no_audio and chosen.wav:
        parser.error("--wav needs the audio that --no-audio leaves out")
    from avdf.corpora.fakeavceleb.index import index
    from avdf.data.clips import is_fake
    from avdf.data.outputs import write_tables, write_wavs
    from avdf.data.preparation import prepare
    from avdf.data.probes import PROBES
    from avdf.evaluation.shortcuts import probes_by_type

    if chosen.no_audio:
        found = index(chosen.root)
        clips, skipped, summary = found.clips, found.skipped, found.summary
    else:
        prepared = prepare(
            index(chosen.root),
            chosen.out,
            sample_rate_hz=chosen.sample_rate_hz,
            workers=chosen.workers or os.cpu_count() or 1,
            dask=chosen.dask,
            thoroughly=True,
        )
        clips, skipped = prepared.clips, prepared.skipped
        shortcuts = [
            {"target": target, **row}
            for target in ("audio", "video")
            for row in probes_by_type(clips.assign(is_fake=is_fake(clips, target)), PROBES)
        ]
        summary = prepared.summary | {"shortcuts": shortcuts}
    write_tables(clips, skipped, summary, chosen.out, overwrite=chosen.overwrite)
    if chosen.wav:
        write_wavs(prepared.store, chosen.wav, overwrite=chosen.overwrite)
    for row in skipped.head(_MOST_NAMED).itertuples():
        print(f"left out: {row.clip}: {row.reason} ({row.detail})", file=sys.stderr)
    if len(skipped) > _MOST_NAMED:
        print(f"left out: {len(skipped) - _MOST_NAMED} more, see skipped.csv", file=sys.stderr)
    recordings = f" of {summary['num_tracks']} recordings" if "num_tracks" in summary else ""
    print(f"{len(clips)} clips{recordings}, {len(skipped)} left out")
    print(chosen.out)
    return SOME_FAILED if len(skipped) else DONE


if __name__ == "__main__":
    run(main)
