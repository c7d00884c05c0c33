"""Every fold of `data.split.folds`: trained side by side on data prepared once, audited together."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from avdf.command import DONE, INTERRUPTED
from avdf.config.loading import yaml_text
from avdf.config.schema import Config
from avdf.errors import ConfigError, UserError
from avdf.experiment.data import PreparedData, prepare_data_and_frames
from avdf.experiment.machine import check_machine, refuse_many_processes
from avdf.experiment.many_runs.pooled import audit_folds
from avdf.experiment.many_runs.processes import PROGRAM_ERROR, Outcome, Processes
from avdf.experiment.many_runs.room import num_side_by_side
from avdf.experiment.many_runs.worker import Job
from avdf.experiment.record import new_run
from avdf.experiment.run import new_detector, run_experiment
from avdf.experiment.settings import changed_setting
from avdf.files import write_text
from avdf.passes import best_device
from avdf.progress import progress
from avdf.run_folder import RunFolder
from avdf.training.checkpoints import num_epochs_saved


def run_folds(config: Config, *, name: str, command: Sequence[str] = (), resume: Path | None = None) -> Path:
    """Trains every fold into RUN/fold-I, pools their test scores, and audits all people together.

    With one split, test has a handful of people per group; over all folds everyone is tested once. The
    data is prepared once, before the first fold. A fold that is finished is not trained again; if a fold
    fails, the others are finished first. `config` is resolved. Raises ConfigError without
    `data.split.folds`, UserError naming each fold that failed and why.
    """
    folds = config.data.split.folds
    if folds is None:
        raise ConfigError("data.split.folds: say how many folds, as in data.split.folds=5, for all folds")
    refuse_many_processes("all folds", "train a fold at a time (data.split.fold=0, ...)")
    check_machine(config)
    new_detector(config)  # what its settings or its weights lack is said before any work
    run = RunFolder(resume) if resume else new_run(config, name)
    if run.split_csv.exists() and not run.folds:
        raise ConfigError(f"--all-folds: {run.path} is the run of one fold; leave --all-folds out")
    write_text(run.config_yaml, yaml_text(config))  # of a resumed run: where the data is now
    configs = [_of_fold(config, fold, run) for fold in range(folds)]
    unfinished = [fold for fold in range(folds) if not _is_done(configs[fold], run.fold(fold))]
    if unfinished:
        _train([configs[fold] for fold in unfinished], run, command)
    audit_folds(config, run)
    return run.path


def _of_fold(config: Config, fold: int, run: RunFolder) -> Config:
    """The config of one fold, as if it were trained alone.

    On the CPU it has one thread, if `run.threads` gives no other number: with as many threads as there are
    cores left, scores would depend on how many folds are trained side by side.
    """
    threads = config.run.threads or (1 if best_device().type == "cpu" else None)
    of_run = replace(config.run, dir=str(run.fold(fold).path), all_folds=False, threads=threads)
    split = replace(config.data.split, fold=fold)
    return replace(config, data=replace(config.data, split=split), run=of_run)


def _is_done(config: Config, fold: RunFolder) -> bool:
    """Whether the fold is finished. Raises ConfigError if it was begun with another config."""
    if fold.is_begun and (change := changed_setting(fold.config(), config, may_move=True)):
        raise ConfigError(f"{fold.path}: is a run of another config ({change}); name another folder")
    return fold.is_done


def _train(configs: Sequence[Config], run: RunFolder, command: Sequence[str]) -> None:
    """Trains folds in processes. Raises UserError for those that failed, KeyboardInterrupt on a signal."""
    data = prepare_data_and_frames(configs[0])
    jobs = [_job(config, run.fold(config.data.split.fold), data, command) for config in configs]
    num_parallel = num_side_by_side(configs[0], len(jobs))
    total = sum(
        config.train.epochs - num_epochs_saved(run.fold(config.data.split.fold).checkpoints)
        for config in configs
    )
    with Processes(jobs, num_parallel) as processes:
        label = f"training {len(jobs)} folds, {num_parallel} side by side"
        for _ in progress(processes.epochs(), label, total=total, unit="epochs"):
            pass
    refuse_failures([outcome for outcome in processes.outcomes if outcome.status != DONE], run, num_parallel)


def _job(config: Config, fold: RunFolder, data: PreparedData, command: Sequence[str]) -> Job:
    """The training of a fold, as a run that is resumed: its folder is made here."""
    if not fold.is_begun:
        new_run(config, fold.name)
    work = partial(
        run_experiment, config, name=fold.name, command=command, resume=fold.path, prepared_data=data
    )
    return Job(f"fold {config.data.split.fold + 1} of {config.data.split.folds}", fold.train_log, work)


def refuse_failures(
    failed: Sequence[Outcome], run: RunFolder, num_parallel: int, kind: str = "folds"
) -> None:
    """Raises UserError with the reason of each fold, KeyboardInterrupt if all of them were interrupted.

    Raises RuntimeError for an error of the program. `kind` is what the jobs are, if not folds.
    """
    if not failed:
        return
    labels: dict[str, list[str]] = {}
    for outcome in sorted(failed, key=lambda outcome: outcome.job.label):
        labels.setdefault(outcome.message, []).append(outcome.job.label)
    reasons = "; ".join(f"{', '.join(names)}: {message}" for message, names in labels.items())
    if all(outcome.status == INTERRUPTED for outcome in failed):
        raise KeyboardInterrupt
    fewer = " (run.parallel_folds=1 needs less memory)" if "memory" in reasons and num_parallel > 1 else ""
    text = f"{reasons}. The other {kind} are finished; --resume {run.path} continues with what is not{fewer}"
    if any(outcome.status == PROGRAM_ERROR for outcome in failed):
        raise RuntimeError(text)
    raise UserError(text)
