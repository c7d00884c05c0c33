"""Give a trained detector to other people: its weights, detector.json and a model card of its figures.

    avdf share RUN --to FOLDER [--license mit]
    avdf share RUN --to hf://USER/NAME [--license mit] [--private]

The card (README.md) is made from the run: data, certificate of the split, threshold, figures with intervals
by group and by attack, coverage, shortcuts, and what the detector must not be used for. A repository of the
Hugging Face hub needs the extra `hub` and `hf auth login`.

The last line says where it is; a detector on the hub is loaded by that very address.
"""

import argparse
import tempfile
from pathlib import Path

from avdf.commands.parsing import path
from avdf.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("run", type=path, metavar="RUN", help="a finished run folder")
    add("--to", required=True, metavar="FOLDER|hf://USER/NAME", help="where it goes")
    add("--license", metavar="NAME", help="of the detector, as the hub writes it (mit, cc-by-4.0, ...)")
    add("--private", action="store_true", help="make a new repository of the hub private")
    add("--overwrite", action="store_true", help="replace FOLDER")


def main(arguments: argparse.Namespace) -> None:
    from avdf.run_folder import RunFolder
    from avdf.sharing.folder import share_to_folder
    from avdf.sharing.hub import SCHEME, address_of, upload

    run = RunFolder(arguments.run)
    if not arguments.to.startswith(SCHEME):
        if arguments.private:
            raise UserError("--private: goes with --to hf://USER/NAME")
        out = path(arguments.to)
        share_to_folder(run, out, license_name=arguments.license, overwrite=arguments.overwrite)
        print(out)
        return
    address = address_of(arguments.to)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "to_share"
        share_to_folder(run, folder, license_name=arguments.license)
        print(upload(folder, address, private=arguments.private))
