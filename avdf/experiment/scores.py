"""The score table of one split of an experiment."""

import numpy as np
import pandas as pd
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor

from avdf.config.evaluation import WHOLES, Whole
from avdf.config.schema import Config
from avdf.config.sources import NEURAL_CODEC
from avdf.data.clips import ATTACK_COLUMNS, CORPUS
from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops
from avdf.detector import Detector, reads_steps
from avdf.errors import ConfigError, TableError
from avdf.evaluation.scores import START_S, WITHOUT_START, CheckedScores
from avdf.experiment.data import ExperimentData
from avdf.experiment.machine import num_workers
from avdf.scoring import crop_logits, score_table, whole_scores


def check_groups(config: Config, data: ExperimentData, key: str = "evaluation.groups") -> None:
    """Raises ConfigError before the training or scoring if the report would refuse the groups of the clips.

    A group column may be missing, or a person may be in two groups. `key` begins the message.
    """
    tables = [
        score_table(clips.table, split, clips.is_fake, np.zeros(len(clips)), config.data.target)
        for split, clips in data.splits.items()
        if split != "train"
    ]
    try:
        CheckedScores.of(pd.concat(tables), config.evaluation.group_columns)
    except TableError as error:
        raise ConfigError(f"{key}: {error}") from error


def score_split(
    config: Config, detector: Detector, data: ExperimentData, split: str, accelerator: Accelerator
) -> pd.DataFrame:
    """The score table of one split, by `evaluation.whole`; see `score_split_each_way`."""
    return score_split_each_way(config, detector, data, split, accelerator)[config.evaluation.whole]


def score_split_each_way(
    config: Config, detector: Detector, data: ExperimentData, split: str, accelerator: Accelerator
) -> dict[Whole, pd.DataFrame]:
    """The score tables of one split, by the mean and by the highest logit of the crops of each clip.

    The scores of clips with their start cut off are those of test alone.
    Clips with identical samples are scored once by a detector that only hears. `evaluation.every_clip` scores
    each clip, with its start and without, in every split.
    """
    clips, every_clip = data.splits[split], config.evaluation.every_clip
    views = [clips, clips.without_start(START_S)] if split == "test" or every_clip else [clips]
    crops = EvenCrops(
        views,
        num_crops=config.evaluation.num_crops,
        share_sounds=not (every_clip or config.model.reads_frames),
    )
    logits = _logits(config, detector, crops, accelerator)
    of_parts = {
        column: _logits(config, part, EvenCrops([clips], num_crops=config.evaluation.num_crops), accelerator)
        for column, part in _parts_of(detector).items()
    }
    return {
        whole: _table(config, clips, split, whole_scores(logits, whole)).assign(
            **{
                column: np.where(_can_tell(column, clips), whole_scores(of_part, whole)[0], np.nan)
                for column, of_part in of_parts.items()
            }
        )
        for whole in WHOLES
    }


def _can_tell(column: str, clips: LabelledClips) -> NDArray[np.bool_]:
    """(clip,) whether a clip has the modality that a column of scores is of; weights are known of all."""
    if column.startswith("weight"):
        return np.ones(len(clips), dtype=bool)
    return clips.has_audio if "audio" in column else clips.has_video


def _logits(config: Config, detector: Detector, crops: EvenCrops, accelerator: Accelerator) -> Tensor:
    """(view, clip, crop) float64"""
    return crop_logits(
        detector,
        crops,
        batch_size=config.evaluation.batch_size,
        accelerator=accelerator,
        workers=num_workers(config, accelerator.device),
    )


def _table(config: Config, clips: LabelledClips, split: str, scores: NDArray[np.float64]) -> pd.DataFrame:
    """The rows of scores.csv; `scores` (view, clip), of which a second view is without the start."""
    table = score_table(clips.table, split, clips.is_fake, scores[0], config.data.target)
    table[WITHOUT_START] = scores[1] if len(scores) > 1 else np.nan
    if NEURAL_CODEC in clips.table:
        table[NEURAL_CODEC] = (clips.table[NEURAL_CODEC] == 1).to_numpy(int)  # 0 where a corpus does not say
    names = [*ATTACK_COLUMNS, *([CORPUS] if CORPUS in clips.table else [])]
    return table.assign(**{name: clips.table[name].to_numpy() for name in names})


def _parts_of(detector: Detector) -> dict[str, Detector]:
    """A detector of sound and picture given either alone, its head of each, and the weight of each.

    By column of scores.csv. Neither alone says anything where the fusion compares both. Weights are those of
    a fusion that weighs modalities, such as `gated`.
    """
    says_alone = len(detector.encoders) > 1 and not reads_steps(detector.fusion)
    modalities = list(detector.encoders) if says_alone else []
    weighed = modalities if hasattr(detector.fusion, "weight_of") else []
    return {
        **{f"score_{modality}_alone": detector.alone(modality) for modality in modalities},
        **{f"score_{modality}": detector.head(modality) for modality in detector.heads},
        **{f"weight_{modality}": detector.weight(modality) for modality in weighed},
    }
