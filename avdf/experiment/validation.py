"""The metrics of the validation split after each epoch, each recording scored once."""

import logging
import math

import numpy as np
import pandas as pd
from accelerate import Accelerator

from avdf.config.evaluation import EvaluationConfig
from avdf.config.schema import Config
from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops
from avdf.data.representatives import recordings, representatives
from avdf.detector import Detector
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.threshold_rules import best_threshold
from avdf.experiment.machine import num_workers
from avdf.passes import KeptInputs
from avdf.scoring import crop_logits, score_table, whole_scores
from avdf.training.state import Metrics

_LOG = logging.getLogger(__name__)
_MIN_IDENTITIES = 5  # of each class; a smaller group is not counted as the worst


class Validation:
    """Which clips of the validation split are scored, and the rows that its metrics are computed from.

    The copies of a recording in many clips would be scored alike, so a detector that only hears scores one
    clip per recording and label. `rows` has one row per recording, label, person and groups, with the number
    of clips (`num_clips`) that it stands for: metrics are weighted by it, and every person stays in the
    table. With `evaluation.every_clip`, and for a detector that looks at frames, every clip is scored, and
    each row is one clip.
    """

    def __init__(self, config: Config, clips: LabelledClips) -> None:
        self._config = config
        self.num_clips = len(clips)
        self.shares = not (config.evaluation.every_clip or config.model.reads_frames)
        recording = recordings(clips) if self.shares else np.arange(len(clips))
        self.scored = clips.selected(representatives(clips, recording))
        self._crops = EvenCrops([self.scored], num_crops=config.evaluation.num_crops)
        self._kept = KeptInputs()
        table = score_table(
            clips.table, "validation", clips.is_fake, np.zeros(len(clips)), config.data.target
        ).assign(recording=recording)
        keys = ["recording", "is_fake", "identity", *config.evaluation.group_columns]
        self.rows = table.groupby(keys, sort=False, dropna=False).size().rename("num_clips").reset_index()

    @property
    def counts(self) -> Metrics:
        """The columns of history.csv that say how many clips were scored, and for how many they stand."""
        return {"validation_scored": len(self.scored), "validation_clips": self.num_clips}

    def describe(self) -> str:
        if not self.shares:
            return f"validation: each of {self.num_clips} clips is scored after every epoch"
        return f"validation: {len(self.scored)} recordings standing for {self.num_clips} clips"

    def announce(self, accelerator: Accelerator) -> None:
        """Says in the log and in TensorBoard what is scored."""
        _LOG.info("%s", self.describe())
        for tracker in accelerator.trackers:
            if tracker.name == "tensorboard":  # MLflow takes numbers only
                tracker.log({"validation": self.describe()}, step=0)

    def metrics(self, detector: Detector, accelerator: Accelerator) -> Metrics:
        """The metrics by which an epoch is ranked, at its own best threshold."""
        logits = crop_logits(
            detector,
            self._crops,
            batch_size=self._config.evaluation.batch_size,
            accelerator=accelerator,
            workers=num_workers(self._config, accelerator.device),
            kept=self._kept,
        )
        [scores] = whole_scores(logits, self._config.evaluation.whole)
        rows = self.rows.assign(score=scores[self.rows["recording"].to_numpy()])
        return metrics_of_validation(rows, self._config.evaluation)


def metrics_of_validation(rows: pd.DataFrame, rule: EvaluationConfig) -> Metrics:
    """f2, f2_at_prevalence, auc, threshold; worst_group_f2 is the lowest f2_at_prevalence of a group.

    Each row of `rows` (is_fake, score, identity, num_clips, groups) counts as `num_clips` clips.
    """
    threshold = best_threshold(
        rows["is_fake"], rows["score"], beta=rule.beta, prevalence=rule.prevalence, weights=rows["num_clips"]
    )
    metrics = _metrics_at(rows, threshold, rule)
    of_groups = [
        _metrics_at(of_group, threshold, rule)["f2_at_prevalence"]
        for column in rule.group_columns
        for _, of_group in rows.groupby(column)
        if of_group.groupby("is_fake")["identity"].nunique().reindex([0, 1], fill_value=0).min()
        >= _MIN_IDENTITIES
    ]
    return {key: metrics[key] for key in ("f2", "f2_at_prevalence", "auc")} | {
        "worst_group_f2": min(of_groups, default=math.nan),
        "threshold": threshold,
    }


def _metrics_at(rows: pd.DataFrame, threshold: float, rule: EvaluationConfig) -> dict[str, float]:
    return binary_metrics(
        rows["is_fake"],
        rows["score"],
        threshold,
        beta=rule.beta,
        prevalence=rule.prevalence,
        weights=rows["num_clips"],
    )
