"""The score table of one part of an experiment, and what an epoch is judged by on the validation part."""

import math
from functools import partial

import pandas as pd
from accelerate import Accelerator

from avdf.config.schema import Config, EvaluationConfig
from avdf.detector import Detector
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.scores import START_S, WITHOUT_START
from avdf.evaluation.threshold_rules import best_threshold
from avdf.experiment.data import ExperimentData
from avdf.scoring import score_clips, score_table
from avdf.training.state import Metrics

_FEWEST_IDENTITIES = 5  # of each class; a group with fewer is not judged


def score_part(
    config: Config,
    detector: Detector,
    data: ExperimentData,
    split: str,
    accelerator: Accelerator,
    *,
    without_start: bool = False,
) -> pd.DataFrame:
    """The score table of one part; `without_start` adds the scores of the clips with their start cut off."""
    part = data.splits[split]
    scored = partial(
        score_clips,
        detector,
        num_crops=config.evaluation.num_crops,
        batch_size=config.evaluation.batch_size,
        accelerator=accelerator,
        workers=config.data.workers,
    )
    table = score_table(part.table, split, part.is_fake, scored(part), config.data.target)
    return table.assign(**{WITHOUT_START: scored(part.without_start(START_S))}) if without_start else table


def validation_figures(
    detector: Detector, *, config: Config, data: ExperimentData, accelerator: Accelerator
) -> Metrics:
    """What an epoch is judged by: the figures of the validation part at its own best threshold."""
    table = score_part(config, detector, data, "validation", accelerator)
    return figures_of(table, config.evaluation)


def figures_of(validation: pd.DataFrame, rule: EvaluationConfig) -> Metrics:
    """F2 as the rows are, at the prevalence and of the worst group; AUC; and the threshold of all."""
    is_fake, score = validation["is_fake"].to_numpy(), validation["score"].to_numpy()
    value = best_threshold(is_fake, score, beta=rule.beta, prevalence=rule.prevalence)
    found = _figures_at(validation, value, rule)
    of_groups = [
        _figures_at(rows, value, rule)["f2_at_prevalence"]
        for column in rule.group_columns
        for _, rows in validation.groupby(column)
        if rows.groupby("is_fake")["identity"].nunique().reindex([0, 1], fill_value=0).min()
        >= _FEWEST_IDENTITIES
    ]
    return {key: found[key] for key in ("f2", "f2_at_prevalence", "auc")} | {
        "worst_group_f2": min(of_groups, default=math.nan),
        "threshold": value,
    }


def _figures_at(rows: pd.DataFrame, threshold: float, rule: EvaluationConfig) -> dict[str, float]:
    return binary_metrics(
        rows["is_fake"].to_numpy(),
        rows["score"].to_numpy(),
        threshold,
        beta=rule.beta,
        prevalence=rule.prevalence,
    )
