"""The score table of one split of an experiment."""

from functools import partial

import numpy as np
import pandas as pd
from accelerate import Accelerator

from avdf.config.schema import Config
from avdf.data.clips import ATTACK_COLUMNS, CORPUS
from avdf.detector import Detector
from avdf.errors import ConfigError, TableError
from avdf.evaluation.scores import START_S, WITHOUT_START, CheckedScores
from avdf.experiment.data import ExperimentData
from avdf.experiment.machine import num_workers
from avdf.scoring import score_clips, score_table


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
        workers=num_workers(config, accelerator.device),
    )
    table = score_table(clips.table, split, clips.is_fake, score(clips), config.data.target)
    if without_start:
        table[WITHOUT_START] = score(clips.without_start(START_S))
    names = [*ATTACK_COLUMNS, *([CORPUS] if CORPUS in clips.table else [])]
    return table.assign(**{name: clips.table[name].to_numpy() for name in names})
