"""Whose a trial is: signed by the process that has it, so that a killed one's is told from a living one's."""

import os
import socket
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial

_MACHINE, _PROCESS = "machine", "process"
_BOOT, _NUMBERING = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


def sign(trial: optuna.Trial) -> None:
    """Notes which process has the trial, for the day on which it is found unfinished."""
    trial.set_user_attr(_PROCESS, os.getpid())
    trial.set_user_attr(_MACHINE, this_machine())  # last: where it stands, so does the process


def is_left_behind(trial: FrozenTrial) -> bool:
    """Whether an unfinished trial was a process's of this machine that is there no more."""
    ours = trial.user_attrs.get(_MACHINE) == this_machine()
    return ours and not _is_alive(trial.user_attrs[_PROCESS])


def this_machine() -> str:
    """Within what a process number means one process: the host and, on Linux, its boot and the container.

    Hosts may share a name, and containers of one host a name and a boot.
    """
    names = [socket.gethostname()]
    with suppress(OSError):
        names.append(_BOOT.read_text("ascii").strip())
    with suppress(OSError):
        names.append(str(_NUMBERING.readlink()))
    return " ".join(names)


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return False  # an earlier process of this number: this one has only begun
    with suppress(PermissionError):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True
