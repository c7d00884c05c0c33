"""What a saved detector tells its users beyond its weights: thresholds, calibration, its training's sound."""

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


def thresholds_of(
    validation: Mapping[Whole, pd.DataFrame],
    channels: Mapping[Whole, pd.DataFrame],
    rule: EvaluationConfig,
    seed: int,
) -> dict[Whole, Threshold]:
    """The threshold by each way to make a clip's score of its crops, chosen on the rows of validation.

    `channels`: rows of the same people through channels, which count like those as recorded; none if empty.
    """
    return {
        whole: choose_threshold(
            CheckedScores.of(
                pd.concat([table, *([channels[whole]] if channels else [])], ignore_index=True),
                rule.group_columns,
            ),
            rule.threshold,
            beta=rule.beta,
            prevalence=rule.prevalence,
            seed=seed,
        )
        for whole, table in validation.items()
    }


def facts_for_use(
    validation: CheckedScores, others: Mapping[Whole, Threshold], train: LabelledClips
) -> dict[str, Any]:
    """`thresholds`, `calibration`, `calibration_reason` and `training_sound` of detector.json.

    `validation`: the rows as they are scored by the rule; `others`: the thresholds by the other ways.
    """
    calibration, reason = choose_calibration(validation)
    sound = training_sound(train)
    return {
        "thresholds": {whole: threshold.as_dict() for whole, threshold in others.items()},
        "calibration": asdict(calibration) if calibration else None,
        "calibration_reason": reason,
        "training_sound": asdict(sound) if sound else None,
    }
