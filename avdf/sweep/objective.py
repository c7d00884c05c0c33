"""The objective of a search: F2 on validation, of one training or averaged over folds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from accelerate import Accelerator

from avdf.config.schema import Config, SplitConfig
from avdf.data.splits.rules import split_clips
from avdf.errors import ConfigError, UserError
from avdf.experiment.data import ExperimentData, load_data, prepare_data_and_frames
from avdf.experiment.run import new_detector, train
from avdf.files import write_csv
from avdf.training.loop import rank_of_epoch
from avdf.training.state import Metrics

OnEpoch = Callable[[int, float], None]  # epoch, counted over all folds; F2 if every fold stopped there


def load_folds(config: Config, num_folds: int | None, folder: Path) -> list[ExperimentData]:
    """The train and validation splits of the config, or `num_folds` folds of the clips of both.

    The test split is left out for any number of folds. Its clips are decoded and probed with the
    others when the data is prepared; no trial trains on them or is judged by them. The folds are written
    to `folder`. Raises ConfigError if the split rule has no folds.
    """
    prepared_data = prepare_data_and_frames(config)
    data = load_data(config, prepared_data=prepared_data)
    if num_folds is None:
        return [_without_test(data)]
    rule = config.data.split.name
    if rule not in ("voice", "strict", "face"):
        raise ConfigError(f"--folds goes with data.split.name: voice, strict or face, got {rule}")
    table = data.split.table
    clips = data.clips[data.clips["clip"].isin(table["clip"][table["split"] != "test"])]
    folds = []
    for fold in range(num_folds):
        fold_rule = SplitConfig(name=rule, folds=num_folds, fold=fold)
        fold_table = split_clips(clips, fold_rule, config.seed, target=config.data.target).table
        # The test clips of the fold come from the config's train and validation splits.
        fold_table["split"] = np.where(fold_table["split"] == "test", "validation", "train")
        path = folder / f"fold-{fold}.csv"
        write_csv(path, pd.concat([fold_table, table[table["split"] == "test"]]))
        fold_data = replace(config.data, split=SplitConfig(name="file", path=str(path)))
        of_fold = load_data(replace(config, data=fold_data), prepared_data=prepared_data)
        folds.append(_without_test(of_fold))
    return folds


def validation_f2(
    config: Config,
    folds: Sequence[ExperimentData],
    accelerator: Accelerator,
    *,
    on_epoch: OnEpoch | None = None,
) -> float:
    """Trains on each fold; the mean F2 at the prevalence of the epochs that `train.checkpoint` keeps.

    Raises UserError if a training can't continue or validation lacks a class.
    """
    f2_of_folds: list[float] = []
    for data in folds:
        report = None
        if on_epoch is not None:
            report = _report_mean(on_epoch, config, f2_of_folds)
        try:
            result = train(config, new_detector(config), data, accelerator, on_epoch=report)
        finally:  # the network of a pruned trial is freed, too
            accelerator.free_memory()
        f2_of_folds.append(result.best["f2_at_prevalence"])
    if not np.isfinite(f2_of_folds).all():
        raise UserError("data.split: F2 is undefined on validation, which lacks real or fake clips")
    return float(np.mean(f2_of_folds))


def f2_kept(epochs: Sequence[Metrics], checkpoint: str) -> float:
    """F2 at the prevalence of the epoch that would be kept if training stopped now."""
    return max(epochs, key=lambda epoch: rank_of_epoch(epoch, checkpoint))["f2_at_prevalence"]


def _report_mean(
    on_epoch: OnEpoch, config: Config, earlier_folds: Sequence[float]
) -> Callable[[int, Metrics], None]:
    """A callback for the training on the next fold, which passes on the mean over the folds so far."""
    epochs: list[Metrics] = []
    earlier = list(earlier_folds)

    def report(epoch: int, metrics: Metrics) -> None:
        epochs.append(metrics)
        f2 = f2_kept(epochs, config.train.checkpoint)
        on_epoch(len(earlier) * config.train.epochs + epoch, float(np.mean([*earlier, f2])))

    return report


def _without_test(data: ExperimentData) -> ExperimentData:
    return replace(data, splits={name: clips for name, clips in data.splits.items() if name != "test"})
