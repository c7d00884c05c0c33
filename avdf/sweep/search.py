"""A whole sweep: config and space -> a folder with the study, the best config, tables and a figure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import optuna
from sqlalchemy.exc import SQLAlchemyError

from avdf.config.loading import yaml_text
from avdf.config.schema import Config, DataConfig
from avdf.errors import UserError
from avdf.experiment.data import ExperimentData
from avdf.experiment.machine import check_machine, new_accelerator, refuse_many_processes
from avdf.experiment.settings import load_experiment
from avdf.files import write_csv, write_text
from avdf.sweep.ablation import CachedObjective, ablation_table, fallback_settings
from avdf.sweep.objective import load_folds, validation_f2
from avdf.sweep.report import draw_sweep, importance_table, trials_table
from avdf.sweep.space import Space, read_space
from avdf.sweep.storage import check_folder, claim_folder, database_error, database_in
from avdf.sweep.study import check_facts, check_trials, completed, note_facts, open_study
from avdf.sweep.trial_config import (
    augment_order,
    check_space,
    config_of_trial,
    with_float_ranges,
    without_machine_settings,
)
from avdf.sweep.trials import run_trials


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The extent of a sweep and where it is stored."""

    num_trials: int  # in total, those of other processes and of earlier calls included
    out: Path
    study: str
    storage: str | None = None  # a SQLAlchemy URL; default: SQLite in `out`
    num_folds: int | None = None
    prunes: bool = True
    ablation_seeds: Sequence[int] = (1, 2, 3)  # empty: no ablation


def run_sweep(config_path: Path, overrides: Sequence[str], space_path: Path, plan: Plan) -> Path:
    """Runs or continues a sweep; writes best.yaml, trials.csv, importance.csv, ablation.csv and sweep.png.

    Returns the path of best.yaml. Raises UserError for a mistake of the user, KeyboardInterrupt with all
    finished trials kept.
    """
    refuse_many_processes("sweep", "several sweeps at the same time: they share the study")
    space = read_space(space_path)
    config = load_experiment(config_path, overrides)
    check_machine(config)
    check_space(config, space)
    check_folder(plan.out, plan.study, plan.storage)
    try:
        return _run(config, with_float_ranges(config, space), plan)
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise database_error(error) from error


def _run(config: Config, space: Space, plan: Plan) -> Path:
    url = plan.storage or database_in(plan.out)
    study = open_study(url, plan.study, prunes=plan.prunes, num_epochs=config.train.epochs)
    # What trials must have in common to be compared; where a machine keeps its data does not matter.
    facts = {
        "config": yaml_text(without_machine_settings(config)),
        "space": space.text,
        "number of folds": str(plan.num_folds),
    }
    check_facts(study, facts)  # before all clips are decoded
    check_trials(study, space)
    claim_folder(plan.out, plan.study, plan.storage)
    base = load_folds(config, plan.num_folds, plan.out / "folds")
    facts["data"] = base[0].split.certificate["data_hash"]
    note_facts(study, facts)
    if not (plan.out / "space.yaml").is_file():
        write_text(plan.out / "space.yaml", space.source)

    def folds(data: DataConfig) -> Sequence[ExperimentData]:
        if data == config.data:
            return base
        return load_folds(replace(config, data=data), plan.num_folds, plan.out / "folds")

    accelerator = new_accelerator(config, None)
    try:
        run_trials(study, config, space, folds, accelerator, plan.num_trials)
    finally:
        write_csv(plan.out / "trials.csv", trials_table(study))
    objective = CachedObjective(
        lambda trial_config: validation_f2(trial_config, folds(trial_config.data), accelerator),
        plan.out / "ablation.json",
        {**facts, "study": plan.study},
    )
    return _write_report(study, config, space, plan, objective)


def _write_report(
    study: optuna.Study, config: Config, space: Space, plan: Plan, objective: CachedObjective
) -> Path:
    if not completed(study):
        raise UserError(f"{plan.out}: no trial was completed; give more --trials, or --no-pruning")
    best = config_of_trial(config, space, study.best_trial)
    header = f"# Trial {study.best_trial.number} of {plan.study}: F2 {study.best_value:.4f} on validation\n"
    write_text(plan.out / "best.yaml", header + yaml_text(best))
    importance, ablation = importance_table(study, space, config.seed), None
    write_csv(plan.out / "importance.csv", importance)
    if space.augment and plan.ablation_seeds:
        fallback, order = fallback_settings(study, config, space), augment_order(config, space)
        ablation = ablation_table(best, fallback, order, plan.ablation_seeds, objective)
        write_csv(plan.out / "ablation.csv", ablation)
    draw_sweep(plan.out / "sweep.png", trials_table(study), importance, ablation)
    return plan.out / "best.yaml"
