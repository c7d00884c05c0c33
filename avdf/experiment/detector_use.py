"""What a saved detector tells its users beyond the threshold: calibration, the other threshold, its sound."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from avdf.config.evaluation import EvaluationConfig, Whole
from avdf.data.dataset import LabelledClips
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import Threshold, choose_threshold
from avdf.experiment.llr_map import choose_calibration
from avdf.experiment.training_sound import training_sound


def threshold_of(validation: CheckedScores, rule: EvaluationConfig, seed: int) -> Threshold:
    """The threshold by the rule of an evaluation, from the rows of validation."""
    return choose_threshold(validation, rule.threshold, beta=rule.beta, prevalence=rule.prevalence, seed=seed)


def facts_for_use(
    validation: CheckedScores,
    others: Mapping[Whole, pd.DataFrame],
    train: LabelledClips,
    rule: EvaluationConfig,
    seed: int,
) -> dict[str, Any]:
    """`thresholds`, `calibration`, `calibration_reason` and `training_sound` of detector.json.

    `validation`: the rows as they are scored by the rule; `others`: by the other ways to make a clip's score
    of its crops.
    """
    calibration, reason = choose_calibration(validation)
    return {
        "thresholds": {
            whole: threshold_of(CheckedScores.of(table, rule.group_columns), rule, seed).as_dict()
            for whole, table in others.items()
        },
        "calibration": asdict(calibration) if calibration else None,
        "calibration_reason": reason,
        "training_sound": asdict(training_sound(train)),
    }
