"""The study of a sweep (Optuna): its facts, which trials count, and which process runs an unfinished one."""

import os
import socket
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from avdf.errors import ConfigError
from avdf.sweep.space import Space, draw
from avdf.sweep.storage import database_error, open_storage

REASON = "reason"  # why a trial failed; an interrupted trial has none
_MACHINE, _PROCESS = "machine", "process"
_BOOT, _PID_NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
_NUM_RANDOM = 10  # trials drawn at random before the sampler uses earlier trials
_NUM_BEFORE_PRUNING = 5
_UNMARKED_S = 60.0  # how long a trial without the name of its process is taken for one that starts


def open_study(url: str, name: str, *, prunes: bool, num_epochs: int) -> optuna.Study:
    """A new study, or the study of that name. Raises ConfigError if the database can't be used."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    median = optuna.pruners.MedianPruner(
        n_startup_trials=_NUM_BEFORE_PRUNING, n_warmup_steps=max(num_epochs // 4, 1)
    )
    storage = open_storage(url)
    try:
        study = optuna.create_study(
            storage=storage,
            study_name=name,
            direction="maximize",
            pruner=median if prunes else optuna.pruners.NopPruner(),
            load_if_exists=True,
        )
        rows = (study.directions, study.user_attrs, study.get_trials(deepcopy=False))  # damaged ones raise
    except (SQLAlchemyError, optuna.exceptions.OptunaError, ValueError, KeyError, TypeError) as error:
        raise database_error(error) from error
    if [direction.name for direction in rows[0]] != ["MAXIMIZE"]:
        raise ConfigError(f"the study {name!r} does not maximise one value; name another study (--study)")
    return study


def check_facts(study: optuna.Study, facts: Mapping[str, str]) -> None:
    """Raises ConfigError if the study was started with other facts, or holds trials without any."""
    other = "name another folder (--out), or, on a shared database, another study (--study)"
    has_trials = bool(study.get_trials(deepcopy=False))
    for name, text in facts.items():
        if name not in study.user_attrs and has_trials:
            raise ConfigError(f"the study {study.study_name!r} holds trials but not its {name}; {other}")
        if study.user_attrs.get(name, text) != text:
            raise ConfigError(f"the study {study.study_name!r} was started with another {name}; {other}")


def check_trials(study: optuna.Study, space: Space) -> None:
    """Raises ConfigError for a trial that this space can't have made, as in a study of other software."""
    distributions = space.distributions()
    for trial in study.get_trials(deepcopy=False):
        reasons = [
            f"drew {name} from {distribution}"
            for name, distribution in trial.distributions.items()
            if distributions.get(name) != distribution
        ]
        if trial.state == TrialState.COMPLETE:
            if trial.value is None or not 0 <= trial.value <= 1:
                reasons.append(f"has an F2 of {trial.value}")
            try:
                draw(space, optuna.trial.FixedTrial(trial.params))
            except ValueError as error:  # a parameter is missing
                reasons.append(f"is incomplete ({error})")
        if reasons:
            raise ConfigError(
                f"the study {study.study_name!r} is not of this space: trial {trial.number} {reasons[0]}; "
                "name another folder (--out), or, on a shared database, another study (--study)"
            )


def note_facts(study: optuna.Study, facts: Mapping[str, str]) -> None:
    """Starts the study with these facts, or continues with the same. Raises ConfigError."""
    check_facts(study, facts)
    for name, text in facts.items():
        study.set_user_attr(name, text)


def is_finished(trial: FrozenTrial) -> bool:
    """Whether a trial counts: complete, pruned, or failed for a reason that would recur."""
    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED) or (
        trial.state == TrialState.FAIL and REASON in trial.user_attrs
    )


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """All trials that count, of all machines, by number."""
    return [trial for trial in study.get_trials(deepcopy=False) if is_finished(trial)]


def completed(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that were trained to their end."""
    return study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])


def mark_running(trial: optuna.Trial) -> None:
    """Stores which process runs the trial, so that the trials of a killed process can be found."""
    trial.set_user_attr(_PROCESS, os.getpid())
    trial.set_user_attr(_MACHINE, this_machine())  # last: a trial with a machine has a process, too


def left_unfinished(study: optuna.Study) -> list[FrozenTrial]:
    """The trials of processes of this machine that no longer exist."""
    running = study.get_trials(deepcopy=False, states=[TrialState.RUNNING])
    return [trial for trial in running if _is_of_this_machine(trial) and not _is_alive(trial)]


def running_here(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that other living processes of this machine run, those just started included."""
    running = study.get_trials(deepcopy=False, states=[TrialState.RUNNING])
    return [trial for trial in running if _runs_here(trial)]


def is_surplus(study: optuna.Study, number: int, num_trials: int) -> bool:
    """Whether trial `number` is one too many: `num_trials` with lower numbers are done, running or queued.

    The database numbers trials one after the other, so of processes that start a last trial at the same
    moment exactly one sees that it is not surplus.
    """
    earlier = study.get_trials(deepcopy=False)[:number]
    is_taken = [
        trial.state == TrialState.WAITING or is_finished(trial) or _runs_here(trial) for trial in earlier
    ]
    return sum(is_taken) >= num_trials


def queue_again(study: optuna.Study, trials: list[FrozenTrial]) -> int:
    """Queues the draws of unfinished trials that no other process has queued; returns their number."""
    num_queued = 0
    for trial in trials:
        try:
            study.tell(trial.number, state=TrialState.FAIL)
        except (ValueError, optuna.exceptions.UpdateFinishedTrialError):
            continue  # another process was first
        queue_draws(study, trial.params)
        num_queued += 1
    return num_queued


def queue_draws(study: optuna.Study, params: Mapping[str, object]) -> None:
    """The next trial, on any machine, draws these values."""
    if params:
        study.enqueue_trial(dict(params))


def sampler_of(seed: int, number: int) -> TPESampler:
    """A sampler whose draws depend on the seed, the trial's number and the earlier trials alone.

    So a continued sweep does not repeat its first draws, and machines that start together differ.
    """
    return TPESampler(
        seed=zlib.crc32(f"{seed} {number}".encode()), n_startup_trials=_NUM_RANDOM, multivariate=False
    )


def this_machine() -> str:
    """The range in which process numbers are unique: the host and, on Linux, its boot and PID namespace.

    Hosts may share a name, and containers of one host share name and boot.
    """
    names = [socket.gethostname()]
    with suppress(OSError):
        names.append(_BOOT.read_text("ascii").strip())
    with suppress(OSError):
        names.append(str(_PID_NAMESPACE.readlink()))
    return " ".join(names)


def _runs_here(trial: FrozenTrial) -> bool:
    if trial.state != TrialState.RUNNING:
        return False
    if _MACHINE in trial.user_attrs:
        return _is_of_this_machine(trial) and _is_alive(trial)
    started = trial.datetime_start
    return started is not None and time.time() - started.timestamp() < _UNMARKED_S


def _is_of_this_machine(trial: FrozenTrial) -> bool:
    return trial.user_attrs.get(_MACHINE) == this_machine()


def _is_alive(trial: FrozenTrial) -> bool:
    process = trial.user_attrs.get(_PROCESS)
    if not isinstance(process, int) or process <= 0 or process == os.getpid():
        return False  # an earlier process that had this number, since this one runs no other trial
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # a process of another user
        return True
    return True
