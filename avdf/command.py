"""Runs a command: its exit status, one message for a mistake, and a clean stop on Ctrl-C."""

import atexit
import errno
import gc
import io
import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from avdf.errors import UserError
from avdf.paths import printable

DONE, SOME_FAILED, MISTAKE, INTERRUPTED = 0, 1, 2, 130
_FILE_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ESTALE}
_FILE_TROUBLE |= {errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR}
# Of glibc's mallopt: M_MMAP_THRESHOLD, at its highest, and M_TRIM_THRESHOLD.
_KEPT_BYTES = {-3: 32 << 20, -1: 256 << 20}
# What `pip install avdf` leaves out: packages by the name of the extra that installs them.
EXTRAS = {
    "train": (
        "accelerate",
        "av",
        "cv2",
        "decord",
        "joblib",
        "safetensors",
        "sklearn",
        "soxr",
        "tensorboard",
        "torch",
        "torchaudio",
        "torchvision",
    ),
    "sweep": ("optuna", "sqlalchemy"),
    "fakers": ("pyworld", "transformers"),
    "cluster": ("dask", "distributed"),
    "parquet": ("pyarrow",),
    "faces": ("dlib",),
    "explain": ("captum",),
    "hub": ("huggingface_hub",),
    "serve": ("fastapi", "gradio", "starlette", "uvicorn"),
    "completion": ("shtab",),
    "onnx": ("onnx", "onnxruntime", "onnxscript"),
}


def run(work: Callable[[], int | None]) -> NoReturn:
    """Runs a command's work and exits with its status (0, 1, 2 or 130; see docs/commands.md)."""
    statuses: list[int] = []
    atexit.register(_leave_a_group, statuses)  # the first to be registered is the last to be called
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name that is not UTF-8 can then be printed
            stream.reconfigure(errors="backslashreplace")
    logging.basicConfig(format="%(message)s", level=logging.WARNING, stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_on_one_line)
    logging.getLogger("avdf").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        status, message = attempt(lambda: _flushed(work()))
    except BrokenPipeError:  # the program that read the output has ended, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status, message = DONE, ""
    if message:
        print(f"{'error: ' if status == MISTAKE else ''}{printable(message)}", file=sys.stderr)
    statuses.append(status)
    sys.exit(status)


def attempt(work: Callable[[], object]) -> tuple[int, str]:
    """Does the work: its exit status and, where it did not come to its end, one message for people.

    After an interrupt SIGTERM is ignored, since a launcher may send another one. Errors of the program
    itself are raised.
    """
    try:
        status = work()
        return (status if isinstance(status, int) else DONE), ""
    except UserError as error:
        return MISTAKE, str(error)
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] == "avdf":
            raise
        return MISTAKE, _how_to_install(error.name.partition(".")[0])
    except OSError as error:
        if error.errno not in _FILE_TROUBLE:
            raise
        return MISTAKE, f"{error.filename or 'a file'}: {error.strerror}"
    except KeyboardInterrupt:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return INTERRUPTED, "interrupted; what was finished is kept"


def interrupt(signum: int, frame: object) -> NoReturn:
    """The handler of SIGTERM, which is answered as Ctrl-C is."""
    raise KeyboardInterrupt


@contextmanager
def loading() -> Iterator[None]:
    """Around the imports of a command: what they make is not searched for garbage, now or later.

    Python would look through the million objects of torch and pandas again and again: a quarter of the time
    that a training takes to start.
    """
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # once: in a program that runs many commands, garbage would be kept
            gc.freeze()
        gc.enable()


def keep_freed_memory() -> None:
    """Lets glibc keep freed blocks of up to 32 MiB for the next ones; elsewhere nothing is changed.

    By default it gives them back after each pass of a network, and getting them again, page by page, takes a
    third of the time of scoring a file.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # musl has none
        for option, num_bytes in _KEPT_BYTES.items():
            mallopt(option, num_bytes)


def command_line() -> list[str]:
    """The words of the running command as a shell reads them, for the record of a run."""
    program, *words = sys.argv
    start = ["python", program] if Path(program).parent.name == "tools" else ["avdf"]
    return [*start[:1], *(shlex.quote(word) for word in [*start[1:], *words])]


def _leave_a_group(statuses: list[int]) -> None:
    """Ends one of several processes (torchrun, accelerate) before Python takes its own objects down.

    The threads of gloo outlive the process group where DistributedDataParallel was used, and may still hold a
    tensor of Python; one that lets go of it after that aborts the process (PyTorch's pull request 179291).
    """
    if "torch.distributed" in sys.modules and int(os.environ.get("WORLD_SIZE", "1")) > 1:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(statuses[0] if statuses else 1)  # without a status a traceback was printed


def _flushed(status: int | None) -> int | None:
    sys.stdout.flush()
    return status


def _how_to_install(package: str) -> str:
    extras = [f"avdf[{extra}]" for extra, packages in EXTRAS.items() if package in packages]
    return f"the package {package} is missing; install {extras[0] if extras else 'it'}"


def _on_one_line(record: logging.LogRecord) -> bool:
    """Escapes the control characters of file names, so that each message of avdf is one line."""
    if record.name.startswith("avdf"):
        record.msg, record.args = printable(record.getMessage()), ()
    return True
