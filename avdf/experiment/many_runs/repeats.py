"""One run per seed: the runs, the table of their metrics, and one audit of all test scores."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avdf.config.schema import Config, SplitConfig
from avdf.errors import ConfigError
from avdf.experiment.machine import refuse_many_processes
from avdf.experiment.many_runs.pooled import audit_seeds
from avdf.experiment.repeat_table import markdown, repeat_table
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import changed_setting
from avdf.files import write_csv, write_text
from avdf.run_folder import RunFolder

_LOG = logging.getLogger(__name__)


def run_repeats(
    config: Config,
    seeds: Sequence[int],
    out: Path,
    *,
    same_split: bool = False,
    command: Sequence[str] = (),
) -> Path:
    """Trains with each seed; writes repeat.csv, repeat.md, scores.csv, metrics.json and audit/ to `out`.

    A seed also splits the clips; with `same_split` all keep the split of the first. Finished runs of the
    same config are kept, an unfinished one is resumed. `config` is resolved. Returns the path of repeat.md.
    Raises UserError.
    """
    if config.run.all_folds:
        raise ConfigError(
            "run.all_folds: repeat trains one split per seed; give run.all_folds=false data.split.folds=null"
        )
    if config.run.each_attack_out:
        raise ConfigError(
            "run.each_attack_out: repeat trains one split per seed; give run.each_attack_out=false"
        )
    refuse_many_processes("repeat", "train each seed first, with tools/train.py seed=N run.dir=OUT/seed-N")
    if len(set(seeds)) < len(seeds) or len(seeds) < 2 or min(seeds) < 0:
        raise ConfigError(f"--seeds: give two or more different ones >= 0, got {', '.join(map(str, seeds))}")
    if RunFolder(out).is_begun:
        raise ConfigError(f"--out: {out} is a run itself, whose scores would be lost; name another folder")
    runs: dict[int, RunFolder] = {}
    for number, seed in enumerate(seeds, start=1):
        of_seed = replace(config, seed=seed)
        if same_split and runs:
            split_csv = runs[seeds[0]].split_csv.resolve()
            split = SplitConfig(name="file", path=str(split_csv))
            of_seed = replace(of_seed, data=replace(of_seed.data, split=split))
        _LOG.info("seed %d, number %d of %d", seed, number, len(seeds))
        runs[seed] = finished_run(of_seed, out / f"seed-{seed}", command)
    table = repeat_table(runs)
    write_csv(out / "repeat.csv", table)
    note = f"Test scores of {len(runs)} runs in one table: a clip may be listed once per run."
    audit_seeds(config, runs, RunFolder(out), note=note)
    write_text(out / "repeat.md", markdown(table, len(seeds), same_split=same_split))
    return out / "repeat.md"


def finished_run(config: Config, folder: Path, command: Sequence[str]) -> RunFolder:
    """The run in `folder`: kept if it is done, else resumed or started.

    Raises ConfigError if a run of another config is there.
    """
    run = RunFolder(folder)
    config = replace(config, run=replace(config.run, dir=str(folder)))
    if not run.is_begun:
        run_experiment(config, name=run.name, command=command)
        return run
    if change := changed_setting(run.config(), config):
        raise ConfigError(f"{folder}: is a run of another config ({change}); name another folder")
    if not run.is_done:
        run_experiment(config, name=run.name, command=command, resume=folder)
    return run
