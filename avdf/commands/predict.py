"""Score media files (mp4, wav, ...) with a saved detector, or all media files in folders.

    avdf predict DETECTOR PATH ... [--json] [--timeline]

For example: avdf predict runs/audio_effnet/2026-01-01T00-00-00Z/detector clip.mp4

Prints one line per file, or with --json a list. Files that cannot be scored are named on stderr; the exit
status is then 1.
"""

import argparse
import sys

from avdf.command import DONE, SOME_FAILED
from avdf.commands.parsing import path
from avdf.paths import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("detector", type=path, metavar="DETECTOR", help="the folder detector/ of a run")
    add("paths", type=path, nargs="+", metavar="PATH", help="a media file, or a folder of them")
    add("--json", action="store_true", help="print a JSON list")
    add("--timeline", action="store_true", help="print the score of each segment as well")


def main(arguments: argparse.Namespace) -> int:
    from avdf.detection.prediction import load_predictor, media_files, predict
    from avdf.files import json_text
    from avdf.progress import progress

    files = media_files(arguments.paths)
    predictor = load_predictor(arguments.detector)
    results = []
    for result in progress(predict(predictor, files), "scoring", total=len(files), unit="files"):
        results.append(result)
        if not arguments.json:
            print("\n".join(in_words(result, arguments.timeline)), flush=True)
    if arguments.json:
        print(json_text(results), end="")
    failed = [result for result in results if result["error"]]
    for result in failed:
        print(f"{printable(result['path'])}: {printable(result['error'])}", file=sys.stderr)
    return SOME_FAILED if failed else DONE


def in_words(result: dict[str, object], timeline: bool) -> list[str]:
    """The lines that are printed for one file."""
    path = printable(str(result["path"]))
    if result["error"]:
        return [f"{'?':>6}         {path}: {printable(str(result['error']))}"]
    called = "FAKE" if result["called_fake"] else "real"
    lines = [f"{result['score']:6.4f}  {called}   {path}  (threshold {result['threshold']:.4f})"]
    if timeline:
        segments = result["segments"]
        if isinstance(segments, list):
            lines += [f"    {s['start_s']:7.2f}-{s['end_s']:.2f} s  {s['score']:.4f}" for s in segments]
    return lines
