"""Score media files (mp4, wav, ...) with a saved detector, or all media files in folders.

    avdf predict DETECTOR PATH ... [--json] [--timeline] [--whole max] [--out results.csv [--resume]]

For example: avdf predict runs/audio_effnet/2026-01-01T00-00-00Z/detector clip.mp4

PATH - is a media file on standard input, --files-from - a list of paths there. Prints one line per file, or
with --json a list; with --out each result is a row of a file as soon as it is known. Files that cannot be
scored, and files in folders that hold no sound, are named on stderr; the exit status is then 1. Notes and
lists (.txt, .csv) are counted. What the numbers mean: docs/using_a_detector.md. Limits: docs/limits.md.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avdf.command import DONE, SOME_FAILED, keep_freed_memory, loading
from avdf.commands.parsing import DETECTOR, check_bounds, detector, finite, path
from avdf.errors import UserError
from avdf.paths import printable

if TYPE_CHECKING:
    from avdf.detection.listing import FoundMedia

_MOST_NAMED = 20  # files passed over


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("detector", type=detector, metavar="DETECTOR", help=DETECTOR)
    add("paths", type=path, nargs="*", metavar="PATH", help="a media file, a folder of them, or -")
    add("--files-from", type=path, metavar="LIST", help="a file with one path a line; -: standard input")
    add("--json", action="store_true", help="print a JSON list")
    add("--timeline", action="store_true", help="also score every half second; list what is called fake")
    add("--whole", choices=("mean", "max"), help="score a file by the mean or the highest of its crops")
    add("--audacity", type=path, metavar="FILE", help="write the stretches called fake as a label track")
    add("--out", type=path, metavar="FILE", help="write a row per file to FILE.csv or FILE.jsonl")
    add("--resume", action="store_true", help="continue the file of --out: files with a row are left out")
    add("--hash", action="store_true", help="also write the SHA-256 of each file, which says what was scored")
    add("--prevalence", type=finite, metavar="P", help="the share of fakes that a probability is for")
    add("--runtime", choices=("torch", "onnx"), default="torch", help="onnx: an exported detector")
    add("--workers", type=int, default=1, metavar="N", help="processes that decode (default: 1)")


def main(arguments: argparse.Namespace) -> int:
    check_bounds(arguments, 1, "workers")
    if arguments.resume and not arguments.out:
        raise UserError("--resume continues a file of results; name it with --out")
    keep_freed_memory()
    with loading():
        from avdf.data.audio.decoder import start_idle

        start_idle()
        from avdf.detection.answers import stamp
        from avdf.detection.inputs import inputs_of
        from avdf.detection.loading import Choices, load_exported_predictor, load_predictor
        from avdf.detection.prediction import predict
        from avdf.detection.result_file import ResultFile
        from avdf.progress import progress
        from avdf.sharing.hub import detector_path

    choices = Choices(whole=arguments.whole, prevalence=arguments.prevalence)
    file = ResultFile(arguments.out, resume=arguments.resume) if arguments.out else None
    with ExitStack() as stack:
        inputs = stack.enter_context(inputs_of(arguments.paths, arguments.files_from, sys.stdin.buffer))
        if arguments.audacity:
            _check_labels(arguments.audacity, inputs.names)
        load = load_exported_predictor if arguments.runtime == "onnx" else load_predictor
        predictor = load(detector_path(arguments.detector), choices)
        names, media = inputs.names, inputs.media
        places = file.remaining(names, predictor.facts) if file else range(len(names))
        if file and arguments.resume:
            print(f"{len(names) - len(places)} of {len(names)} files have a row already", file=sys.stderr)
        results = predict(
            predictor,
            (media.files[place] for place in places),
            workers=arguments.workers,
            timeline=arguments.timeline or arguments.audacity is not None,
        )
        named = (
            {
                **result,
                **stamp(),
                "path": names[place],
                **(_digest(media.files[place]) if arguments.hash else {}),
            }
            for place, result in zip(places, results, strict=True)
        )
        write = stack.enter_context(file.writing()) if file else None
        failed = _shown(progress(named, "scoring", total=len(places), unit="files"), arguments, write)
    for name, error in failed:
        print(f"{printable(name)}: {printable(error)}", file=sys.stderr)
    _name_passed_over(media)
    return SOME_FAILED if failed or media.passed_over else DONE


def _digest(path: Path) -> dict[str, str | None]:
    """`sha256` of a file's bytes, in hex; None for a file that can't be read, whose error is told already."""
    from avdf.files import file_hash

    try:
        return {"sha256": file_hash(path) if path.is_file() else None}  # a pipe may never end
    except OSError:
        return {"sha256": None}


def _shown(
    results: Iterable[dict[str, Any]],
    arguments: argparse.Namespace,
    write: Callable[[dict[str, Any]], None] | None,
) -> list[tuple[str, str]]:
    """Prints each result, or writes its row; returns path and error of those that failed."""
    from avdf.detection.timeline import label_track
    from avdf.files import json_text, write_text

    failed = []
    with _json_list() if arguments.json else nullcontext() as add:
        for result in results:
            if result["error"]:
                failed.append((result["path"], result["error"]))
            if write:
                write(result)
            if arguments.audacity and not result["error"]:
                write_text(arguments.audacity, label_track(result))
            if add:
                add(json_text(result))
            elif not write:
                print("\n".join(in_words(result, arguments.timeline)), flush=True)
    return failed


@contextmanager
def _json_list() -> Iterator[Callable[[str], None]]:
    """Yields a function that prints an item: a long list needs no memory, and an interrupted one is ended."""
    items = 0

    def add(text: str) -> None:
        nonlocal items
        indented = text.rstrip().replace("\n", "\n  ")
        print(f"{',' if items else '['}\n  {indented}", end="", flush=True)
        items += 1

    try:
        yield add
    except KeyboardInterrupt:
        print("\n]" if items else "[]", flush=True)
        raise
    print("\n]" if items else "[]")


def _name_passed_over(media: "FoundMedia") -> None:
    for file, reason in media.passed_over[:_MOST_NAMED]:
        print(f"passed over: {printable(file)}: {reason}", file=sys.stderr)
    if media.passed_over:
        print(f"passed over, without sound: {len(media.passed_over)} in all", file=sys.stderr)
    if media.notes:
        suffixes = ", ".join(sorted({file.suffix.lower() for file in media.notes}))
        print(f"notes and lists, not scored: {len(media.notes)} ({suffixes})", file=sys.stderr)


def in_words(result: dict[str, Any], timeline: bool) -> list[str]:
    """The lines that are printed for one file: the call or the error, warnings, the segments."""
    path = printable(result["path"])
    if result["error"]:
        return [f"{'?':>6}         {path}: {printable(result['error'])}"]
    called = "FAKE" if result["called_fake"] else "real"
    lines = [f"{result['score']:6.4f}  {called}   {path}  (threshold {result['threshold']:.4f})"]
    lines += [f"    {result['words']}"]
    lines += [f"    sha256: {result['sha256']}"] if result.get("sha256") else []
    distance = result["training_distance"]
    lines += [f"    training: {printable(line)}" for line in (distance["words"] if distance else ())]
    lines += [f"    warning: {printable(warning)}" for warning in result["warnings"]]
    if timeline:
        lines += [f"    called fake: {_span(item)}" for item in result["stretches"]]
        lines += [f"    {_span(item)}" for item in result["timeline"]]
    return lines


def _span(item: dict[str, float]) -> str:
    return f"{item['start_s']:7.2f}-{item['end_s']:.2f} s  {item['score']:.4f}"


def _check_labels(path: Path, names: list[str]) -> None:
    if len(names) != 1:
        raise UserError(
            f"--audacity {path}: a label track is of one file, not of {len(names)}; name one file"
        )
    if path.exists():
        raise UserError(f"--audacity {path}: exists; name another file")
