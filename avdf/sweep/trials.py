"""Runs the trials of a study: draw, train, judge on validation, stop early if earlier trials did better."""

import logging
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import optuna
import torch
from accelerate import Accelerator
from optuna.trial import FrozenTrial

from avdf.config.schema import Config, DataConfig
from avdf.errors import UserError
from avdf.experiment.data import ExperimentData
from avdf.sweep.objective import validation_f2
from avdf.sweep.space import Space, draw
from avdf.sweep.study import (
    REASON,
    completed,
    finished,
    is_surplus,
    left_unfinished,
    mark_running,
    queue_again,
    queue_draws,
    running_here,
    sampler_of,
)
from avdf.sweep.trial_config import with_choices

_LOG = logging.getLogger(__name__)
_MAX_FAILED = 5  # failed trials with no other trial finished
_WAIT_S = 1.0
LoadFolds = Callable[[DataConfig], Sequence[ExperimentData]]


class _SurplusTrialError(Exception):
    """Another process has started the last trial of the sweep; this one is not run."""


def run_trials(
    study: optuna.Study,
    config: Config,
    space: Space,
    folds: LoadFolds,
    accelerator: Accelerator,
    num_trials: int,
) -> None:
    """Runs trials until `num_trials` are finished, those of other processes and of earlier calls included.

    Several processes of one machine finish exactly `num_trials`: none is started while as many are done or
    running, and the process waits for the others. Raises UserError if all trials fail, KeyboardInterrupt
    with the draws of the interrupted trial queued.
    """

    def objective(trial: optuna.Trial) -> float:
        study.sampler = sampler_of(config.seed, trial.number)
        mark_running(trial)
        if is_surplus(study, trial.number, num_trials):
            raise _SurplusTrialError
        try:
            return _judge(trial, config, space, folds, accelerator)
        except KeyboardInterrupt:
            queue_draws(study, trial.params)
            raise
        except (UserError, torch.OutOfMemoryError) as error:
            trial.set_user_attr(REASON, str(error).splitlines()[0])
            raise

    expected = (UserError, torch.OutOfMemoryError, _SurplusTrialError)
    while _has_trial_to_start(study, num_trials):
        study.optimize(objective, n_trials=1, catch=expected, callbacks=[_log_end])
        _refuse_if_all_fail(study)


def _has_trial_to_start(study: optuna.Study, num_trials: int) -> bool:
    """False once `num_trials` are finished; waits while other processes of this machine run the last ones."""
    has_said_so = False
    while True:
        if num_queued := queue_again(study, left_unfinished(study)):
            _LOG.info("unfinished trials of killed processes, which are run again: %d", num_queued)
        num_finished = len(finished(study))
        if num_finished >= num_trials:
            return False
        if num_finished + len(running_here(study)) < num_trials:
            return True
        if not has_said_so:
            _LOG.info("waiting for the trials that other processes run")
            has_said_so = True
        time.sleep(_WAIT_S)


def _judge(
    trial: optuna.Trial, config: Config, space: Space, folds: LoadFolds, accelerator: Accelerator
) -> float:
    try:
        drawn = draw(space, trial)
    except ValueError as error:  # a queued draw of a study that other software changed
        raise UserError(f"the draws queued for this trial are not of the space ({error})") from error
    trial_config = with_choices(config, drawn)
    _LOG.info("trial %d begins: %s", trial.number, _in_words(trial.params))

    def on_epoch(epoch: int, f2: float) -> None:
        trial.report(f2, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    return validation_f2(trial_config, folds(trial_config.data), accelerator, on_epoch=on_epoch)


def _log_end(study: optuna.Study, trial: FrozenTrial) -> None:
    if trial.state == optuna.trial.TrialState.FAIL and REASON not in trial.user_attrs:
        return  # surplus
    end = {
        optuna.trial.TrialState.COMPLETE: f"F2 {trial.value:.4f}" if trial.value is not None else "",
        optuna.trial.TrialState.PRUNED: f"stopped early after epoch {trial.last_step}",
        optuna.trial.TrialState.FAIL: f"failed: {trial.user_attrs.get(REASON)}",
    }[trial.state]
    best = max((other.value for other in completed(study) if other.value is not None), default=None)
    so_far = "" if best is None else f" (best {best:.4f})"
    _LOG.info("trial %d: %s%s: %s", trial.number, end, so_far, _in_words(trial.params))


def _in_words(params: Mapping[str, object]) -> str:
    return ", ".join(f"{key.removeprefix('model.')} {_short(value)}" for key, value in params.items())


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _refuse_if_all_fail(study: optuna.Study) -> None:
    trials = finished(study)
    reasons = [str(trial.user_attrs[REASON]) for trial in trials if REASON in trial.user_attrs]
    if len(reasons) >= _MAX_FAILED and len(reasons) == len(trials):
        raise UserError(f"all of {len(reasons)} trials failed; most often: {statistics.mode(reasons)}")
