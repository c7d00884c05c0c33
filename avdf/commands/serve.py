"""Serve a detector on this machine: a page to drop or record a file on, and a JSON API.

    avdf serve DETECTOR [--port 7860] [--parallel 2] [--queue 32] [--no-page]

The page is at the address that is printed. POST /predict takes a form with one file and answers as `avdf
predict --json --timeline` does; GET /openapi.json describes it, GET /health says how busy it is. Files of
users are deleted when they are judged. Ctrl-C ends it. Needs the extra serve.

Limits, and how to offer it to other machines: docs/serving.md.
"""

import argparse
from dataclasses import fields

from avdf.command import loading
from avdf.commands.parsing import check_bounds, detector, finite
from avdf.serving.limits import ServingLimits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    most = ServingLimits()
    add = parser.add_argument
    add("detector", type=detector, metavar="DETECTOR", help="a run folder, its detector/, or hf://...")
    add("--port", type=int, default=7860, metavar="N", help="0: any that is free (default: 7860)")
    add(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="the address to listen on (default: 127.0.0.1)"
    )
    add("--no-page", action="store_true", help="the JSON API alone; starts faster")
    add("--max-mib", type=finite, default=most.max_mib, metavar="MIB", help="of a file (default: 100)")
    add(
        "--max-seconds",
        type=finite,
        default=most.max_seconds,
        metavar="S",
        help="of sound or picture (default: 600)",
    )
    add("--decode-timeout", type=finite, default=most.decode_timeout, metavar="S", help="(default: 60)")
    add("--upload-timeout", type=finite, default=most.upload_timeout, metavar="S", help="(default: 120)")
    add("--parallel", type=int, default=most.parallel, metavar="N", help="files judged at once (default: 2)")
    add("--queue", type=int, default=most.queue, metavar="N", help="files that may wait (default: 32)")


def main(arguments: argparse.Namespace) -> None:
    check_bounds(arguments, 0, "port", highest=65535)
    limits = ServingLimits(**{field.name: getattr(arguments, field.name) for field in fields(ServingLimits)})
    with loading():
        import fastapi  # noqa: F401  # missing: the message names the extra, before anything is loaded
        import uvicorn  # noqa: F401

        from avdf.run_folder import RunFolder
        from avdf.serving.server import serve
        from avdf.sharing.hub import local_folder

    folder = local_folder(arguments.detector)
    inside = RunFolder(folder).detector
    folder = inside if inside.is_dir() else folder
    serve(folder, limits, arguments.host, arguments.port, with_page=not arguments.no_page)
