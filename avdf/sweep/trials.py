"""The trials of a sweep: draw, train, judge on validation, give up early where others did better."""

import logging
import statistics
from collections.abc import Callable, Mapping, Sequence

import optuna
import torch
import yaml
from accelerate import Accelerator
from optuna.trial import FrozenTrial

from avdf.config.loading import typed, yaml_text
from avdf.config.schema import Config, DataConfig
from avdf.errors import UserError
from avdf.experiment.data import ExperimentData
from avdf.sweep.objective import validation_f2
from avdf.sweep.space import Space, draw
from avdf.sweep.study import REASON, completed, finished, left_behind, put_back, sampler_of, sign, take_up
from avdf.sweep.trial_config import laid_over

CONFIG, AUGMENT_OF_TRIAL = "config", "augment"  # the trial's whole config, as YAML; what it augmented with
_LOG = logging.getLogger(__name__)
_HOPELESS_AFTER = 5  # trials that failed with none that did not
LoadFolds = Callable[[DataConfig], Sequence[ExperimentData]]


def run_trials(
    study: optuna.Study,
    config: Config,
    space: Space,
    folds: LoadFolds,
    accelerator: Accelerator,
    num_trials: int,
) -> None:
    """Runs trials until `num_trials` are finished, those of other machines and of before included.

    Raises UserError where every trial fails; KeyboardInterrupt, the trial put back on the list.
    """
    if num_killed := take_up(study, left_behind(study)):
        _LOG.info("trials that were left unfinished and are run again: %d", num_killed)

    def objective(trial: optuna.Trial) -> float:
        study.sampler = sampler_of(config.seed, trial.number)
        sign(trial)
        try:
            return _judged(trial, config, space, folds, accelerator)
        except KeyboardInterrupt:
            put_back(study, trial.params)
            raise
        except (UserError, torch.OutOfMemoryError) as error:
            trial.set_user_attr(REASON, str(error).splitlines()[0])
            raise

    while len(finished(study)) < num_trials:
        study.optimize(objective, n_trials=1, catch=(UserError, torch.OutOfMemoryError), callbacks=[_say])
        _refuse_hopeless(study)


def config_of(trial: FrozenTrial) -> Config:
    """The whole config that a trial was trained with, on whichever machine that was."""
    return typed(Config, yaml.safe_load(trial.user_attrs[CONFIG]), "")


def _judged(
    trial: optuna.Trial, config: Config, space: Space, folds: LoadFolds, accelerator: Accelerator
) -> float:
    own = laid_over(config, draw(space, trial))
    trial.set_user_attr(CONFIG, yaml_text(own))
    trial.set_user_attr(AUGMENT_OF_TRIAL, dict(own.model.augment))
    _LOG.info("trial %d begins: %s", trial.number, _in_words(trial.params))

    def on_epoch(epoch: int, f2: float) -> None:
        trial.report(f2, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    return validation_f2(own, folds(own.data), accelerator, on_epoch=on_epoch)


def _say(study: optuna.Study, trial: FrozenTrial) -> None:
    end = {
        optuna.trial.TrialState.COMPLETE: f"F2 {trial.value:.4f}" if trial.value is not None else "",
        optuna.trial.TrialState.PRUNED: f"given up after epoch {trial.last_step}",
        optuna.trial.TrialState.FAIL: f"failed: {trial.user_attrs.get(REASON, 'interrupted')}",
    }[trial.state]
    best = max((one.value for one in completed(study) if one.value is not None), default=None)
    so_far = "" if best is None else f" (best {best:.4f})"
    _LOG.info("trial %d: %s%s: %s", trial.number, end, so_far, _in_words(trial.params))


def _in_words(drawn: Mapping[str, object]) -> str:
    return ", ".join(f"{key.removeprefix('model.')} {_short(value)}" for key, value in drawn.items())


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _refuse_hopeless(study: optuna.Study) -> None:
    reasons = [trial.user_attrs[REASON] for trial in finished(study) if REASON in trial.user_attrs]
    if len(reasons) >= _HOPELESS_AFTER and len(reasons) == len(finished(study)):
        raise UserError(f"all of {len(reasons)} trials failed; most often: {statistics.mode(reasons)}")
