"""Train a detector and report on it.

    avdf train CONFIG [key=value ...] [--resume RUN] [--all-folds | --each-attack-out]

For example: avdf train configs/audio_effnet.yaml data.root=FakeAVCeleb_v1.2 train.epochs=20

Prepares the data if need be, splits it by voice, trains, chooses the threshold on the validation split,
scores the test split and audits it by group.

The last line says where the run and its report are. Exit status 1: done, but a whole group of the data set
could not be read; the log and the first warning of the report name it.
"""

import argparse

from avdf.command import DONE, SOME_FAILED, command_line, loading
from avdf.commands.parsing import path
from avdf.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("config", nargs="?", metavar="CONFIG", help="an experiment's YAML; --resume uses the run's own")
    add("overrides", nargs="*", metavar="key=value", help="a setting in place of the YAML's")
    add("--resume", type=path, metavar="RUN", help="continue an interrupted run")
    add("--all-folds", action="store_true", help="train every fold of data.split.folds and pool them")
    add("--each-attack-out", action="store_true", help="leave each attack and faker out in turn")


def main(arguments: argparse.Namespace) -> int:
    if not arguments.resume and not arguments.config:
        raise UserError("give a config, as in avdf train configs/audio_cnn.yaml, or --resume RUN")
    with loading():
        from avdf.experiment.settings import config_to_resume, load_experiment
        from avdf.experiment.start import run_as_configured
        from avdf.run_folder import RunFolder

        asked = {"all_folds": arguments.all_folds, "each_attack_out": arguments.each_attack_out}
        flags = [f"run.{name}=true" for name, is_set in asked.items() if is_set]
        if arguments.resume:
            words = [arguments.config or "", *arguments.overrides]  # without CONFIG the first is an override
            overrides = [word for word in words if "=" in word]
            config = config_to_resume(RunFolder(arguments.resume), [*overrides, *flags])
            name = arguments.resume.name
        else:
            config_path = path(arguments.config)
            config, name = load_experiment(config_path, [*arguments.overrides, *flags]), config_path.stem
    run = RunFolder(run_as_configured(config, name=name, command=command_line(), resume=arguments.resume))
    report = run.unseen_attacks_html if config.run.each_attack_out else run.audit_html
    print(f"{run.path}: done; the report is {report}")
    return SOME_FAILED if run.lost_groups() else DONE
