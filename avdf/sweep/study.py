"""The record of a sweep that outlives its processes: Optuna's study, in SQLite or any other database."""

import os
import socket
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import optuna
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from avdf.errors import ConfigError

REASON = "reason"  # why a trial failed: set by us, so a trial that was only interrupted has none
_NUM_RANDOM = 10  # trials drawn evenly, before the sampler learns from them
_NUM_BEFORE_PRUNING = 5


def open_study(url: str, name: str, *, prunes: bool, num_epochs: int) -> optuna.Study:
    """A new study, or the one of that name begun before. Raises ConfigError for a database of no use."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    patient = optuna.pruners.MedianPruner(
        n_startup_trials=_NUM_BEFORE_PRUNING, n_warmup_steps=max(num_epochs // 4, 1)
    )
    pruner = patient if prunes else optuna.pruners.NopPruner()
    return optuna.create_study(
        storage=_storage(url), study_name=name, direction="maximize", pruner=pruner, load_if_exists=True
    )


def check_facts(study: optuna.Study, facts: Mapping[str, str]) -> None:
    """Raises ConfigError where the study was begun with others; `facts` say what it compares."""
    for what, text in facts.items():
        if study.user_attrs.get(what, text) != text:
            raise ConfigError(
                f"the study {study.study_name!r} was begun with another {what}; name another folder (--out), "
                "or, on a shared database, another study (--study)"
            )


def note_facts(study: optuna.Study, facts: Mapping[str, str]) -> None:
    """Begins the study with these facts, or goes on with the same. Raises ConfigError."""
    check_facts(study, facts)
    for what, text in facts.items():
        study.set_user_attr(what, text)


def is_finished(trial: FrozenTrial) -> bool:
    """Whether it counts: done, pruned, or failed for a reason that would come again."""
    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED) or (
        trial.state == TrialState.FAIL and REASON in trial.user_attrs
    )


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """All trials that count, of every machine, by number."""
    return [trial for trial in study.get_trials(deepcopy=False) if is_finished(trial)]


def completed(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that have a figure at their end."""
    return study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])


def left_behind(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that processes of this machine left unfinished when they were killed."""
    running = study.get_trials(deepcopy=False, states=[TrialState.RUNNING])
    return [trial for trial in running if is_left_behind(trial)]


def take_up(study: optuna.Study, trials: list[FrozenTrial]) -> int:
    """Puts unfinished trials on the list again, but those that another process has put there; how many."""
    num_taken = 0
    for trial in trials:
        try:
            study.tell(trial.number, state=TrialState.FAIL)
        except (ValueError, optuna.exceptions.UpdateFinishedTrialError):
            continue  # it has told so first
        put_back(study, trial.params)
        num_taken += 1
    return num_taken


def put_back(study: optuna.Study, drawn: Mapping[str, object]) -> None:
    """The next trial, of whichever machine, draws the same again."""
    if drawn:
        study.enqueue_trial(dict(drawn))


def sampler_of(seed: int, number: int) -> TPESampler:
    """A sampler whose draws hang on the seed, the trial's number and the trials before it alone.

    So a sweep that was killed goes on without drawing its first trials once more, and machines that
    start together don't all draw the same.
    """
    return TPESampler(
        seed=zlib.crc32(f"{seed} {number}".encode()), n_startup_trials=_NUM_RANDOM, multivariate=False
    )


def _storage(url: str, num_attempts: int = 4) -> optuna.storages.RDBStorage:
    # Many processes may write to one SQLite file: each waits its turn instead of giving up after 5 s.
    waits: dict[str, Any] = {"connect_args": {"timeout": 60}} if url.startswith("sqlite") else {}
    try:
        return optuna.storages.RDBStorage(url, engine_kwargs=waits)
    except ImportError as error:
        scheme = url.partition(":")[0]
        raise ConfigError(
            f"--storage: the driver of {scheme}:// is missing ({error.__cause__ or error}); install it"
        ) from error
    except RuntimeError as error:  # the tables of another Optuna
        raise ConfigError(
            f"the study's database can't be used: {_first_line(error).strip()} Install that Optuna, or name "
            "another folder (--out) or database (--storage)"
        ) from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        if num_attempts == 1 or isinstance(error, ArgumentError):
            raise ConfigError(
                f"--storage: {_first_line(error)}; give a SQLAlchemy URL, its driver installed"
            ) from error
    time.sleep(0.5)  # machines that begin together all make the tables, and all but one fail, once
    return _storage(url, num_attempts - 1)


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]


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
