"""How every tool ends: a status, one message for a mistake, and nothing half done on Ctrl-C."""

import errno
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from avdf.errors import UserError

DONE, SOME_FAILED, MISTAKE, INTERRUPTED = 0, 1, 2, 130
_WRITE_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}


def run(work: Callable[[], int | None]) -> NoReturn:
    """Runs a tool's work and leaves with its exit status (0, 1, 2 or 130; see docs/commands.md)."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("avdf").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        status = work() or DONE
        sys.stdout.flush()
    except UserError as error:
        status = _say(str(error), MISTAKE)
    except BrokenPipeError:  # the reader of our output has left, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DONE
    except OSError as error:
        if error.errno not in _WRITE_TROUBLE:
            raise
        status = _say(f"{error.filename or 'a file'}: {error.strerror}", MISTAKE)
    except KeyboardInterrupt:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a launcher may send another while we say so
        status = _say("interrupted; what was finished is kept", INTERRUPTED)
    sys.exit(status)


def _interrupt(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _say(message: str, status: int) -> int:
    print(f"{'error: ' if status == MISTAKE else ''}{message}", file=sys.stderr)
    return status
