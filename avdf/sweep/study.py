"""The record of a sweep that outlives its processes: Optuna's study, in SQLite or any other database."""

import os
import socket
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import optuna
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from avdf.errors import ConfigError

REASON = "reason"  # why a trial failed: set by us, so a trial that was only interrupted has none
_HOST, _PROCESS = "host", "process"
_NUM_RANDOM = 10  # trials drawn evenly, before the sampler learns from them
_NUM_BEFORE_PRUNING = 5


def open_study(
    url: str, name: str, facts: Mapping[str, str], *, prunes: bool, num_epochs: int
) -> optuna.Study:
    """A new study, or the one of that name begun before; `facts` say what it compares.

    Raises ConfigError where there is no such database, or the study compares something else.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    patient = optuna.pruners.MedianPruner(
        n_startup_trials=_NUM_BEFORE_PRUNING, n_warmup_steps=max(num_epochs // 4, 1)
    )
    pruner = patient if prunes else optuna.pruners.NopPruner()
    study = optuna.create_study(
        storage=_storage(url), study_name=name, direction="maximize", pruner=pruner, load_if_exists=True
    )
    for what, text in facts.items():
        begun_with = study.user_attrs.get(what)
        if begun_with is None:
            study.set_user_attr(what, text)
        elif begun_with != text:
            raise ConfigError(
                f"the study {name!r} was begun with another {what}; name another folder (--out), or, on a "
                "shared database, another study (--study)"
            )
    return study


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


def sign(trial: optuna.Trial) -> None:
    """Notes which process has the trial, for the day on which it is found unfinished."""
    trial.set_user_attr(_HOST, socket.gethostname())
    trial.set_user_attr(_PROCESS, os.getpid())


def take_up_killed(study: optuna.Study) -> int:
    """Puts the trials that processes of this machine left unfinished on the list again; how many."""
    killed = [
        trial
        for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING])
        if trial.user_attrs.get(_HOST) == socket.gethostname() and not _is_alive(trial.user_attrs[_PROCESS])
    ]
    for trial in killed:
        study.tell(trial.number, state=TrialState.FAIL)
        put_back(study, trial.params)
    return len(killed)


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
    except (SQLAlchemyError, ImportError, optuna.exceptions.StorageInternalError) as error:
        if num_attempts == 1 or isinstance(error, ArgumentError | ImportError):
            raise ConfigError(
                f"--storage: {_first_line(error)}; give a SQLAlchemy URL, its driver installed"
            ) from error
    time.sleep(0.5)  # machines that begin together all make the tables, and all but one fail, once
    return _storage(url, num_attempts - 1)


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return False  # an earlier process of this number: this one has only begun
    with suppress(PermissionError):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]
