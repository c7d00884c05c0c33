"""A command called in this process, since starting another takes seconds."""

import contextlib
import io
import sys
from dataclasses import dataclass

from avdf.commands.dispatch import call
from avdf.errors import UserError


@dataclass(frozen=True)
class Done:
    """What a call left: its exit status and what it printed."""

    status: int
    stdout: str
    stderr: str


def called(name: str, *words: object) -> Done:
    """Calls `avdf NAME WORDS` and maps mistakes to exit status 2 as avdf.command.run does."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            status = call(name, [str(word) for word in words], f"avdf {name}") or 0
        except UserError as error:
            status = 2
            print(f"error: {error}", file=sys.stderr)
        except SystemExit as end:
            status = int(end.code or 0)
    return Done(status, stdout.getvalue(), stderr.getvalue())
