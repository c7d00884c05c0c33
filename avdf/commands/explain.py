"""Show why a detector calls a file as it does: what speaks for fake, where, and how stable the call is.

    avdf explain DETECTOR FILE [--out DIR]

Writes DIR/explanation.html, one page with the sound in it, and its figures as PNG: waveform, scores along the
file, maps of what speaks for fake with checks of them, the same file under six small changes, the nearest
training recordings, the distance from the training in words, and how often the detector was wrong.

The last line is the path of the page.
"""

import argparse
from pathlib import Path

from avdf.commands.parsing import DETECTOR, detector, path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("detector", type=detector, metavar="DETECTOR", help=DETECTOR)
    add("file", type=path, metavar="FILE", help="a media file")
    add("--out", type=path, metavar="DIR", help="where to write (default: explanation-NAME here)")
    add("--overwrite", action="store_true", help="replace DIR")


def main(arguments: argparse.Namespace) -> None:
    from avdf.audit.folder import refuse_existing
    from avdf.explanation.content import explain
    from avdf.explanation.page import write_explanation
    from avdf.sharing.hub import detector_path

    out = arguments.out or Path(f"explanation-{arguments.file.stem}")
    refuse_existing(out, arguments.overwrite, arguments.file)
    content = explain(detector_path(arguments.detector), arguments.file)
    print(content.result["words"])
    print(write_explanation(content, out, overwrite=arguments.overwrite))
