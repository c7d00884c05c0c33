"""The score table of one split of an experiment."""

import numpy as np
import pandas as pd
from accelerate import Accelerator

from avdf.config.schema import Config
from avdf.config.sources import NEURAL_CODEC
from avdf.data.clips import ATTACK_COLUMNS, CORPUS
from avdf.data.even_crops import EvenCrops
from avdf.detector import Detector
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
    """The score table of one split; the scores of clips with their start cut off are those of test alone.

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
    logits = crop_logits(
        detector,
        crops,
        batch_size=config.evaluation.batch_size,
        accelerator=accelerator,
        workers=num_workers(config, accelerator.device),
    )
    scores = whole_scores(logits, config.evaluation.whole)
    table = score_table(clips.table, split, clips.is_fake, scores[0], config.data.target)
    table[WITHOUT_START] = scores[1] if len(views) > 1 else np.nan
    if NEURAL_CODEC in clips.table:
        table[NEURAL_CODEC] = (clips.table[NEURAL_CODEC] == 1).to_numpy(int)  # 0 where a corpus does not say
    names = [*ATTACK_COLUMNS, *([CORPUS] if CORPUS in clips.table else [])]
    return table.assign(**{name: clips.table[name].to_numpy() for name in names})
