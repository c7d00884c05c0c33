"""How good a config is: F2 on validation, of one training or of one a fold. No test clip is at hand here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from accelerate import Accelerator

from avdf.config.schema import Config, SplitConfig
from avdf.data.splits.rules import split_clips
from avdf.errors import ConfigError, UserError
from avdf.experiment.data import ExperimentData, load_data
from avdf.experiment.run import new_detector, train
from avdf.files import write_csv
from avdf.training.loop import rank_of_epoch
from avdf.training.state import Metrics

OnEpoch = Callable[[int, float], None]  # the epoch, counted over all folds; F2 if all ended there


def load_folds(config: Config, num_folds: int | None, folder: Path) -> list[ExperimentData]:
    """The train and validation parts of the config's split, or of `num_folds` partings of their clips.

    The test part is taken out, whatever the number of folds: its clips are in no fold. They are decoded
    and probed with the rest when the data is prepared; no trial trains on them or is judged by them.
    The folds are written to `folder`. Raises ConfigError where there can be no such folds.
    """
    whole = load_data(config)
    if num_folds is None:
        return [_without_test(whole)]
    kind = config.data.split.name
    if kind not in ("voice", "strict"):
        raise ConfigError(f"--folds goes with data.split.name: voice or strict, got {kind}")
    table = whole.split.table
    ours = whole.clips[whole.clips["clip"].isin(table["clip"][table["split"] != "test"])]
    folds = []
    for fold in range(num_folds):
        rule = SplitConfig(name=kind, folds=num_folds, fold=fold)
        parted = split_clips(ours, rule, config.seed, target=config.data.target).table
        # The fold's own test clips, none of them the config's, are what it is validated on.
        held_out = parted["split"] == "test"
        parted["split"] = np.where(held_out, "validation", "train")
        path = folder / f"fold-{fold}.csv"
        write_csv(path, pd.concat([parted, table[table["split"] == "test"]]))
        as_parted = replace(config.data, split=SplitConfig(name="file", path=str(path)))
        folds.append(_without_test(load_data(replace(config, data=as_parted))))
    return folds


def validation_f2(
    config: Config,
    folds: Sequence[ExperimentData],
    accelerator: Accelerator,
    *,
    on_epoch: OnEpoch | None = None,
) -> float:
    """Trains on each fold; the mean of F2 at the prevalence, each of the epoch that `train.checkpoint` keeps.

    Raises UserError where a training can't go on or validation lacks a class.
    """
    found: list[float] = []
    for number, data in enumerate(folds):
        seen: list[Metrics] = []

        def told(epoch: int, figures: Metrics, seen: list[Metrics] = seen, number: int = number) -> None:
            seen.append(figures)
            if on_epoch is not None:
                f2 = f2_kept(seen, config.train.checkpoint)
                on_epoch(number * config.train.epochs + epoch, float(np.mean([*found, f2])))

        try:
            history = train(config, new_detector(config), data, accelerator, on_epoch=told)
        finally:  # a trial that was given up leaves no network behind, either
            accelerator.free_memory()
        found.append(history.best["f2_at_prevalence"])
    if not np.isfinite(found).all():
        raise UserError("data.split: F2 is undefined on validation, which lacks real or fake clips")
    return float(np.mean(found))


def f2_kept(epochs: Sequence[Metrics], checkpoint: str) -> float:
    """F2 at the prevalence of the epoch whose weights a training keeps that ends after these."""
    return max(epochs, key=lambda figures: rank_of_epoch(figures, checkpoint))["f2_at_prevalence"]


def _without_test(data: ExperimentData) -> ExperimentData:
    return replace(data, splits={name: clips for name, clips in data.splits.items() if name != "test"})
