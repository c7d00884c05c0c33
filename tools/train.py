"""python tools/train.py CONFIG [key=value ...] [--resume RUN] [--all-folds]

Trains a detector and reports on it: prepares the data if need be, parts it by voice, trains, chooses
the threshold on the validation part, scores the test part and audits it by group.

    python tools/train.py configs/audio_effnet.yaml data.root=FakeAVCeleb_v1.2 train.epochs=20
"""

import argparse
import shlex
import sys
from pathlib import Path

from avdf import command


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "config", nargs="?", help="an experiment's YAML, as in configs/; --resume takes the run's own"
    )
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="a setting in place of the YAML's")
    parser.add_argument("--resume", type=Path, metavar="RUN", help="go on with an interrupted run")
    parser.add_argument(
        "--all-folds", action="store_true", help="train every fold of data.split.folds and audit them as one"
    )
    arguments = parser.parse_intermixed_args()
    if not arguments.resume and not arguments.config:
        parser.error("give a config, or --resume RUN")

    from avdf.experiment.many_runs import run_folds
    from avdf.experiment.run import run_experiment
    from avdf.experiment.settings import config_to_resume, load_experiment
    from avdf.run_folder import RunFolder

    if arguments.resume:
        words = [arguments.config or "", *arguments.overrides]  # without CONFIG the first is an override
        overrides = [word for word in words if "=" in word]
        config, name = config_to_resume(RunFolder(arguments.resume), overrides), arguments.resume.name
    else:
        config, name = load_experiment(arguments.config, arguments.overrides), Path(arguments.config).stem
    line = ["python", *(shlex.quote(word) for word in sys.argv)]
    work = run_folds if arguments.all_folds else run_experiment
    run = work(config, name=name, command=line, resume=arguments.resume)
    print(f"{run}: done; the report is {RunFolder(run).audit_html}")


if __name__ == "__main__":
    command.run(main)
