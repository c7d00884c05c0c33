"""What a config asks for: one run, one per fold, or one per attack left out."""

from collections.abc import Callable, Sequence
from pathlib import Path

from avdf.command import loading
from avdf.config.schema import Config


def run_as_configured(
    config: Config, *, name: str, command: Sequence[str] = (), resume: Path | None = None
) -> Path:
    """Trains every fold if `run.all_folds` is set, without each attack in turn if `run.each_attack_out` is,
    else one split; returns the run folder.

    `config` is resolved; `resume` is the folder of an unfinished run. Raises what `run_experiment`,
    `run_folds` and `run_each_attack` raise.
    """
    return _work(config)(config, name=name, command=command, resume=resume)


def _work(config: Config) -> Callable[..., Path]:
    """Loads one of the three alone, since each needs modules that the other does without."""
    with loading():
        if config.run.each_attack_out:
            from avdf.experiment.many_runs.attacks import run_each_attack

            return run_each_attack
        if config.run.all_folds:
            from avdf.experiment.many_runs.folds import run_folds

            return run_folds
        from avdf.experiment.run import run_experiment

        return run_experiment
