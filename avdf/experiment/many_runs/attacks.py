"""Every attack left out of training in turn, beside one run on all of them: the attacks never trained on.

Attacks are those of the corpus, where training has its fakes, and the fakers of copies (`data.fakes`).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from avdf.command import DONE
from avdf.config.loading import yaml_text
from avdf.config.schema import SPLITS, Config
from avdf.data.splits.attacks import attacks_of
from avdf.errors import ConfigError
from avdf.experiment.copies_in_splits import split_with_copies
from avdf.experiment.data import PreparedData, prepare_data_and_frames
from avdf.experiment.fakes import Copies, read_copies
from avdf.experiment.machine import check_machine, refuse_many_processes
from avdf.experiment.many_runs.folds import refuse_failures
from avdf.experiment.many_runs.processes import Processes
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

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Part:
    """One of the runs: its label, its config and its folder."""

    label: str
    config: Config
    run: RunFolder

    @property
    def is_done(self) -> bool:
        """Raises ConfigError if the folder is a run of another config."""
        if self.run.is_begun and (change := changed_setting(self.run.config(), self.config, may_move=True)):
            raise ConfigError(f"{self.run.path}: is a run of another config ({change}); name another folder")
        return self.run.is_done


def run_each_attack(
    config: Config, *, name: str, command: Sequence[str] = (), resume: Path | None = None
) -> Path:
    """Trains RUN/all-attacks and, per attack, RUN/without-ATTACK; writes RUN/unseen_attacks.

    The data is prepared once; all runs have the same clips in test, copies of real ones among them if
    training has copies. A run that is finished is not trained again. An attack that cannot be left out, since
    nobody in test has a fake of it, is listed with the reason. `config` is resolved. Raises ConfigError where
    no attack can be left out, UserError naming each run that failed and why.
    """
    if config.data.split.name != "voice":
        raise ConfigError(
            "--each-attack-out: divides people by voice and then leaves out each attack; give "
            f"data.split.name=voice, not {config.data.split.name}"
        )
    refuse_many_processes("--each-attack-out", "leave out an attack at a time (leave_attack_out)")
    check_machine(config)
    new_detector(config)
    data = prepare_data_and_frames(config)
    copies = read_copies(config.data, data.prepared)
    config = _with_copies_in_test(config)
    possible, not_tested = attacks_in_turn(config, data, copies)
    run = RunFolder(resume) if resume else new_run(config, name)
    write_text(run.config_yaml, yaml_text(config))
    parts = _parts(config, run, possible)
    unfinished = [part for part in parts if not part.is_done]
    if unfinished:
        _train(unfinished, run, data, command)
    _report(run, possible, not_tested)
    return run.path


def _with_copies_in_test(config: Config) -> Config:
    """The same, with the copies of test people in test, where fakers are judged on them."""
    fakes = config.data.fakes
    if not fakes.is_used or fakes.in_test:
        return config
    _LOG.info("data.fakes.in_test is true in all runs: each faker is judged on copies of test people")
    return replace(config, data=replace(config.data, fakes=replace(fakes, in_test=True)))


def attacks_in_turn(
    config: Config, data: PreparedData, copies: Copies | None
) -> tuple[list[str], Mapping[str, str]]:
    """The attacks that can be left out, and why the others cannot. Raises ConfigError if there is none.

    One of the corpus and a faker of the same name are one attack.
    """
    settings, attacks = config.data, set(copies.attacks if copies else ())
    if settings.fakes.uses_corpus_fakes(SPLITS[0]):
        attacks |= set(attacks_of(data.prepared.clips, settings.target))
    possible, not_tested = [], {}
    for attack in sorted(attacks):
        try:
            split_with_copies(_without(config, attack).data, config.seed, data.prepared, copies)
            possible.append(attack)
        except ConfigError as error:
            not_tested[attack] = str(error)
    if not possible:
        reasons = next(iter(not_tested.values()), f"training has no fake by data.target={settings.target}")
        raise ConfigError(f"--each-attack-out: no attack can be left out: {reasons}")
    return possible, not_tested


def _without(config: Config, attack: str) -> Config:
    split = replace(config.data.split, name="leave_attack_out", attacks=[attack])
    return replace(config, data=replace(config.data, split=split))


def _parts(config: Config, run: RunFolder, attacks: Sequence[str]) -> list[_Part]:
    """The run on all attacks, then one per attack, whose stress test is left out."""
    plain = replace(config, evaluation=replace(config.evaluation, stress="none"))
    configs = {"all attacks": (config, run.with_all_attacks)}
    configs |= {
        f"without {attack}": (_without(plain, attack), run.without_attack(attack)) for attack in attacks
    }
    threads = config.run.threads or (1 if best_device().type == "cpu" else None)
    return [
        _Part(
            label,
            replace(
                of_part,
                run=replace(config.run, dir=str(folder.path), each_attack_out=False, threads=threads),
            ),
            folder,
        )
        for label, (of_part, folder) in configs.items()
    ]


def _train(parts: Sequence[_Part], run: RunFolder, data: PreparedData, command: Sequence[str]) -> None:
    """Trains the runs in processes. Raises UserError for those that failed, KeyboardInterrupt on a signal."""
    jobs = []
    for part in parts:
        if not part.run.is_begun:
            new_run(part.config, part.run.name)
        work = partial(
            run_experiment,
            part.config,
            name=part.run.name,
            command=command,
            resume=part.run.path,
            prepared_data=data,
        )
        jobs.append(Job(part.label, part.run.train_log, work))
    num_parallel = num_side_by_side(parts[0].config, len(jobs))
    total = sum(part.config.train.epochs - num_epochs_saved(part.run.checkpoints) for part in parts)
    with Processes(jobs, num_parallel) as processes:
        label = f"training {len(jobs)} runs, {num_parallel} side by side"
        for _ in progress(processes.epochs(), label, total=total, unit="epochs"):
            pass
    failed = [outcome for outcome in processes.outcomes if outcome.status != DONE]
    refuse_failures(failed, run, num_parallel, kind="runs")


def _report(run: RunFolder, attacks: Sequence[str], not_tested: Mapping[str, str]) -> None:
    from avdf.audit.unseen_attacks import unseen_content, write_unseen

    without = {attack: run.without_attack(attack) for attack in attacks}
    write_unseen(unseen_content(run.with_all_attacks, without, not_tested), run)
