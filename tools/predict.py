"""python tools/predict.py DETECTOR PATH ... [--json] [--timeline]

Says what a detector calls media files (mp4, wav, ...) or all media files in folders.

    python tools/predict.py runs/audio_effnet/2026-01-01T00-00-00Z/detector clip.mp4
"""

import argparse
import sys
from pathlib import Path

from avdf import command


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("detector", type=Path, help="the folder detector/ of a run")
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="a media file, or a folder of them"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.add_argument("--timeline", action="store_true", help="print the score of each segment as well")
    arguments = parser.parse_args()

    from avdf.detection.prediction import load_predictor, media_files, predict
    from avdf.files import json_text
    from avdf.progress import progress

    files = media_files(arguments.paths)
    predictor = load_predictor(arguments.detector)
    found = []
    for one in progress(predict(predictor, files), "scoring", total=len(files), unit="files"):
        found.append(one)
        if not arguments.json:
            print("\n".join(in_words(one, arguments.timeline)), flush=True)
    if arguments.json:
        print(json_text(found), end="")
    failed = [one for one in found if one["error"]]
    for one in failed:
        print(f"{one['path']}: {one['error']}", file=sys.stderr)
    return command.SOME_FAILED if failed else command.DONE


def in_words(one: dict[str, object], timeline: bool) -> list[str]:
    if one["error"]:
        return [f"{'?':>6}         {one['path']}: {one['error']}"]
    called = "FAKE" if one["called_fake"] else "real"
    lines = [f"{one['score']:6.4f}  {called}   {one['path']}  (threshold {one['threshold']:.4f})"]
    if timeline:
        segments = one["segments"]
        if isinstance(segments, list):
            lines += [f"    {s['start_s']:7.2f}-{s['end_s']:.2f} s  {s['score']:.4f}" for s in segments]
    return lines


if __name__ == "__main__":
    command.run(main)
