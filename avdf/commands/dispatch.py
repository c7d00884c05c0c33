"""`avdf NAME ...` and `python tools/NAME.py ...`: the parser of a command and the call of its `main`."""

import argparse
import contextlib
import importlib
import io
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from avdf import __version__
from avdf.command import DONE, MISTAKE, run
from avdf.commands import COMMANDS
from avdf.commands.parsing import rewritten
from avdf.errors import UserError, nearest

_SHELLS = ("bash", "zsh", "tcsh")


def run_command(name: str) -> NoReturn:
    """Runs tools/NAME.py with the words of the command line."""
    run(lambda: call(name, sys.argv[1:], f"python tools/{name}.py"))


def main() -> NoReturn:
    """Runs `avdf NAME ...` with the words of the command line."""
    run(lambda: _dispatch(sys.argv[1:]))


def call(name: str, words: Sequence[str], prog: str) -> int | None:
    """Calls a command with these words and returns its exit status; `prog` is its name in messages.

    Raises UserError for the user's mistakes, wrong arguments included, and SystemExit after `--help`.
    """
    module = importlib.import_module(f"avdf.commands.{name}")
    status: int | None = module.main(parsed(module, prog, words))
    return status


def parsed(module: ModuleType, prog: str, words: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command. Raises UserError with one line where argparse prints its usage first."""
    parser = parser_of(module, prog)
    messages = io.StringIO()
    try:
        with contextlib.redirect_stderr(messages):
            return parser.parse_intermixed_args(rewritten(words, getattr(module, "LISTS", {})))
    except SystemExit as end:
        if not end.code:  # --help
            raise
        message = messages.getvalue().partition(": error: ")[2].strip()
        raise UserError(f"{message}; {prog} --help describes the arguments") from None


def parser_of(module: ModuleType, prog: str) -> argparse.ArgumentParser:
    """The parser of one command; its description is the docstring of the command's module."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return parser


def _dispatch(words: Sequence[str]) -> int | None:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="avdf",
        usage="avdf COMMAND ...",
        description=f"Audio-visual deepfake detection. Commands, in the order of the work:\n\n{lines}\n\n"
        "avdf COMMAND --help describes one of them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"avdf {__version__}")
    parser.add_argument("--print-completion", metavar="SHELL", choices=_SHELLS, help="bash, zsh or tcsh")
    parser.add_argument("command", metavar="COMMAND", nargs="?", help=argparse.SUPPRESS)
    if words and words[0].startswith("-"):
        shell = parser.parse_args(words).print_completion
        print(_completion(shell))
        return DONE
    name = words[0] if words else None
    if name is None:
        parser.print_help()
        return MISTAKE
    if name not in COMMANDS:
        raise UserError(f"no command {name!r}{nearest(name, COMMANDS)}")
    return call(name, words[1:], f"avdf {name}")


def _completion(shell: str) -> str:
    """The script that completes commands, options and files in a shell; the package shtab writes it."""
    import shtab

    parser = argparse.ArgumentParser(prog="avdf")
    commands = parser.add_subparsers()
    for name, text in COMMANDS.items():
        module = importlib.import_module(f"avdf.commands.{name}")
        module.add_arguments(commands.add_parser(name, help=text, allow_abbrev=False))
    return str(shtab.complete(parser, shell=shell))
