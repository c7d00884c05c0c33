"""Score media files (mp4, wav, ...) with a saved detector, or all media files in folders.

    avdf predict DETECTOR PATH ... [--json] [--timeline]

For example: avdf predict runs/audio_effnet/2026-01-01T00-00-00Z/detector clip.mp4

Prints one line per file, or with --json a list. Files that cannot be scored, and files in folders that
hold no sound, are named on stderr; the exit status is then 1. Notes and lists (.txt, .csv) are counted.
Limits: docs/limits.md.
"""

import argparse
import sys
from typing import Any

from avdf.command import DONE, SOME_FAILED, loading
from avdf.commands.parsing import check_bounds, path
from avdf.paths import printable

_MOST_NAMED = 20  # files passed over


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("detector", type=path, metavar="DETECTOR", help="the folder detector/ of a run")
    add("paths", type=path, nargs="+", metavar="PATH", help="a media file, or a folder of them")
    add("--json", action="store_true", help="print a JSON list")
    add("--timeline", action="store_true", help="print the score of each segment as well")
    add("--workers", type=int, default=1, metavar="N", help="processes that decode (default: 1)")


def main(arguments: argparse.Namespace) -> int:
    check_bounds(arguments, 1, "workers")
    with loading():
        from avdf.detection.listing import find_media
        from avdf.detection.prediction import load_predictor, predict
        from avdf.files import json_text
        from avdf.progress import progress

    media = find_media(arguments.paths)
    predictor = load_predictor(arguments.detector)
    results = []
    predictions = predict(predictor, media.files, workers=arguments.workers)
    for result in progress(predictions, "scoring", total=len(media.files), unit="files"):
        results.append(result)
        if not arguments.json:
            print("\n".join(in_words(result, arguments.timeline)), flush=True)
    if arguments.json:
        print(json_text(results), end="")
    failed = [result for result in results if result["error"]]
    for result in failed:
        print(f"{printable(result['path'])}: {printable(result['error'])}", file=sys.stderr)
    for file, reason in media.passed_over[:_MOST_NAMED]:
        print(f"passed over: {printable(file)}: {reason}", file=sys.stderr)
    if media.passed_over:
        print(f"passed over: {len(media.passed_over)} files without sound in all", file=sys.stderr)
    if media.notes:
        suffixes = ", ".join(sorted({file.suffix.lower() for file in media.notes}))
        print(f"not scored: {len(media.notes)} notes and lists ({suffixes})", file=sys.stderr)
    return SOME_FAILED if failed or media.passed_over else DONE


def in_words(result: dict[str, Any], timeline: bool) -> list[str]:
    """The lines that are printed for one file: the call or the error, warnings, the segments."""
    path = printable(result["path"])
    if result["error"]:
        return [f"{'?':>6}         {path}: {printable(result['error'])}"]
    called = "FAKE" if result["called_fake"] else "real"
    lines = [f"{result['score']:6.4f}  {called}   {path}  (threshold {result['threshold']:.4f})"]
    lines += [f"    warning: {printable(warning)}" for warning in result["warnings"]]
    if timeline:
        lines += [f"    {s['start_s']:7.2f}-{s['end_s']:.2f} s  {s['score']:.4f}" for s in result["segments"]]
    return lines
