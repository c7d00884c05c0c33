"""The score table of one split of an experiment, and the validation metrics that an epoch is ranked by."""

import math
from functools import partial

import numpy as np
import pandas as pd
from accelerate import Accelerator

from avdf.config.schema import Config, EvaluationConfig
from avdf.data.clips import ATTACK_COLUMNS
from avdf.detector import Detector
from avdf.errors import ConfigError, TableError
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.scores import START_S, WITHOUT_START, CheckedScores
from avdf.evaluation.threshold_rules import best_threshold
from avdf.experiment.data import ExperimentData
from avdf.scoring import score_clips, score_table
from avdf.training.state import Metrics

_MIN_IDENTITIES = 5  # of each class; a smaller group is not counted as the worst


def check_groups(config: Config, data: ExperimentData) -> None:
    """Raises ConfigError before the training if the report would refuse the groups of the clips.

    A group column may be missing, or a person may be in two groups.
    """
    tables = [
        score_table(clips.table, split, clips.is_fake, np.zeros(len(clips)), config.data.target)
        for split, clips in data.splits.items()
        if split != "train"
    ]
    try:
        CheckedScores.of(pd.concat(tables), config.evaluation.group_columns)
    except TableError as error:
        raise ConfigError(f"evaluation.groups: {error}") from error


def score_split(
    config: Config,
    detector: Detector,
    data: ExperimentData,
    split: str,
    accelerator: Accelerator,
    *,
    without_start: bool = False,
) -> pd.DataFrame:
    """The score table of one split; `without_start` adds the scores of the clips with their start cut off."""
    clips = data.splits[split]
    score = partial(
        score_clips,
        detector,
        num_crops=config.evaluation.num_crops,
        batch_size=config.evaluation.batch_size,
        accelerator=accelerator,
        workers=config.data.workers,
    )
    table = score_table(clips.table, split, clips.is_fake, score(clips), config.data.target)
    if without_start:
        table[WITHOUT_START] = score(clips.without_start(START_S))
    return table.assign(**{name: clips.table[name].to_numpy() for name in ATTACK_COLUMNS})


def validation_metrics(
    detector: Detector, *, config: Config, data: ExperimentData, accelerator: Accelerator
) -> Metrics:
    """The metrics of the validation split, by which an epoch is ranked, at its own best threshold."""
    table = score_split(config, detector, data, "validation", accelerator)
    return metrics_of_validation(table, config.evaluation)


def metrics_of_validation(validation: pd.DataFrame, rule: EvaluationConfig) -> Metrics:
    """f2, f2_at_prevalence, auc, threshold; worst_group_f2 is the lowest f2_at_prevalence of a group."""
    is_fake, score = validation["is_fake"].to_numpy(), validation["score"].to_numpy()
    threshold = best_threshold(is_fake, score, beta=rule.beta, prevalence=rule.prevalence)
    metrics = _metrics_at(validation, threshold, rule)
    of_groups = [
        _metrics_at(rows, threshold, rule)["f2_at_prevalence"]
        for column in rule.group_columns
        for _, rows in validation.groupby(column)
        if rows.groupby("is_fake")["identity"].nunique().reindex([0, 1], fill_value=0).min()
        >= _MIN_IDENTITIES
    ]
    return {key: metrics[key] for key in ("f2", "f2_at_prevalence", "auc")} | {
        "worst_group_f2": min(of_groups, default=math.nan),
        "threshold": threshold,
    }


def _metrics_at(rows: pd.DataFrame, threshold: float, rule: EvaluationConfig) -> dict[str, float]:
    return binary_metrics(
        rows["is_fake"].to_numpy(),
        rows["score"].to_numpy(),
        threshold,
        beta=rule.beta,
        prevalence=rule.prevalence,
    )
